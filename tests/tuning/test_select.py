"""The chosen combination is the cheapest within the caps, and ties go to fewer false alarms."""

from itertools import product

import numpy as np
import pytest

from simlab.errors import CheckFailedError
from simlab.tuning.budget import Budget, loss
from simlab.tuning.limit import upper_count
from simlab.tuning.score import S_PER_DAY
from simlab.tuning.select import select
from simlab.tuning.sweep import Points, Sweep

from .cases import slow

MISSED = np.inf


def points(
    *each: tuple[int, float, list[float]], steps: tuple[int, ...] | None = None, true: int = 0
) -> Points:
    """Points of (false alarms, firing outside [s], delays [s]); `true` more episodes in each."""
    false_alarms = np.array([[false for false, _, _ in each]])
    return Points(
        rule=slow(),
        threshold=np.arange(len(each), dtype=np.float64),
        for_=("0s",) * len(each),
        steps=np.array(steps or (0,) * len(each)),
        episodes=false_alarms + true,
        false_alarms=false_alarms,
        firing_s=np.array([[firing_s for _, firing_s, _ in each]]),
        delay_s=np.array([delay_s for _, _, delay_s in each]).T,
    )


def day(*rules: Points) -> Sweep:
    return Sweep(
        span_s=np.array([S_PER_DAY]),
        outside_s=np.array([S_PER_DAY]),
        block=np.zeros(len(rules[0].delay_s), dtype=np.int64),
        points=rules,
    )


def random_sweep(seed: int, *, blocks: int = 4, incidents: int = 12) -> Sweep:
    """Three rules of some points over some days, with ties, and incidents that few catch."""
    random = np.random.default_rng(seed)

    def rule() -> Points:
        size = int(random.integers(2, 9))
        false_alarms = random.poisson(random.uniform(0, 2, size), (blocks, size))
        delay_s = random.choice([0.0, 60.0, 300.0, MISSED], (incidents, size))
        delay_s[random.random(incidents) < 0.5] = MISSED
        return Points(
            rule=slow(),
            threshold=np.arange(size, dtype=np.float64),
            for_=("0s",) * size,
            steps=random.integers(0, 9, size),
            episodes=false_alarms + random.integers(0, 3, (blocks, size)),
            false_alarms=false_alarms,
            firing_s=random.integers(0, 900, (blocks, size)).astype(np.float64),
            delay_s=delay_s,
        )

    return Sweep(
        span_s=np.full(blocks, S_PER_DAY),
        outside_s=np.full(blocks, 80_000.0),
        block=np.sort(random.integers(0, blocks, incidents)),
        points=(rule(), rule(), rule()),
    )


def best_by_loop(
    sweep: Sweep, budget: Budget, kept: list[int], *, surely: bool
) -> tuple[float, int, int] | None:
    """Cost, false alarms and steps of the best combination on some blocks, one after another."""
    ranked = []
    for at in product(*(range(rule.threshold.size) for rule in sweep.points)):
        pairs = list(zip(sweep.points, at, strict=True))
        alarms = np.sum([rule.false_alarms[kept, p] for rule, p in pairs], axis=0)
        firing_s = sum(float(rule.firing_s[kept, p].sum()) for rule, p in pairs)
        seen = np.isin(sweep.block, kept)
        first_s = np.min([rule.delay_s[seen, p] for rule, p in pairs], axis=0)
        late = [60.0 if s == MISSED else min(60.0, s / 60) for s in first_s.tolist()]
        cost = sum(late) + 5 * sum(int(rule.episodes[kept, p].sum()) for rule, p in pairs)
        counted = float(alarms.sum())
        if surely and counted:
            mean = counted / len(kept)
            pearson = float(((alarms - mean) ** 2).sum()) / mean / (len(kept) - 1)
            counted = float(upper_count(np.array(counted), max(1.0, pearson)))
        elif surely:
            counted = float(upper_count(np.array(0.0)))
        if counted / len(kept) <= budget.max_false_alarms_per_day and (
            firing_s <= budget.max_firing_ratio * 80_000 * len(kept)
        ):
            steps = sum(int(rule.steps[p]) for rule, p in pairs)
            ranked.append((round(cost, 6), int(alarms.sum()), steps))
    return min(ranked, default=None)


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("surely", [False, True])
def test_each_choice_is_that_of_a_loop_over_all_combinations(seed: int, *, surely: bool) -> None:
    """Over all blocks, and over all but each."""
    sweep, budget = random_sweep(seed), Budget(max_false_alarms_per_day=2.5)
    every = list(range(4))
    expected = [
        best_by_loop(sweep, budget, [b for b in every if b != left], surely=surely)
        for left in (None, *every)
    ]
    if expected[0] is None:
        with pytest.raises(CheckFailedError):
            select(sweep, budget, surely=surely, folds=True)
        return
    found = select(sweep, budget, surely=surely, folds=True)
    for chosen, best, left in zip(found, expected, (None, *every), strict=True):
        if chosen is None or best is None:
            assert chosen is None
            assert best is None
            continue
        only = Sweep(
            span_s=sweep.span_s, outside_s=sweep.outside_s, block=sweep.block,
            points=tuple(_at(rule, p) for rule, p in zip(sweep.points, chosen, strict=True)),
        )  # fmt: skip
        kept = [b for b in every if b != left]
        assert best_by_loop(only, budget, kept, surely=surely) == best


def _at(rule: Points, position: int) -> Points:
    """A rule with one of its points only."""
    return Points(
        rule=rule.rule,
        threshold=rule.threshold[[position]],
        for_=("0s",),
        steps=rule.steps[[position]],
        episodes=rule.episodes[:, [position]],
        false_alarms=rule.false_alarms[:, [position]],
        firing_s=rule.firing_s[:, [position]],
        delay_s=rule.delay_s[:, [position]],
    )


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
    assert select(day(cheap), budget) == ((1,),)
    assert select(day(dear), budget) == ((0,),)


def test_rules_share_the_work_of_catching() -> None:
    """Each alone would fire at both; together each need fire at one only."""
    first = points((0, 0.0, [0.0, MISSED]), (1, 0.0, [0.0, 0.0]), true=1)
    second = points((0, 0.0, [MISSED, 0.0]), (1, 0.0, [0.0, 0.0]), true=1)
    assert select(day(first, second), Budget()) == ((0, 0),)


def test_the_caps_are_on_all_rules_together() -> None:
    """Two false alarms are within the cap, and of the two rules that would like two, one may."""
    rule = points((0, 0.0, [MISSED]), (2, 0.0, [0.0]))
    other = points((0, 0.0, [MISSED]), (2, 0.0, [60.0]))
    assert select(day(rule, other), Budget(max_false_alarms_per_day=2)) == ((1, 0),)


def test_a_cap_that_is_met_exactly_is_met() -> None:
    rule = points((0, 0.0, [MISSED]), (2, 864.0, [0.0]))
    assert select(day(rule), Budget(max_false_alarms_per_day=2, max_firing_ratio=0.01)) == ((1,),)
    assert select(day(rule), Budget(max_false_alarms_per_day=1.99)) == ((0,),)
    assert select(day(rule), Budget(max_firing_ratio=0.0099)) == ((0,),)


def test_equal_costs_go_to_fewer_false_alarms() -> None:
    """A false alarm at 5 against five minutes late."""
    rule = points((1, 0.0, [0.0]), (0, 0.0, [300.0]))
    assert select(day(rule), Budget()) == ((1,),)


def test_what_is_equal_otherwise_goes_to_the_point_nearest_the_rule_as_it_is() -> None:
    rule = points((0, 0.0, [0.0]), (0, 0.0, [0.0]), (0, 0.0, [0.0]), steps=(2, 0, 1))
    assert select(day(rule), Budget()) == ((1,),)


def test_a_nearer_point_is_kept_even_where_another_betters_it_in_what_does_not_count() -> None:
    """The second rule catches at once anyway, so the first rule's delay settles nothing."""
    first = points((0, 0.0, [0.0]), (0, 0.0, [60.0]), steps=(3, 0))
    assert select(day(first, points((0, 0.0, [0.0]))), Budget()) == ((1, 0),)


def test_when_nothing_meets_the_caps_the_nearest_is_named() -> None:
    rule = points((9, 0.0, [0.0]), (5, 864.0, [0.0]), (4, 8640.0, [0.0]))
    with pytest.raises(CheckFailedError, match=r"^no combination.* 5 false.* of 0\.01 [^\n]*$"):
        select(day(rule), Budget())
