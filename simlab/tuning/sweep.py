"""What each point of each rule's grid does over a part of a dataset, rule by rule."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simlab.alerts.replay import Firing, firing, runs, silences
from simlab.alerts.rule import Rule
from simlab.alerts.signal import observations
from simlab.dataset.schema import Dataset
from simlab.tuning.coverage import Times, uncovered_before
from simlab.tuning.grid import Grid, grid
from simlab.tuning.interval import Interval, whole
from simlab.tuning.match import Truth, match


@dataclass(frozen=True, kw_only=True)
class Points:
    """What each point of one rule's grid does, an element a point.

    Attributes:
        rule: the rule as it is.
        threshold: the points' thresholds, each with every `for`.
        for_: the texts of the points' `for`s.
        steps: how many grid steps a point lies from the rule as it is, both ways added up.
        episodes: how many start.
        false_alarms: how many of them start in no incident.
        firing_s: how long it fires outside of incidents [s].
        delay_s: for each judged incident (a row) how long until the first episode in it [s],
            infinite when there is none.
    """

    rule: Rule
    threshold: NDArray[np.float64]
    for_: tuple[str, ...]
    steps: NDArray[np.int64]
    episodes: NDArray[np.int64]
    false_alarms: NDArray[np.int64]
    firing_s: NDArray[np.float64]
    delay_s: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """What rules would do at each of their points.

    Attributes:
        span_s: how long the judged interval is [s].
        outside_s: how much of it is outside of incidents [s].
        points: a record a rule, in the order given.
    """

    span_s: float
    outside_s: float
    points: tuple[Points, ...]


@dataclass(frozen=True, kw_only=True)
class _Outcome:
    episodes: int
    false_alarms: int
    firing_s: float
    delay_s: NDArray[np.float64]


def sweep(dataset: Dataset, rules: Sequence[Rule], *, truth: Truth, interval: Interval) -> Sweep:
    """Try every point of every rule's grid.

    A series is windowed once a rule and scanned once a threshold; a `for` is applied to the
    runs that the scan found. What combinations of points do follows from this by sums and
    minima, without another look at the rows.

    Args:
        dataset: the part to try them on, all of it within `interval`.
        rules: rules that can be judged on it.
        truth: the windows of its incidents.
        interval: the judged interval.

    Raises:
        InputError: the dataset lacks a rule's signal.
    """
    outside_before = uncovered_before(
        truth.incidents.start_us,
        truth.incidents.end_us,
        from_us=interval.start_us,
        until_us=interval.until_us,
    )
    points = [_points(rule, dataset, truth, outside_before) for rule in rules]
    return Sweep(
        span_s=interval.span_s,
        outside_s=float(outside_before(np.array([interval.until_us]))[0]),
        points=tuple(points),
    )


def _points(
    rule: Rule,
    dataset: Dataset,
    truth: Truth,
    outside_before: Callable[[Times], NDArray[np.float64]],
) -> Points:
    time_us, value = observations(rule, dataset)
    tried = grid(rule, value)
    last_us = whole(dataset).until_us - 1
    outcomes = [
        _outcome(found, truth, outside_before)
        for found in _fired(rule, time_us, value, tried, last_us)
    ]
    return Points(
        rule=rule,
        threshold=np.repeat(tried.threshold, len(tried.for_)),
        for_=tried.for_ * tried.threshold.size,
        steps=_steps(tried),
        episodes=np.array([outcome.episodes for outcome in outcomes]),
        false_alarms=np.array([outcome.false_alarms for outcome in outcomes]),
        firing_s=np.array([outcome.firing_s for outcome in outcomes]),
        delay_s=np.stack([outcome.delay_s for outcome in outcomes], axis=1),
    )


def _fired(
    rule: Rule, time_us: Times, value: NDArray[np.float64], tried: Grid, last_us: int
) -> Iterator[Firing]:
    """When the rule fires at each point, the `for` changing fastest."""
    quiet = silences(time_us, stale_after_us=rule.silence_us)
    for threshold in tried.threshold.tolist():
        beyond = runs(
            time_us,
            value,
            threshold=threshold,
            direction=rule.side,
            stale_after_us=rule.silence_us,
            known_silences=quiet,
        )
        for for_us in tried.for_us.tolist():
            yield firing(
                beyond,
                for_us=for_us,
                keep_firing_for_us=rule.keep_us,
                until_us=last_us,
            )


def _outcome(
    found: Firing, truth: Truth, outside_before: Callable[[Times], NDArray[np.float64]]
) -> _Outcome:
    matched = match(found.start_us, truth)
    delay_s = matched.delay_s[truth.incidents.judged]
    return _Outcome(
        episodes=found.start_us.size,
        false_alarms=int(np.count_nonzero(matched.incident < 0)),
        firing_s=float((outside_before(found.end_us) - outside_before(found.start_us)).sum()),
        delay_s=np.where(np.isnan(delay_s), np.inf, delay_s),
    )


def _steps(tried: Grid) -> NDArray[np.int64]:
    thresholds = np.abs(np.arange(tried.threshold.size) - tried.threshold_at)
    fors = np.abs(np.arange(len(tried.for_)) - tried.for_at)
    return np.add.outer(thresholds, fors).ravel()
