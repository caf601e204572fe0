"""Figures of a tally are what a plain count gives, and their intervals hold the truth."""

import numpy as np
import pytest

from simlab.tuning.figures import figures
from simlab.tuning.score import S_PER_DAY
from simlab.tuning.tally import Tally, together, without

MISSED = np.inf


def days(false_alarms: list[int], delays: list[tuple[int, float]]) -> Tally:
    """Days of so many false alarms; incidents by their day and delay [s]."""
    count = len(false_alarms)
    alarms = np.array(false_alarms, dtype=np.float64)
    return Tally(
        span_s=np.full(count, S_PER_DAY),
        outside_s=np.full(count, S_PER_DAY / 2),
        episodes=alarms + 1,
        false_alarms=alarms,
        firing_s=alarms * 60,
        block=np.array([day for day, _ in delays], dtype=np.int64),
        delay_s=np.array([delay_s for _, delay_s in delays]),
    )


def test_values_are_plain_counts() -> None:
    found = figures(days([3, 1], [(0, 10.0), (0, MISSED), (1, 30.0), (1, 20.0)]))
    assert found.recall.value == 0.75
    assert found.delay_median_s.value == 20.0
    assert found.delay_p90_s.value == pytest.approx(np.quantile([10, 20, 30], 0.9))
    assert found.false_alarms_per_day.value == 2
    assert found.pages_per_day.value == 3
    assert found.firing_ratio.value == 240 / S_PER_DAY
    assert (found.incidents, found.days, found.blocks) == (4, 2, 2)


def test_one_block_has_no_interval_and_no_incident_no_recall() -> None:
    found = figures(days([3], []))
    assert found.false_alarms_per_day.value == 3
    assert np.isnan([found.false_alarms_per_day.low, found.false_alarms_per_day.high]).all()
    assert np.isnan([found.recall.value, found.delay_median_s.value, found.over_cap]).all()


def test_intervals_hold_the_truth_in_nine_of_ten_draws() -> None:
    """Thirty days of bursts of three alarms and of incidents caught in 7 of 10 cases."""
    random = np.random.default_rng(2)
    held = np.zeros(2)
    for _ in range(300):
        alarms = (3 * random.poisson(1.0, 30)).tolist()
        caught = random.random(90) < 0.7
        told = days(alarms, [(i // 3, 5.0 if c else MISSED) for i, c in enumerate(caught)])
        found = figures(told, draws=300)
        for place, (figure, true) in enumerate(
            [(found.false_alarms_per_day, 3.0), (found.recall, 0.7)]
        ):
            held[place] += figure.low <= true <= figure.high
    assert (held / 300 > 0.83).all()
    assert (held / 300 < 0.96).all()


def test_nothing_seen_is_not_nothing_possible() -> None:
    """No alarm in ten days: up to 3 / 10 a day; 14 of 14 caught: from 0.05^(1/14) on."""
    found = figures(days([0] * 10, [(day % 10, 5.0) for day in range(14)]))
    assert found.false_alarms_per_day.high == pytest.approx(0.3, rel=0.02)
    assert found.recall.low == pytest.approx(0.05 ** (1 / 14))
    assert found.recall.high == 1


def test_the_share_of_draws_over_the_cap_is_that_of_a_coin() -> None:
    """Two days of 0 and 4 alarms: draws of both, or of the one, or of the other."""
    found = figures(days([0, 4], []), cap_per_day=2.0)
    assert found.over_cap == pytest.approx(0.25, abs=0.05)


def test_a_block_left_out_and_put_back_changes_nothing() -> None:
    told = days([3, 1, 7], [(0, 10.0), (1, MISSED), (2, 30.0)])
    rest, middle = without(told, 1), without(without(told, 0), 1)
    assert rest.false_alarms.tolist() == [3, 7]
    assert rest.block.tolist() == [0, 1]
    whole = together([rest, middle])
    assert whole.block.tolist() == [0, 1, 2]
    assert figures(whole, draws=0).recall == figures(told, draws=0).recall
    assert figures(whole, draws=0).pages_per_day.value == figures(told, draws=0).pages_per_day.value
