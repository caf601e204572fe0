"""The cheapest combination of each choice, found without pricing those that cannot be it."""

from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

import numpy as np

from simlab.errors import ConfigError
from simlab.tuning.contest import by_block
from simlab.tuning.join import (
    Floats,
    Ints,
    Table,
    capped_of,
    least_of,
    points_of,
    total_of,
)
from simlab.tuning.search import Search, surely_within, within
from simlab.tuning.tree import tree

Found: TypeAlias = tuple[float, float, float, tuple[int, ...]]
"""Cost, false alarms, steps from the rules' own points, and the points: less is better."""

CELLS: Final = 1 << 18
"""About how many numbers are looked at at a time."""
MOST_LEFT: Final = 5_000_000
"""As many groups as are looked at in about a minute; a search over more is refused."""
ROUNDS: Final = 4
"""How often each rule is changed before all combinations are looked at."""
DIGITS: Final = 6
"""Costs are rounded to so many, so that the order of a sum does not settle a tie."""


def cheapest(tables: Sequence[Table], searched: Search) -> list[Found | None]:
    """The best of each choice; None where nothing meets the caps.

    First some good combinations are found by changing one rule at a time. Then groups of
    combinations are halved, leaving out those whose ideal exceeds a cap or costs more than the
    best found so far, until only combinations are left.

    Args:
        tables: one a rule, from `priced`; neighbouring points should be alike.
        searched: the choices and caps.

    Raises:
        ConfigError: too many combinations are about as good.
    """
    best: list[Found | None] = [None] * len(searched.member)
    if not all(table.point.size for table in tables):
        return best
    _descend(best, tables, searched)
    groups = tree(tables)
    places = np.zeros((1, len(tables)), dtype=np.int64)
    for level in range(groups.depth, 0, -1):
        places = groups.below(_hopeful(best, groups.at(level), places, searched), level)
        if len(places) > MOST_LEFT:
            raise ConfigError(
                f"$.rule.search: {len(places):,} groups of combinations are left to try, and at "
                f"most {MOST_LEFT:,} are; take fewer steps, or tune fewer rules at a time"
            )
    for part in _parts(tables, places):
        _improve(best, tables, part, searched)
    return best


def _descend(best: list[Found | None], tables: Sequence[Table], searched: Search) -> None:
    """Start from each rule's quietest point, and change one rule at a time for the better."""
    here = np.array([int(table.capped.sum(axis=0).argmin()) for table in tables])
    for rule in (*range(len(tables)),) * ROUNDS:
        around = np.repeat(here[None, :], tables[rule].point.size, axis=0)
        around[:, rule] = np.arange(tables[rule].point.size)
        for part in _parts(tables, around):
            _improve(best, tables, part, searched)
        if best[0] is not None:
            pairs = zip(tables, best[0][3], strict=True)
            here = np.array([int(np.flatnonzero(table.point == at)[0]) for table, at in pairs])


def _hopeful(
    best: Sequence[Found | None], tables: Sequence[Table], places: Ints, searched: Search
) -> Ints:
    """The groups that meet the caps and may hold what is as good as the best, in some choice."""
    most = (_costs(best) + 10**-DIGITS)[:, None]
    kept = []
    for part in _parts(tables, places):
        met = within(capped_of(tables, part), searched)
        met[:, met.any(axis=0)] &= _cost(tables, part[met.any(axis=0)], searched) <= most
        kept.append(part[met.any(axis=0)])
    return np.concatenate([places[:0], *kept])


def _parts(tables: Sequence[Table], places: Ints) -> Iterator[Ints]:
    """Combinations, so many at a time as are looked at at a time."""
    width = tables[0].least.shape[1] + tables[0].total.shape[1]
    step = max(1, CELLS // width)
    for start in range(0, len(places), step):
        yield places[start : start + step]


def _improve(
    best: list[Found | None], tables: Sequence[Table], places: Ints, searched: Search
) -> None:
    """Put what is better than the best so far in its place, choice by choice."""
    alarms = total_of(tables, places)[:, searched.columns[1]]
    allowed = within(capped_of(tables, places), searched)
    if searched.surely:
        allowed &= surely_within(alarms, searched)
    kept = np.flatnonzero(allowed.any(axis=0))
    if not kept.size:
        return
    places, alarms = places[kept], alarms[kept]
    cost = np.round(_cost(tables, places, searched), DIGITS)
    cost[~allowed[:, kept]] = np.inf
    least = cost.min(axis=1)
    for choice in np.flatnonzero(np.isfinite(least) & (least <= _costs(best))).tolist():
        tied = np.flatnonzero(cost[choice] == least[choice])
        false_alarms = alarms[tied] @ searched.member[choice]
        rivals = [best[choice], _first(tables, places[tied], false_alarms, float(least[choice]))]
        best[choice] = min(rival for rival in rivals if rival is not None)


def _cost(tables: Sequence[Table], places: Ints, searched: Search) -> Floats:
    """What combinations cost: a row a choice."""
    block = searched.sweep.block[searched.contest.contested]
    lost = by_block(least_of(tables, places), block, count=searched.member.shape[1])
    paged = total_of(tables, places)[:, searched.columns[0]]
    return np.asarray((lost @ searched.member.T + paged).T)


def _first(tables: Sequence[Table], places: Ints, false_alarms: Floats, cost: float) -> Found:
    """The best of equally cheap combinations."""
    steps, points = total_of(tables, places)[:, 0], points_of(tables, places)
    # The last key weighs most.
    first = np.lexsort((*points.T[::-1], steps, false_alarms))[0]
    chosen = tuple(points[first].tolist())
    return cost, float(false_alarms[first]), float(steps[first]), chosen


def _costs(best: Sequence[Found | None]) -> Floats:
    return np.array([np.inf if found is None else found[0] for found in best])
