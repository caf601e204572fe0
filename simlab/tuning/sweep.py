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
from simlab.tuning.match import Truth
from simlab.tuning.scan import Against, Fired, scan

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
    outside_before = uncovered_before(
        truth.incidents.start_us,
        truth.incidents.end_us,
        from_us=interval.start_us,
        until_us=interval.until_us,
    )
    against = Against(
        incidents=truth.incidents,
        outside_before=outside_before,
        interval=interval,
        last_us=whole(dataset).until_us - 1,
    )
    points = []
    for position, rule in enumerate(rules):
        judged = series(rule, dataset)
        wanted = tried[position] if tried else _grid(rule, judged)
        points.append(_points(rule, wanted, scan(rule, judged, wanted, against), truth, edges_us))
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


def _points(
    rule: Rule, tried: Grid, found: Iterator[tuple[int, Fired]], truth: Truth, edges_us: Times
) -> Points:
    judged, blocks = truth.incidents.judged, edges_us.size - 1
    size = tried.threshold.size * len(tried.for_)
    points = Points(
        rule=rule,
        threshold=np.repeat(tried.threshold, len(tried.for_)),
        for_=tried.for_ * tried.threshold.size,
        steps=_steps(tried),
        episodes=np.empty((blocks, size), dtype=np.int64),
        false_alarms=np.empty((blocks, size), dtype=np.int64),
        firing_s=np.empty((blocks, size)),
        delay_s=np.empty((int(np.count_nonzero(judged)), size)),
    )
    for point, fired in found:
        block, false = block_of(fired.start_us, edges_us), fired.counted & ~fired.true
        delay_s = fired.delay_s[judged]
        points.episodes[:, point] = np.bincount(block[fired.counted], minlength=blocks)
        points.false_alarms[:, point] = np.bincount(block[false], minlength=blocks)
        points.firing_s[:, point] = np.bincount(block, weights=fired.free_s, minlength=blocks)
        points.delay_s[:, point] = np.where(np.isnan(delay_s), np.inf, delay_s)
    return points


def _steps(tried: Grid) -> Ints:
    thresholds = np.abs(np.arange(tried.threshold.size) - tried.threshold_at)
    fors = np.abs(np.arange(len(tried.for_)) - tried.for_at)
    return np.add.outer(thresholds, fors).ravel()
