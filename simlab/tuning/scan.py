"""When a rule fires at each point of its grid, from the loosest threshold to the strictest."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simlab.alerts.replay import Runs, firing, silences
from simlab.alerts.rule import Rule
from simlab.alerts.signal import Series
from simlab.tuning.coverage import Times
from simlab.tuning.grid import Grid
from simlab.tuning.match import Windows

Floats = NDArray[np.float64]
OutsideBefore = Callable[[Times], Floats]


@dataclass(frozen=True, kw_only=True, eq=False)
class Fired:
    """The episodes of one point, an entry each, in the order of time.

    Attributes:
        start_us: when each started [µs since 1970].
        true: whether that was in an incident.
        free_s: how long it fired outside of incidents [s].
    """

    start_us: Times
    true: NDArray[np.bool_]
    free_s: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class _Known:
    """A series and what is known of each of its observations."""

    time_us: Times
    silences: Times
    after_silence: NDArray[np.bool_]
    in_incident: NDArray[np.bool_]


def scan(
    rule: Rule,
    judged: Sequence[Series],
    tried: Grid,
    *,
    incidents: Windows,
    outside_before: OutsideBefore,
    last_us: int,
) -> Iterator[tuple[int, Fired]]:
    """Each point's position in the grid, the `for` changing fastest, and when it fires.

    What is beyond a threshold is beyond every looser one, so each threshold looks only at what
    the one before it found: the work is in how often the series is beyond thresholds, not in
    its length times their number.

    Args:
        rule: whose grid it is.
        judged: its series, one or one a warehouse; their episodes are put together.
        tried: its grid.
        incidents: what a true episode starts in.
        outside_before: how much time lies outside of incidents until a moment [s].
        last_us: how far time is known to have gone on [µs since 1970].
    """
    found = [_scanned(rule, each, tried, incidents, outside_before, last_us) for each in judged]
    for each in zip(*found, strict=True):
        yield each[0][0], _together([fired for _, fired in each])


def _scanned(
    rule: Rule,
    judged: Series,
    tried: Grid,
    incidents: Windows,
    outside_before: OutsideBefore,
    last_us: int,
) -> Iterator[tuple[int, Fired]]:
    known = _known(rule, judged.time_us, incidents)
    fors = list(enumerate(tried.for_us.tolist()))
    for position, beyond in _nested(judged.value, tried.threshold, above=rule.side == "above"):
        runs = _runs(known, beyond, stale_after_us=rule.silence_us)
        for place, for_us in fors:  # ascending, so what one leaves out the next need not see
            runs = _long_enough(runs, rule, for_us)
            found = firing(runs, for_us=for_us, keep_firing_for_us=rule.keep_us, until_us=last_us)
            fired = Fired(
                start_us=found.start_us,
                true=known.in_incident[found.first],
                free_s=outside_before(found.end_us) - outside_before(found.start_us),
            )
            yield position * len(fors) + place, fired


def _together(parts: Sequence[Fired]) -> Fired:
    if len(parts) == 1:
        return parts[0]
    start_us = np.concatenate([part.start_us for part in parts])
    order = np.argsort(start_us, kind="stable")
    return Fired(
        start_us=start_us[order],
        true=np.concatenate([part.true for part in parts])[order],
        free_s=np.concatenate([part.free_s for part in parts])[order],
    )


def _known(rule: Rule, time_us: Times, incidents: Windows) -> _Known:
    quiet = silences(time_us, stale_after_us=rule.silence_us)
    after_silence = np.zeros(len(time_us), dtype=bool)
    after_silence[quiet] = True
    change = np.zeros(len(time_us) + 1, dtype=np.int32)
    np.add.at(change, np.searchsorted(time_us, incidents.start_us, side="left"), 1)
    np.add.at(change, np.searchsorted(time_us, incidents.end_us, side="right"), -1)
    return _Known(
        time_us=time_us,
        silences=quiet,
        after_silence=after_silence,
        in_incident=np.cumsum(change[:-1]) > 0,
    )


def _nested(value: Floats, threshold: Floats, *, above: bool) -> Iterator[tuple[int, Times]]:
    """Each threshold's position and where values are beyond it, loosest first."""
    beyond: Times | None = None
    left = value
    for position in range(threshold.size) if above else reversed(range(threshold.size)):
        kept = np.flatnonzero(left > threshold[position] if above else left < threshold[position])
        beyond = kept if beyond is None else beyond[kept]
        left = left[kept]
        yield position, beyond


def _runs(known: _Known, beyond: Times, *, stale_after_us: int) -> Runs:
    """The runs that `simlab.alerts.replay.runs` finds, from where the series is beyond."""
    opens = np.ones(len(beyond), dtype=bool)
    opens[1:] = (np.diff(beyond) > 1) | known.after_silence[beyond[1:]]
    closes = np.ones(len(beyond), dtype=bool)
    closes[:-1] = opens[1:]
    return Runs(
        time_us=known.time_us,
        silences=known.silences,
        stale_after_us=stale_after_us,
        first=beyond[opens],
        last=beyond[closes],
    )


def _long_enough(runs: Runs, rule: Rule, for_us: int) -> Runs:
    """The runs without those that end before `for`, unless one could prolong another's firing."""
    if for_us == 0 or rule.keep_us > 0:
        return runs
    kept = runs.time_us[runs.last] - runs.time_us[runs.first] >= for_us
    return Runs(
        time_us=runs.time_us,
        silences=runs.silences,
        stale_after_us=runs.stale_after_us,
        first=runs.first[kept],
        last=runs.last[kept],
    )
