"""The alert state machine over arrays: when rules would have fired, in time linear in rows.

Two steps, so that a search pays for each once: `runs` scans the series for one threshold,
`firing` then applies any `for` to the runs. `simlab.alerts` defines the machine.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simlab.alerts.group import held_back
from simlab.alerts.rule import Rule, Side
from simlab.alerts.signal import last_us, series
from simlab.alerts.spans import Times, Values
from simlab.dataset.schema import TIMESTAMP, Dataset

EPISODES: Final[dict[str, pl.DataType]] = {
    "rule": pl.String(),
    "start": TIMESTAMP,  # when it began to fire, after its `for`
    "end": TIMESTAMP,
    "peak_value": pl.Float64(),  # the farthest beyond the threshold
    "n": pl.Int64(),  # observations beyond the threshold while firing
    "warehouse_id": pl.Int32(),  # null when the rule does not tell warehouses apart
    "open": pl.Boolean(),  # whether it still fires when the data end
    "held": pl.Boolean(),  # whether no page was raised, since the group had one: see `group`
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Runs:
    """Where a series is beyond one threshold without a break.

    Attributes:
        time_us: the whole series' times.
        silences: ascending indices of observations that come too long after the one before.
        stale_after_us: how long that is.
        first: index of each run's first observation, ascending.
        last: index of its last.
    """

    time_us: Times
    silences: Times
    stale_after_us: int
    first: Times
    last: Times


@dataclass(frozen=True, kw_only=True, eq=False)
class Firing:
    """When a rule fires, an entry an episode, in order; episodes never overlap.

    Attributes:
        start_us: when the rule began to fire, after its `for`.
        end_us: when it resolved; the last observation's time when nothing resolved it.
        first: index of the observation at which it began.
        last: index of the last observation beyond the threshold.
        n: how many observations beyond the threshold there are from `first` to `last`.
        open: whether nothing resolved it.
    """

    start_us: Times
    end_us: Times
    first: Times
    last: Times
    n: Times
    open: NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class Episodes:
    """Episodes of one rule, an entry each, in order.

    Attributes:
        start_us: when the rule began to fire, after its `for`.
        end_us: when it resolved; the last observation's time when nothing resolved it.
        peak_value: the windowed value farthest beyond the threshold while firing.
        n: observations beyond the threshold while firing, 1 or more.
        open: whether nothing resolved it.
    """

    start_us: Times
    end_us: Times
    peak_value: Values
    n: Times
    open: NDArray[np.bool_]


def replay(rules: Sequence[Rule], dataset: Dataset) -> pl.DataFrame:
    """The episodes of all rules over a dataset, sorted by start, ties in the rules' order.

    A silence at the end of a signal that outlasts `stale_after`, while the dataset goes on with
    other rows or samples, resolves the rule as any other does.

    Returns:
        The columns of `EPISODES`.

    Raises:
        InputError: the dataset says nothing about a rule's signal.
    """
    until_us = last_us(dataset)
    frames = [frame for rule in rules for frame in _frames_of(rule, dataset, until_us)]
    return joined(frames, rules)


def joined(frames: Sequence[pl.DataFrame], rules: Sequence[Rule]) -> pl.DataFrame:
    """Episodes of rules as one frame, sorted by start, with what their groups hold back.

    Args:
        frames: as `episodes_frame` gives them.
        rules: those whose episodes they are.
    """
    known = {name: dtype for name, dtype in EPISODES.items() if name != "held"}
    found = pl.concat([pl.DataFrame(schema=known), *frames]).sort("start", maintain_order=True)
    return found.with_columns(held=held_back(found, rules))


def episodes(
    time_us: Times,
    value: Values,
    *,
    threshold: float,
    direction: Side,
    for_us: int,
    keep_firing_for_us: int,
    stale_after_us: int,
    until_us: int | None = None,
) -> Episodes:
    """The episodes of one rule over its observations.

    Args:
        time_us: when the signal was observed, ascending; ties count in their order.
        value: the windowed values, NaN where undefined.
        threshold: the condition is strictly beyond it.
        direction: which side of the threshold is beyond.
        for_us: how long the condition must hold.
        keep_firing_for_us: how long firing outlasts the condition.
        stale_after_us: how long a silence may be.
        until_us: how far time is known to have gone on without an observation; None is up to
            the last one.

    >>> minute = 60_000_000
    >>> found = episodes(
    ...     np.arange(6) * minute, np.array([1.0, 3, 4, 5, 1, 1]), threshold=2.0,
    ...     direction="above", for_us=minute, keep_firing_for_us=0, stale_after_us=5 * minute,
    ... )
    >>> found.start_us // minute, found.end_us // minute, found.peak_value, found.n
    (array([2]), array([4]), array([5.]), array([2]))
    """
    beyond = runs(
        time_us, value, threshold=threshold, direction=direction, stale_after_us=stale_after_us
    )
    found = firing(beyond, for_us=for_us, keep_firing_for_us=keep_firing_for_us, until_us=until_us)
    return Episodes(
        start_us=found.start_us,
        end_us=found.end_us,
        peak_value=_peaks(value, found, direction),
        n=found.n,
        open=found.open,
    )


def silences(time_us: Times, *, stale_after_us: int) -> Times:
    """Indices of observations more than `stale_after_us` after the one before, ascending."""
    return np.flatnonzero(np.diff(time_us) > stale_after_us) + 1


def runs(
    time_us: Times,
    value: Values,
    *,
    threshold: float,
    direction: Side,
    stale_after_us: int,
    known_silences: Times | None = None,
) -> Runs:
    """Where the value is beyond the threshold, strictly, without a break or a silence.

    Args:
        time_us: ascending times, one a value.
        value: the windowed values; NaN is beyond nothing.
        threshold: what they are held against.
        direction: which side of the threshold is beyond.
        stale_after_us: how long a silence may be.
        known_silences: what `silences` gives, when several thresholds are tried on one series.
    """
    cuts = known_silences
    if cuts is None:
        cuts = silences(time_us, stale_after_us=stale_after_us)
    beyond = np.flatnonzero(value > threshold if direction == "above" else value < threshold)
    after_silence = np.zeros(len(time_us), dtype=bool)
    after_silence[cuts] = True
    opens = np.ones(len(beyond), dtype=bool)
    opens[1:] = (np.diff(beyond) > 1) | after_silence[beyond[1:]]
    closes = np.ones(len(beyond), dtype=bool)
    closes[:-1] = opens[1:]
    return Runs(
        time_us=time_us,
        silences=cuts,
        stale_after_us=stale_after_us,
        first=beyond[opens],
        last=beyond[closes],
    )


def firing(
    beyond: Runs, *, for_us: int, keep_firing_for_us: int, until_us: int | None = None
) -> Firing:
    """When a rule with these durations fires, given the runs beyond its threshold.

    It costs time in the number of runs, not of rows. The arguments are those of `episodes`.
    """
    fires = np.maximum(_reached(beyond, beyond.first, for_us), beyond.first)
    if keep_firing_for_us == 0:
        return _each_by_itself(beyond, fires, until_us)
    chain = np.cumsum(~_bridged(beyond, keep_firing_for_us))
    fired = np.flatnonzero(fires <= beyond.last)
    opening = fired[np.diff(chain[fired], prepend=0) > 0]
    closing = np.searchsorted(chain, chain[opening], side="right") - 1
    lengths = beyond.last - beyond.first + 1
    upto = np.cumsum(lengths)
    end_us, is_open = _ends(beyond, beyond.last[closing], keep_firing_for_us, until_us)
    return Firing(
        start_us=beyond.time_us[fires[opening]],
        end_us=end_us,
        first=fires[opening],
        last=beyond.last[closing],
        n=upto[closing] - upto[opening] + beyond.last[opening] - fires[opening] + 1,
        open=is_open,
    )


def firing_s(start_us: Times, end_us: Times) -> float:
    """How long the episodes of one rule last together [s]; 0 when there are none."""
    return float((end_us - start_us).sum()) / 1e6


def _reached(beyond: Runs, since: Times, wait_us: int) -> Times:
    """The index of the first observation `wait_us` or more after each of `since`.

    With no wait that is `since` itself; callers want none before it, and it costs nothing.
    """
    if wait_us == 0:
        return since
    return np.searchsorted(beyond.time_us, beyond.time_us[since] + wait_us)


def _bridged(beyond: Runs, keep_firing_for_us: int) -> NDArray[np.bool_]:
    """Whether each run continues the firing of the run before it.

    It does when no silence lies between them, and the last observation between them comes
    before `keep_firing_for` is over.
    """
    result = np.zeros(len(beyond.first), dtype=bool)
    last, first = beyond.last[:-1], beyond.first[1:]
    silent = np.searchsorted(beyond.silences, first, side="right") > np.searchsorted(
        beyond.silences, last, side="right"
    )
    pause_us = beyond.time_us[first - 1] - beyond.time_us[last]
    result[1:] = ~silent & (pause_us < keep_firing_for_us)
    return result


def _each_by_itself(beyond: Runs, fires: Times, until_us: int | None) -> Firing:
    """The episodes of a rule that keeps nothing up: one for each run that is long enough."""
    fired = fires <= beyond.last
    first, last = fires[fired], beyond.last[fired]
    size = len(beyond.time_us)
    stops = np.append(beyond.silences, size)
    silent = np.flatnonzero(stops[np.searchsorted(stops, last + 1)] == last + 1)
    end_us = beyond.time_us[np.minimum(last + 1, size - 1)]
    ended = (last[silent] + 1 < size) | _outlasted(beyond, until_us)
    end_us[silent] = beyond.time_us[last[silent]] + beyond.stale_after_us * ended
    is_open = np.zeros(len(last), dtype=bool)
    is_open[silent] = ~ended
    return Firing(
        start_us=beyond.time_us[first], end_us=end_us, first=first, last=last,
        n=last - first + 1, open=is_open,
    )  # fmt: skip


def _ends(
    beyond: Runs, last: Times, keep_firing_for_us: int, until_us: int | None
) -> tuple[Times, NDArray[np.bool_]]:
    """When firing ends whose last observation beyond is at these indices; whether it does not."""
    size = len(beyond.time_us)
    resolving = np.maximum(_reached(beyond, last, keep_firing_for_us), last + 1)
    stops = np.append(beyond.silences, size)
    silent = stops[np.searchsorted(stops, last, side="right")]
    lasted = beyond.time_us[silent - 1]
    ended = (silent < size) | _outlasted(beyond, until_us)
    silence_us = beyond.stale_after_us * ended
    padded = np.minimum(resolving, size - 1)
    resolves = resolving < silent
    end_us = np.where(resolves, beyond.time_us[padded], lasted + silence_us)
    return end_us, ~resolves & ~ended


def _outlasted(beyond: Runs, until_us: int | None) -> bool:
    """Whether the silence after the last observation is long enough to resolve a rule."""
    if until_us is None or not len(beyond.time_us):
        return False
    return bool(until_us - beyond.time_us[-1] > beyond.stale_after_us)


def _peaks(value: Values, found: Firing, direction: Side) -> Values:
    """The value farthest beyond the threshold in each episode; NaN in between is passed over."""
    if not len(found.first):
        return np.empty(0)
    farthest = np.fmax if direction == "above" else np.fmin
    edges = np.column_stack((found.first, found.last + 1)).ravel()
    return farthest.reduceat(value, edges[edges < len(value)])[::2]


def _frames_of(rule: Rule, dataset: Dataset, until_us: int | None) -> list[pl.DataFrame]:
    return [
        episodes_frame(
            rule,
            rule_episodes(rule, each.time_us, each.value, until_us=until_us),
            each.warehouse_id,
        )
        for each in series(rule, dataset)
    ]


def rule_episodes(rule: Rule, time_us: Times, value: Values, *, until_us: int | None) -> Episodes:
    """The episodes of a rule over what it is judged by; see `episodes`."""
    return episodes(
        time_us,
        value,
        threshold=rule.limit,
        direction=rule.side,
        for_us=rule.for_us,
        keep_firing_for_us=rule.keep_us,
        stale_after_us=rule.silence_us,
        until_us=until_us,
    )


def episodes_frame(rule: Rule, found: Episodes, warehouse_id: int | None) -> pl.DataFrame:
    """The episodes of a rule, or of its part for one warehouse: `EPISODES` but for `held`."""
    size = len(found.n)
    columns = {
        "rule": [rule.name] * size,
        "start": found.start_us,
        "end": found.end_us,
        "peak_value": found.peak_value,
        "n": found.n,
        "warehouse_id": [warehouse_id] * size,
        "open": found.open,
    }
    return pl.DataFrame(columns, schema={name: EPISODES[name] for name in columns})
