"""What each point of each rule's grid does over a part of a dataset, rule by rule."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simlab.alerts.rule import Rule
from simlab.alerts.signal import Series, series
from simlab.dataset.schema import Dataset
from simlab.tuning.blocks import block_of
from simlab.tuning.coverage import Times, uncovered_before
from simlab.tuning.grid import Grid, grid
from simlab.tuning.interval import Interval, whole
from simlab.tuning.match import Truth, delays_s
from simlab.tuning.scan import Fired, scan

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Points:
    """What each point of one rule's grid does, a column a point.

    Attributes:
        rule: the rule as it is.
        threshold: the points' thresholds, each with every `for`.
        for_: the texts of the points' `for`s.
        steps: how many grid steps a point lies from the rule as it is, both ways added up.
        episodes: how many start in each block (a row).
        false_alarms: how many of them start in no incident.
        firing_s: how long the episodes that start in each block fire outside of incidents [s].
        delay_s: for each judged incident (a row) how long until the first episode in it [s],
            infinite when there is none.
    """

    rule: Rule
    threshold: Floats
    for_: tuple[str, ...]
    steps: Ints
    episodes: Ints
    false_alarms: Ints
    firing_s: Floats
    delay_s: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class Sweep:
    """What rules would do at each of their points, over blocks of time.

    Attributes:
        span_s: how long each block is [s].
        outside_s: how much of it is outside of incidents [s].
        block: for each judged incident the block in which it begins to show.
        points: a record a rule, in the order given.
    """

    span_s: Floats
    outside_s: Floats
    block: Ints
    points: tuple[Points, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Judge:
    """What episodes are held against."""

    truth: Truth
    interval: Interval
    edges_us: Times

    def outcome(self, found: Fired) -> tuple[Ints, Ints, Floats, Floats]:
        """Episodes, false alarms and time firing by block, and delays by incident."""
        count = self.edges_us.size - 1
        block = block_of(found.start_us, self.edges_us)
        inside = (found.start_us >= self.interval.start_us) & (
            found.start_us < self.interval.until_us
        )
        delay_s = delays_s(found.start_us[inside], self.truth.incidents)
        judged = delay_s[self.truth.incidents.judged]
        return (
            _counted(block[inside], count),
            _counted(block[inside & ~found.true], count),
            np.bincount(block, weights=found.free_s, minlength=count).astype(np.float64),
            np.where(np.isnan(judged), np.inf, judged),
        )


def grids(rules: Sequence[Rule], dataset: Dataset) -> tuple[Grid, ...]:
    """What to try for each rule, placed by the dataset's own values.

    Raises:
        InputError: the dataset lacks a rule's signal.
    """
    return tuple(_grid(rule, series(rule, dataset)) for rule in rules)


def sweep(
    dataset: Dataset,
    rules: Sequence[Rule],
    *,
    truth: Truth,
    interval: Interval,
    edges_us: Times | None = None,
    tried: Sequence[Grid] | None = None,
) -> Sweep:
    """Try every point of every rule's grid.

    A series is windowed once a rule and scanned once a threshold; a `for` is applied to the
    runs that the scan found. What combinations of points do follows from this by sums and
    minima, without another look at the rows.

    Args:
        dataset: the data to try them on. What lies before the interval warms windows, and an
            episode counts when it starts in the interval; what an earlier one still fires is
            the first block's.
        rules: rules that can be judged on it.
        truth: the windows of its incidents.
        interval: the judged interval.
        edges_us: where its blocks start, and where the last ends; one block by default.
        tried: a grid a rule; by default those of `grids`.

    Raises:
        InputError: the dataset lacks a rule's signal.
    """
    if edges_us is None:
        edges_us = np.array([interval.start_us, interval.until_us])
    judge = _Judge(truth=truth, interval=interval, edges_us=edges_us)
    outside_before = uncovered_before(
        truth.incidents.start_us,
        truth.incidents.end_us,
        from_us=interval.start_us,
        until_us=interval.until_us,
    )
    last_us = whole(dataset).until_us - 1
    points = []
    for position, rule in enumerate(rules):
        judged = series(rule, dataset)
        wanted = tried[position] if tried else _grid(rule, judged)
        found = scan(
            rule, judged, wanted,
            incidents=truth.incidents, outside_before=outside_before, last_us=last_us,
        )  # fmt: skip
        points.append(_points(rule, wanted, found, judge))
    start_us = truth.incidents.start_us[truth.incidents.judged]
    return Sweep(
        span_s=np.diff(edges_us) / 1e6,
        outside_s=np.diff(outside_before(edges_us)),
        block=block_of(start_us, edges_us),
        points=tuple(points),
    )


def pooled(sweeps: Sequence[Sweep]) -> Sweep:
    """One sweep over the blocks of several, which tried the same points of the same rules."""
    offsets = np.cumsum([0, *(part.span_s.size for part in sweeps[:-1])])
    return Sweep(
        span_s=np.concatenate([part.span_s for part in sweeps]),
        outside_s=np.concatenate([part.outside_s for part in sweeps]),
        block=np.concatenate(
            [part.block + offset for part, offset in zip(sweeps, offsets, strict=True)]
        ),
        points=tuple(
            _stacked(same) for same in zip(*(part.points for part in sweeps), strict=True)
        ),
    )


def _grid(rule: Rule, judged: Sequence[Series]) -> Grid:
    return grid(rule, np.concatenate([each.value for each in judged]))


def _stacked(parts: Sequence[Points]) -> Points:
    return Points(
        rule=parts[0].rule,
        threshold=parts[0].threshold,
        for_=parts[0].for_,
        steps=parts[0].steps,
        episodes=np.concatenate([part.episodes for part in parts]),
        false_alarms=np.concatenate([part.false_alarms for part in parts]),
        firing_s=np.concatenate([part.firing_s for part in parts]),
        delay_s=np.concatenate([part.delay_s for part in parts]),
    )


def _points(rule: Rule, tried: Grid, found: Iterator[tuple[int, Fired]], judge: _Judge) -> Points:
    size = tried.threshold.size * len(tried.for_)
    shape = (judge.edges_us.size - 1, size)
    points = Points(
        rule=rule,
        threshold=np.repeat(tried.threshold, len(tried.for_)),
        for_=tried.for_ * tried.threshold.size,
        steps=_steps(tried),
        episodes=np.empty(shape, dtype=np.int64),
        false_alarms=np.empty(shape, dtype=np.int64),
        firing_s=np.empty(shape),
        delay_s=np.empty((int(np.count_nonzero(judge.truth.incidents.judged)), size)),
    )
    for point, fired in found:
        outcome = judge.outcome(fired)
        points.episodes[:, point], points.false_alarms[:, point] = outcome[:2]
        points.firing_s[:, point], points.delay_s[:, point] = outcome[2:]
    return points


def _counted(block: Ints, count: int) -> Ints:
    return np.bincount(block, minlength=count).astype(np.int64)


def _steps(tried: Grid) -> Ints:
    thresholds = np.abs(np.arange(tried.threshold.size) - tried.threshold_at)
    fors = np.abs(np.arange(len(tried.for_)) - tried.for_at)
    return np.add.outer(thresholds, fors).ravel()
