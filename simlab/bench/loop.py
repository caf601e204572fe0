"""Events told one after the other, each timed: as fast as it goes, or each when it is due."""

import itertools
import math
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Final

from simlab.clock import cpu_ns, sleep_until_ns, timer_ns
from simlab.events import Attempt

PARTS: Final = 5
"""What is told in a row is cut into so many parts: a stall of the machine seldom hits most."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """How long things took [ns].

    Attributes:
        each_ns: the caller's time of each event, sorted, with that of the loop.
        mean_ns: its mean, but for where the machine stalled: the median of `PARTS` parts' means.
        late_ns: from when each event was due until it was told, sorted; empty in a tight loop.
        drained_ns: from the last event until all were drained.
        cpu_ns: CPU time of all threads meanwhile.
    """

    each_ns: Sequence[int]
    mean_ns: float
    late_ns: Sequence[int]
    drained_ns: int
    cpu_ns: int


def tight(
    emit: Callable[[Attempt], None], drain: Callable[[], None], events: Sequence[Attempt]
) -> Told:
    """Tell of all events without a pause.

    The clock is read once an event, after it: the differences add up to the whole. Garbage is
    collected as in life.
    """
    stamps = array("q", bytes(8 * (len(events) + 1)))
    used_ns = cpu_ns()
    nth = 0
    stamps[0] = timer_ns()
    for event in events:
        emit(event)
        nth += 1
        stamps[nth] = timer_ns()
    drain()
    drained_ns, used_ns = timer_ns() - stamps[nth], cpu_ns() - used_ns
    each = [after - before for before, after in itertools.pairwise(stamps)]
    return Told(
        each_ns=sorted(each),
        mean_ns=_mean(each),
        late_ns=(),
        drained_ns=drained_ns,
        cpu_ns=used_ns,
    )


def paced(
    emit: Callable[[Attempt], None],
    drain: Callable[[], None],
    events: Sequence[Attempt],
    *,
    rate_per_s: float,
) -> Told:
    """Tell of each event when it is due, whether or not the one before was told in time.

    What is late is counted from when it was due, so that a stall is charged to every event that
    it kept waiting.
    """
    gap_ns = round(1e9 / rate_per_s)
    each, late = array("q", bytes(8 * len(events))), array("q", bytes(8 * len(events)))
    used_ns, due_ns = cpu_ns(), timer_ns()
    for nth, event in enumerate(events):
        due_ns += gap_ns
        sleep_until_ns(due_ns)
        start_ns = timer_ns()
        emit(event)
        end_ns = timer_ns()
        each[nth], late[nth] = end_ns - start_ns, end_ns - due_ns
    end_ns = timer_ns()
    drain()
    return Told(
        each_ns=sorted(each),
        mean_ns=_mean(each),
        late_ns=sorted(late),
        drained_ns=timer_ns() - end_ns,
        cpu_ns=cpu_ns() - used_ns,
    )


def quantile(ordered: Sequence[int], share: float) -> float:
    """The smallest value that so many are no larger than; of sorted values, at least one."""
    return float(ordered[max(0, math.ceil(share * len(ordered)) - 1)])


def _mean(values: Sequence[int]) -> float:
    size = max(1, len(values) // PARTS)
    return median(fmean(values[at : at + size]) for at in range(0, len(values) - size + 1, size))
