"""Where a series is beyond each threshold of a grid, from the loosest to the strictest."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simlab.alerts.replay import Runs, silences
from simlab.tuning.coverage import Times
from simlab.tuning.match import Windows

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Observed:
    """When a series was observed, and what is known of each observation.

    Attributes:
        time_us: ascending times [µs since 1970].
        silences: indices of observations that come too long after the one before.
        after_silence: whether each is one of them.
        in_incident: whether each lies in an incident.
        stale_after_us: how long a silence may be.
    """

    time_us: Times
    silences: Times
    after_silence: NDArray[np.bool_]
    in_incident: NDArray[np.bool_]
    stale_after_us: int


def observed(time_us: Times, incidents: Windows, *, stale_after_us: int) -> Observed:
    """What is known of a series' observations before any threshold is tried."""
    quiet = silences(time_us, stale_after_us=stale_after_us)
    after_silence = np.zeros(len(time_us), dtype=bool)
    after_silence[quiet] = True
    change = np.zeros(len(time_us) + 1, dtype=np.int32)
    np.add.at(change, np.searchsorted(time_us, incidents.start_us, side="left"), 1)
    np.add.at(change, np.searchsorted(time_us, incidents.end_us, side="right"), -1)
    return Observed(
        time_us=time_us,
        silences=quiet,
        after_silence=after_silence,
        in_incident=np.cumsum(change[:-1]) > 0,
        stale_after_us=stale_after_us,
    )


def nested(value: Floats, threshold: Floats, *, above: bool) -> Iterator[tuple[int, Times]]:
    """Each threshold's position and where values are beyond it, loosest first.

    What is beyond a threshold is beyond every looser one, so each threshold looks only at what
    the one before it found: the work is in how often the series is beyond thresholds, not in
    its length times their number.

    Args:
        value: windowed values; NaN is beyond nothing.
        threshold: ascending.
        above: on which side beyond is.
    """
    beyond: Times | None = None
    left = value
    for position in range(threshold.size) if above else reversed(range(threshold.size)):
        kept = np.flatnonzero(left > threshold[position] if above else left < threshold[position])
        beyond = kept if beyond is None else beyond[kept]
        left = left[kept]
        yield position, beyond


def runs_of(known: Observed, beyond: Times) -> Runs:
    """The runs that `simlab.alerts.replay.runs` finds, from where the series is beyond."""
    opens = np.ones(len(beyond), dtype=bool)
    opens[1:] = (np.diff(beyond) > 1) | known.after_silence[beyond[1:]]
    closes = np.ones(len(beyond), dtype=bool)
    closes[:-1] = opens[1:]
    return Runs(
        time_us=known.time_us,
        silences=known.silences,
        stale_after_us=known.stale_after_us,
        first=beyond[opens],
        last=beyond[closes],
    )


def long_enough(runs: Runs, *, for_us: int, keep_us: int) -> Runs:
    """The runs without those that end before `for`, unless one could prolong another's firing."""
    if for_us == 0 or keep_us > 0:
        return runs
    kept = runs.time_us[runs.last] - runs.time_us[runs.first] >= for_us
    return Runs(
        time_us=runs.time_us,
        silences=runs.silences,
        stale_after_us=runs.stale_after_us,
        first=runs.first[kept],
        last=runs.last[kept],
    )
