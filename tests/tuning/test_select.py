"""The chosen combination is the cheapest within the caps, and ties go to fewer false alarms."""

import numpy as np
import pytest

from simlab.errors import CheckFailedError, ConfigError
from simlab.tuning import select as selecting
from simlab.tuning.score import S_PER_DAY
from simlab.tuning.select import Budget, loss, select
from simlab.tuning.sweep import Points, Sweep

from .cases import slow

MISSED = np.inf


def points(
    *each: tuple[int, float, list[float]], steps: tuple[int, ...] | None = None, true: int = 0
) -> Points:
    """Points of (false alarms, firing outside [s], delays [s]); `true` more episodes in each."""
    false_alarms = np.array([false for false, _, _ in each])
    return Points(
        rule=slow(),
        threshold=np.arange(len(each), dtype=np.float64),
        for_=("0s",) * len(each),
        steps=np.array(steps or (0,) * len(each)),
        episodes=false_alarms + true,
        false_alarms=false_alarms,
        firing_s=np.array([firing_s for _, firing_s, _ in each]),
        delay_s=np.array([delay_s for _, _, delay_s in each]).T,
    )


def day(*rules: Points) -> Sweep:
    return Sweep(span_s=S_PER_DAY, outside_s=S_PER_DAY, points=rules)


def test_loss_is_of_minutes_late_and_never_more_than_of_missing() -> None:
    budget = Budget(cost_missed=60, cost_late_per_min=2)
    found = loss(np.array([0.0, 90.0, 1800.0, 7200.0, MISSED]), budget)
    assert found.tolist() == [0.0, 3.0, 60.0, 60.0, 60.0]


def test_lateness_that_costs_nothing_leaves_missing() -> None:
    assert loss(np.array([9e9, MISSED]), Budget(cost_late_per_min=0)).tolist() == [0.0, 60.0]


def test_a_missed_incident_is_weighed_against_pages() -> None:
    """At 5 a page, to catch one incident is worth 11 pages and not 13."""
    budget = Budget(max_false_alarms_per_day=99)
    cheap = points((0, 0.0, [MISSED]), (11, 0.0, [0.0]))
    dear = points((0, 0.0, [MISSED]), (13, 0.0, [0.0]))
    assert select(day(cheap), budget) == (1,)
    assert select(day(dear), budget) == (0,)


def test_rules_share_the_work_of_catching() -> None:
    """Each alone would fire at both; together each need fire at one only."""
    first = points((0, 0.0, [0.0, MISSED]), (1, 0.0, [0.0, 0.0]), true=1)
    second = points((0, 0.0, [MISSED, 0.0]), (1, 0.0, [0.0, 0.0]), true=1)
    assert select(day(first, second), Budget()) == (0, 0)


def test_the_caps_are_on_all_rules_together() -> None:
    """Two false alarms are within the cap, and of the two rules that would like two, one may."""
    rule = points((0, 0.0, [MISSED]), (2, 0.0, [0.0]))
    other = points((0, 0.0, [MISSED]), (2, 0.0, [60.0]))
    assert select(day(rule, other), Budget(max_false_alarms_per_day=2)) == (1, 0)


def test_a_cap_that_is_met_exactly_is_met() -> None:
    rule = points((0, 0.0, [MISSED]), (2, 864.0, [0.0]))
    assert select(day(rule), Budget(max_false_alarms_per_day=2, max_firing_ratio=0.01)) == (1,)
    assert select(day(rule), Budget(max_false_alarms_per_day=1.99)) == (0,)
    assert select(day(rule), Budget(max_firing_ratio=0.0099)) == (0,)


def test_equal_costs_go_to_fewer_false_alarms() -> None:
    """A false alarm at 5 against five minutes late."""
    rule = points((1, 0.0, [0.0]), (0, 0.0, [300.0]))
    assert select(day(rule), Budget()) == (1,)


def test_what_is_equal_otherwise_goes_to_the_point_nearest_the_rule_as_it_is() -> None:
    rule = points((0, 0.0, [0.0]), (0, 0.0, [0.0]), (0, 0.0, [0.0]), steps=(2, 0, 1))
    assert select(day(rule), Budget()) == (1,)


def test_a_nearer_point_is_kept_even_where_another_betters_it_in_what_does_not_count() -> None:
    """The second rule catches at once anyway, so the first rule's delay settles nothing."""
    first = points((0, 0.0, [0.0]), (0, 0.0, [60.0]), steps=(3, 0))
    assert select(day(first, points((0, 0.0, [0.0]))), Budget()) == (1, 0)


def test_when_nothing_meets_the_caps_the_nearest_is_named() -> None:
    rule = points((9, 0.0, [0.0]), (5, 864.0, [0.0]), (4, 8640.0, [0.0]))
    with pytest.raises(CheckFailedError, match=r"^no combination.* 5 false.* of 0\.01 [^\n]*$"):
        select(day(rule), Budget())


def test_more_combinations_than_can_be_tried_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selecting, "MAX_COMBINATIONS", 3)
    rule = points((0, 0.0, [60.0]), (1, 0.0, [0.0]))
    with pytest.raises(ConfigError, match=r"4 combinations \(2 x 2\) are left"):
        select(day(rule, rule), Budget())
