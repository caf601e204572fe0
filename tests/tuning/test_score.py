"""Each metric is its definition, and NaN where that is undefined."""

import math
from math import isnan, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simlab.tuning import score as scoring
from simlab.tuning.match import match, truth
from simlab.tuning.score import Score, delay_quantile_s, f1, per_day, precision, recall, score

from .cases import S, at_s, incidents

DAY_S = 86_400


def test_precision_is_undefined_without_an_episode() -> None:
    assert isnan(precision(true_episodes=0, episodes=0))
    assert precision(true_episodes=1, episodes=4) == 0.25


def test_recall_is_undefined_without_an_incident() -> None:
    assert isnan(recall(caught=0, incidents=0))
    assert recall(caught=3, incidents=4) == 0.75


def test_f1_is_undefined_when_either_part_is() -> None:
    assert isnan(f1(precision=nan, recall=0.0))
    assert isnan(f1(precision=1.0, recall=nan))


def test_f1_of_nothing_right_is_zero() -> None:
    assert f1(precision=0.0, recall=0.0) == 0.0


@given(st.integers(1, 50), st.integers(0, 50), st.integers(0, 50))
def test_f1_agrees_with_its_form_in_counts(true: int, false: int, missed: int) -> None:
    """2 TP / (2 TP + FP + FN), when an episode catches one incident."""
    share_true = precision(true_episodes=true, episodes=true + false)
    share_caught = recall(caught=true, incidents=true + missed)
    counted = 2 * true / (2 * true + false + missed)
    assert math.isclose(f1(precision=share_true, recall=share_caught), counted)


def test_delays_are_undefined_when_nothing_was_caught() -> None:
    assert isnan(delay_quantile_s(np.array([nan, nan]), quantile=0.5))
    assert isnan(delay_quantile_s(np.empty(0), quantile=0.9))


def test_delays_leave_out_what_was_not_caught() -> None:
    delay_s = np.array([0.0, nan, 10.0])
    assert delay_quantile_s(delay_s, quantile=0.5) == 5.0
    assert delay_quantile_s(delay_s, quantile=0.9) == 9.0


def test_rates_are_by_the_day_and_undefined_over_no_time() -> None:
    assert per_day(3, span_s=DAY_S / 2) == 6.0
    assert isnan(per_day(3, span_s=0.0))
    assert isnan(scoring.firing_ratio(firing_s=0.0, span_s=0.0))


def test_a_score_by_hand() -> None:
    """Two incidents and a look-alike; episodes at 12 and 14 (true), 50 (fooled), 90 (false)."""
    known = truth(
        incidents((10, 20, False), (30, 40, False), (45, 55, True)), from_us=0, until_us=100 * S
    )
    found = score(
        "r",
        episodes=4,
        firing_s=25.0,
        span_s=100.0,
        truth=known,
        matched=match(at_s(12, 14, 50, 90), known),
    )
    assert found == Score(
        rule="r",
        episodes=4,
        incidents=2,
        caught=1,
        true_episodes=2,
        false_episodes=2,
        precision=0.5,
        recall=0.5,
        f1=0.5,
        delay_median_s=2.0,
        delay_p90_s=2.0,
        false_alarms_per_day=2 * DAY_S / 100,
        pages_per_day=4 * DAY_S / 100,
        firing_ratio=0.25,
        held=0,
        fooled=1,
    )


def test_an_incident_from_before_the_interval_makes_episodes_true_and_is_not_recalled() -> None:
    known = truth(incidents((5, 30, False), (40, 50, False)), from_us=10 * S, until_us=60 * S)
    found = score(
        "r", episodes=1, firing_s=1.0, span_s=50.0, truth=known, matched=match(at_s(20), known)
    )
    assert (found.true_episodes, found.precision) == (1, 1.0)
    assert (found.incidents, found.caught, found.recall) == (1, 0, 0.0)


@pytest.mark.parametrize("metric", ["incidents", "caught", "precision", "recall", "f1", "fooled"])
def test_without_labels_what_needs_the_truth_is_undefined(metric: str) -> None:
    found = score("r", episodes=2, firing_s=10.0, span_s=100.0)
    assert isnan(getattr(found, metric))
    assert (found.episodes, found.firing_ratio, found.pages_per_day) == (2, 0.1, 2 * DAY_S / 100)
