"""What could be had for how many false alarms: the Pareto front of all combinations."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simlab.tuning.budget import Budget, loss
from simlab.tuning.contest import Contest, contest
from simlab.tuning.join import (
    Floats,
    Ints,
    Table,
    fitting,
    least_of,
    points_of,
    total_of,
    undominated,
)
from simlab.tuning.score import S_PER_DAY
from simlab.tuning.sweep import Points, Sweep

CELLS: Final = 1 << 18
"""About how many numbers are looked at at a time."""
FRONT_UP_TO: Final = 10.0
"""`tune` ends the front where false alarms are so many times the cap."""
MOST_CELLS: Final = 400_000_000
"""How many are looked at in all: about two seconds' worth."""


@dataclass(frozen=True, kw_only=True, eq=False)
class _Candidates:
    """Combinations: a row of `points` and a column of `measure` each.

    The rows of `measure`, less being better: incidents not caught, mean delay of those caught
    [s] (infinite when none is), false alarms, episodes.
    """

    points: Ints
    measure: Floats


def front(
    sweep: Sweep,
    budget: Budget,
    *,
    chosen: Sequence[int] | None = None,
    max_false_alarms_per_day: float | None = None,
) -> pl.DataFrame:
    """The Pareto front over recall, mean delay and false alarms per day, and two points beside.

    It holds the combinations within the cap on the firing ratio that no other equals or
    betters in all three; of the cap on false alarms only what `max_false_alarms_per_day` says,
    so that what more of them would buy can be seen. A combination whose points another betters
    on every single incident is not considered, even where its mean delay is lower for catching
    fewer. Where that leaves more combinations than some seconds suffice for, only points on
    their own rule's front are combined, and of these no more than fit, evenly over their false
    alarms.

    Args:
        sweep: what each point does.
        budget: the cap on the firing ratio, and costs.
        chosen: the position of each rule's chosen point.
        max_false_alarms_per_day: where the front ends [1/day]; None is nowhere.

    Returns:
        A row a combination, fewest false alarms first: `recall`, `delay_mean_s` (over those
        caught, NaN when none is), `false_alarms_per_day`, `pages_per_day`, `firing_ratio`
        (outside of incidents, added up over rules), `cost`, `mark`, and for each rule its
        `NAME.threshold` and `NAME.for`. The mark is `given` for the rules as they are, `chosen`
        for the choice, `chosen, given` for both at once, else empty; these rows are there even
        when they are not on the front, and `on_front` tells.

    Raises:
        ConfigError: there are more combinations than can be tried.
    """
    best = undominated_points(sweep, budget, max_false_alarms_per_day=max_false_alarms_per_day)
    given = [int(points.steps.argmin()) for points in sweep.points]
    marked = {tuple(given): "given"}
    if chosen is not None:
        told = marked.get(tuple(chosen))
        marked[tuple(chosen)] = f"chosen, {told}" if told else "chosen"
    rows = {tuple(row): True for row in best.tolist()}
    rows |= {row: False for row in marked if row not in rows}
    frame = _frame(np.array(list(rows), dtype=np.int64), sweep, budget)
    marks = pl.Series("mark", [marked.get(row, "") for row in rows], dtype=pl.String)
    known = pl.Series("on_front", list(rows.values()), dtype=pl.Boolean)
    frame = frame.insert_column(6, marks).insert_column(7, known)
    return frame.sort("false_alarms_per_day", "recall")


def pareto(missed: Floats, delay_s: Floats, false_alarms: Floats) -> NDArray[np.int64]:
    """The positions of what nothing else equals or betters in all three.

    Less is better in each; an infinite delay is the worst. Of equals, the first stays.
    """
    delay = np.minimum(delay_s, np.finfo(np.float64).max)  # infinite is for where nothing lies
    rows, row = np.unique(missed, return_inverse=True)
    columns, column = np.unique(false_alarms, return_inverse=True)
    least = np.full((rows.size + 1, columns.size + 1), np.inf)
    np.minimum.at(least, (row + 1, column + 1), delay)
    # From here on: the least delay among those that miss no more, with no more false alarms.
    least = np.minimum.accumulate(np.minimum.accumulate(least, axis=0), axis=1)
    elsewhere = np.minimum(least[row, column + 1], least[row + 1, column])
    best = np.flatnonzero((delay == least[row + 1, column + 1]) & (delay < elsewhere))
    _, first = np.unique(np.stack((row[best], column[best])), axis=1, return_index=True)
    return best[np.sort(first)]


def undominated_points(
    sweep: Sweep, budget: Budget, *, max_false_alarms_per_day: float | None = None
) -> Ints:
    """The combinations on the front, a row each: the position of each rule's point.

    The arguments, and what is raised, are those of `front`.
    """
    most_s = float(budget.longest_firing_s(sweep.outside_s.sum())) * (1 + 1e-12)
    most = np.inf
    if max_false_alarms_per_day is not None:
        most = max_false_alarms_per_day * float(sweep.span_s.sum()) / S_PER_DAY

    def fits(capped: Floats) -> NDArray[np.bool_]:
        return np.asarray((capped[0] <= most * (1 + 1e-12)) & (capped[1] <= most_s))

    found = contest(sweep.points)
    tables = []
    for rule in range(len(sweep.points)):
        table = _measured(sweep.points[rule], found, rule)
        tables.append(undominated(table.at(fits(table.capped))))
    incidents = sweep.block.size
    tables = _thinned(tables, incidents)
    places = fitting(tables, fits, rows=2).places
    width = tables[0].least.shape[1] + tables[0].total.shape[1]
    step = max(1, CELLS // width)
    best = _candidates(tables, places[:0], incidents)
    for start in range(0, len(places), step):
        best = _best(best, _candidates(tables, places[start : start + step], incidents))
    return best.points


def _measured(points: Points, found: Contest, rule: int) -> Table:
    """A rule's points: what the incidents that it decides upon are missed and delayed, counts."""
    own_s = points.delay_s[found.owned_by(rule)]
    missed = np.isinf(own_s)
    late_s = np.where(missed, 0.0, own_s).sum(axis=0)
    counts = points.false_alarms.sum(axis=0), points.episodes.sum(axis=0)
    return Table(
        point=np.arange(points.threshold.size),
        least=points.delay_s[found.contested].T.copy(),
        total=np.column_stack((missed.sum(axis=0), late_s, *counts)).astype(np.float64),
        capped=np.stack((counts[0].astype(np.float64), points.firing_s.sum(axis=0))),
    )


def _thinned(tables: Sequence[Table], incidents: int) -> list[Table]:
    """The tables, with fewer points where all combinations would be too many to look at."""
    width = tables[0].least.shape[1] + tables[0].total.shape[1]
    if prod(table.point.size for table in tables) * width <= MOST_CELLS:
        return list(tables)
    room = max(2, int((MOST_CELLS / width) ** (1 / len(tables))))
    return [_evenly(_own_front(table, incidents), room) for table in tables]


def _own_front(table: Table, incidents: int) -> Table:
    measure = _measure(table.least, table.total, incidents)
    kept = np.zeros(table.point.size, dtype=np.bool_)
    kept[pareto(*measure[:3])] = True
    return table.at(kept)


def _evenly(table: Table, room: int) -> Table:
    """Points evenly over the ranks of their false alarms, from the fewest to the most."""
    size = table.point.size
    kept = np.zeros(size, dtype=np.bool_)
    ranks = np.argsort(table.capped[0], kind="stable")
    kept[ranks[np.linspace(0, size - 1, min(room, size)).round().astype(np.int64)]] = True
    return table.at(kept)


def _candidates(tables: Sequence[Table], places: Ints, incidents: int) -> _Candidates:
    least, total = least_of(tables, places), total_of(tables, places)
    return _Candidates(points=points_of(tables, places), measure=_measure(least, total, incidents))


def _measure(least: Floats, total: Floats, incidents: int) -> Floats:
    """The rows of `_Candidates.measure`, of combinations' joined figures."""
    missed = np.isinf(least)
    late_s = np.where(missed, 0.0, least).sum(axis=1) + total[:, 1]
    none = np.count_nonzero(missed, axis=1) + total[:, 0]
    caught = incidents - none
    mean_s = np.divide(late_s, caught, out=np.full(caught.size, np.inf), where=caught > 0)
    return np.stack((none, mean_s, total[:, 2], total[:, 3]))


def _best(*parts: _Candidates) -> _Candidates:
    """The front among them; of equals, the one of fewest episodes."""
    points = np.concatenate([part.points for part in parts])
    measure = np.concatenate([part.measure for part in parts], axis=1)
    missed, delay_s, false_alarms, episodes = measure
    order = np.argsort(episodes, kind="stable")
    kept = order[pareto(missed[order], delay_s[order], false_alarms[order])]
    return _Candidates(points=points[kept], measure=measure[:, kept])


def _frame(points: Ints, sweep: Sweep, budget: Budget) -> pl.DataFrame:
    chosen = list(zip(sweep.points, points.T, strict=True))
    delay_s = np.minimum.reduce([rule.delay_s[:, where] for rule, where in chosen])
    missed = np.isinf(delay_s)
    caught = np.count_nonzero(~missed, axis=0)
    late_s = np.where(missed, 0.0, delay_s).sum(axis=0)
    span_s, outside_s = float(sweep.span_s.sum()), float(sweep.outside_s.sum())
    episodes, false_alarms, firing_s = (
        np.sum([getattr(rule, name)[:, where].sum(axis=0) for rule, where in chosen], axis=0)
        for name in ("episodes", "false_alarms", "firing_s")
    )
    figures = {
        "recall": _ratio(caught, len(delay_s)),
        "delay_mean_s": _ratio(late_s, caught),
        "false_alarms_per_day": false_alarms * S_PER_DAY / span_s,
        "pages_per_day": episodes * S_PER_DAY / span_s,
        "firing_ratio": _ratio(firing_s, outside_s),
        "cost": loss(delay_s, budget).sum(axis=0) + budget.cost_page * episodes,
    }
    settings = {
        f"{rule.rule.name}.{key}": values
        for rule, where in chosen
        for key, values in (
            ("threshold", rule.threshold[where]),
            ("for", [rule.for_[position] for position in where]),
        )
    }
    return pl.DataFrame(figures | settings)


def _ratio(part: Floats | Ints, whole: Floats | Ints | float) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(np.asarray(whole) > 0, np.true_divide(part, whole), np.nan)
