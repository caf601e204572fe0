"""A grid holds what a rule asks to try, its own point, and defaults for what it leaves open."""

import numpy as np
import pytest

from simlab.alerts.rule import Rule, Search, Steps
from simlab.tuning.grid import grid

from .cases import slow

NOTHING = np.empty(0)


def test_the_search_is_tried_with_the_rules_own_point_among_it() -> None:
    found = grid(slow(2.0, for_="30s"), NOTHING)
    assert found.threshold.tolist() == [1.5, 2.0, 3.0, 4.5, 6.0]
    assert found.for_ == ("0s", "30s", "1m")
    assert found.for_us.tolist() == [0, 30_000_000, 60_000_000]
    assert (found.threshold_at, found.for_at) == (1, 1)


def test_the_same_for_in_other_words_is_tried_once_in_the_rules_words() -> None:
    assert grid(slow(for_="60s"), NOTHING).for_ == ("0s", "60s")


def test_thresholds_of_a_search_are_round_numbers() -> None:
    search = Search(threshold=Steps(low=0.02, high=0.3, steps=29))
    rule = Rule(
        name="r", signal="error_ratio", aggregate="ratio", window="100 batches",
        threshold=0.05, search=search,
    )  # fmt: skip
    assert grid(rule, NOTHING).threshold.tolist() == [round(0.01 * k, 2) for k in range(2, 31)]


@pytest.mark.parametrize("direction", ["above", "below"])
def test_by_default_some_threshold_silences_the_rule_on_the_training_part(direction: str) -> None:
    value = np.append(np.random.default_rng(1).normal(100, 5, 500), np.nan)
    rule = Rule(name="r", signal="value", direction=direction, threshold=-1.0)  # type: ignore[arg-type]  # parametrized text
    found = grid(rule, value).threshold
    beyond = [(value > t if direction == "above" else value < t).sum() for t in found]
    assert min(beyond) == 0
    assert any(200 <= count <= 300 for count in beyond)


def test_by_default_thresholds_lie_around_the_rules_own() -> None:
    rule = Rule(name="r", signal="value", threshold=8.0)
    found = grid(rule, NOTHING)
    assert found.threshold[[0, -1]].tolist() == [2.0, 32.0]
    assert found.threshold[found.threshold_at] == 8.0
    assert found.for_ == ("0s", "30s", "1m", "2m", "5m")
