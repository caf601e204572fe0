"""What could be had for how many false alarms: the Pareto front of all combinations."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simlab.tuning.join import Block, Floats, Table, blocks, undominated
from simlab.tuning.score import S_PER_DAY
from simlab.tuning.select import Budget, check_size, firing_within, loss
from simlab.tuning.sweep import Points, Sweep


@dataclass(frozen=True, kw_only=True)
class _Candidates:
    """Combinations: a row of `points` and a column of `measure` each.

    The rows of `measure`, less being better: incidents not caught, mean delay of those caught
    [s] (infinite when none is), false alarms, episodes.
    """

    points: NDArray[np.int64]
    measure: Floats

    def at(self, where: NDArray[np.int64]) -> "_Candidates":
        return _Candidates(points=self.points[where], measure=self.measure[:, where])


def front(sweep: Sweep, budget: Budget) -> pl.DataFrame:
    """The Pareto front over recall, mean delay and false alarms per day.

    It holds the combinations within the cap on the firing ratio that no other equals or
    betters in all three; the cap on false alarms is left out, so that what more of them would
    buy can be seen. A combination whose points another betters on every single incident is
    not considered, even where its mean delay is lower for catching fewer.

    Returns:
        A row a combination, fewest false alarms first: `recall`, `delay_mean_s` (over those
        caught, NaN when none is), `false_alarms_per_day`, `pages_per_day`, `firing_ratio`
        (outside of incidents, added up over rules), `cost`, and for each rule its
        `NAME.threshold` and `NAME.for`. Empty when nothing meets the cap.

    Raises:
        ConfigError: there are more combinations than can be tried.
    """
    tables = [undominated(_measured(points, sweep, budget)) for points in sweep.points]
    check_size(tables)
    if not all(table.point.size for table in tables):
        return _frame(np.empty((0, len(tables)), dtype=np.int64), sweep, budget)
    found = [_best(_candidates(block, sweep, budget)) for block in blocks(tables)]
    points = np.concatenate([part.points for part in found])
    measure = np.concatenate([part.measure for part in found], axis=1)
    return _frame(_best(_Candidates(points=points, measure=measure)).points, sweep, budget)


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


def _measured(points: Points, sweep: Sweep, budget: Budget) -> Table:
    total = (points.episodes, points.false_alarms, points.firing_s)
    table = Table(
        point=np.arange(points.threshold.size),
        least=points.delay_s,
        total=np.stack([row.astype(np.float64) for row in total]),
    )
    return table.at(firing_within(points.firing_s, sweep, budget))


def _candidates(block: Block, sweep: Sweep, budget: Budget) -> _Candidates:
    episodes, false_alarms, firing_s = block.total
    within = np.flatnonzero(firing_within(firing_s, sweep, budget))
    missed, mean_s = _delays(block.least[:, within])
    return _Candidates(
        points=block.points(within),
        measure=np.stack((missed, mean_s, false_alarms[within], episodes[within])),
    )


def _delays(delay_s: Floats) -> tuple[Floats, Floats]:
    """How many incidents (rows) are missed, and the mean delay of the others [s] or infinite."""
    missed = np.isinf(delay_s)
    caught = np.count_nonzero(~missed, axis=0)
    total_s = np.where(missed, 0.0, delay_s).sum(axis=0)
    mean_s = np.divide(total_s, caught, out=np.full(caught.size, np.inf), where=caught > 0)
    return (delay_s.shape[0] - caught).astype(np.float64), mean_s


def _best(candidates: _Candidates) -> _Candidates:
    """The front among them; of equals, the one of fewest episodes."""
    missed, delay_s, false_alarms, episodes = candidates.measure
    order = np.argsort(episodes, kind="stable")
    return candidates.at(order[pareto(missed[order], delay_s[order], false_alarms[order])])


def _frame(points: NDArray[np.int64], sweep: Sweep, budget: Budget) -> pl.DataFrame:
    chosen = list(zip(sweep.points, points.T, strict=True))
    delay_s = np.minimum.reduce([rule.delay_s[:, where] for rule, where in chosen])
    missed, mean_s = _delays(delay_s)
    episodes = sum(rule.episodes[where] for rule, where in chosen)
    false_alarms = sum(rule.false_alarms[where] for rule, where in chosen)
    firing_s = sum(rule.firing_s[where] for rule, where in chosen)
    figures = {
        "recall": 1 - missed / delay_s.shape[0],
        "delay_mean_s": np.where(np.isinf(mean_s), np.nan, mean_s),
        "false_alarms_per_day": false_alarms * S_PER_DAY / sweep.span_s,
        "pages_per_day": episodes * S_PER_DAY / sweep.span_s,
        "firing_ratio": firing_s / sweep.outside_s if sweep.outside_s else firing_s * np.nan,
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
    return pl.DataFrame(figures | settings).sort("false_alarms_per_day", "recall")
