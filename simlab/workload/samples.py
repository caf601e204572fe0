"""The simulated machine: CPU, memory and disk, apart from the work and with it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from simlab.config import duration_s
from simlab.dataset.schema import SAMPLES
from simlab.workload.arrivals import Floats
from simlab.workload.attempts import Attempts
from simlab.workload.fate import Seen
from simlab.workload.incidents import Trouble
from simlab.workload.load import Load
from simlab.workload.micros import Int64s
from simlab.workload.profile import Profile

_CPU_JITTER: Final = 1.5
_MEM_JITTER: Final = 0.01
VISIBLE_CPU: Final = 5.0
"""A sample shows an incident that added so many points [%]."""
VISIBLE_MEM: Final = 0.1
"""A sample shows an incident that added such a share of the usual memory."""


@dataclass(frozen=True)
class Background:
    """What the machine does apart from the bot's work, a value a sample.

    `cpu_percent` is not cut at 100 yet: work is added first.
    """

    interval_s: float
    cpu_percent: Floats
    mem_usage_mb: Floats


@dataclass(frozen=True)
class Work:
    """What attempts cost the machine, booked in the interval in which they ended.

    `first` is the index of the first interval; `busy_s` adds up their durations [s], `items`
    the items of their batches.
    """

    first: int
    busy_s: Floats
    items: Floats


def sample_count(profile: Profile, span_s: float) -> int:
    """How many samples a load of that length has: one at the end of each full interval."""
    return int(span_s // duration_s(profile.resources.interval))


def background(load: Load, *, count: int) -> Background:
    """The first `count` samples of the machine without any work on it."""
    resources = load.profile.resources
    interval_s = duration_s(resources.interval)
    cpu = resources.cpu_idle + _CPU_JITTER * _noise(load, "sample.cpu", count)
    mem = resources.mem_mb * (1 + _MEM_JITTER * _noise(load, "sample.mem", count))
    for trouble, first, strength in _acting(load, interval_s, count):
        here = slice(first, first + len(strength))
        cpu[here] += trouble.effect.cpu * strength
        mem[here] += resources.mem_mb * trouble.effect.mem * strength
    return Background(interval_s=interval_s, cpu_percent=cpu, mem_usage_mb=mem)


def work(profile: Profile, attempts: Attempts) -> Work:
    """What attempts cost, interval by interval; they are in the order of their end."""
    interval_us = round(duration_s(profile.resources.interval) * 1e6)
    if not len(attempts):
        return Work(first=0, busy_s=np.empty(0), items=np.empty(0))
    first, last = (int(attempts.end_us[at]) // interval_us for at in (0, -1))
    edges_us = np.arange(first, last + 1) * interval_us
    starts = np.searchsorted(attempts.end_us, edges_us)
    return Work(
        first=first,
        busy_s=_sums(attempts.duration_us, starts) / 1e6,
        items=_sums(attempts.batch_size, starts),
    )


def _sums(values: npt.NDArray[np.int64] | npt.NDArray[np.int32], starts: Int64s) -> Floats:
    """The sum from each start to before the next; 0 where that is nothing. No start is the end."""
    sums = np.add.reduceat(values, starts, dtype=np.int64)
    return np.where(np.diff(starts, append=len(values)) > 0, sums, 0).astype(np.float64)


def samples(load: Load, calm: Background, works: Sequence[Work]) -> pl.DataFrame:
    """The samples of a machine that did this work, as if no batch ever queued.

    There are none from while the bot was down: it is the bot that takes them.
    """
    profile, count = load.profile, len(calm.cpu_percent)
    busy_s, items = np.zeros(count), np.zeros(count)
    for piece in works:
        kept = max(0, min(len(piece.busy_s), count - piece.first))
        busy_s[piece.first : piece.first + kept] += piece.busy_s[:kept]
        items[piece.first : piece.first + kept] += piece.items[:kept]
    busy = np.minimum(busy_s / calm.interval_s, profile.workers)
    cpu = calm.cpu_percent + profile.resources.cpu_per_busy_worker * busy
    ends_us = np.arange(1, count + 1) * round(calm.interval_s * 1e6)
    columns = {
        "timestamp": ends_us + profile.start_us,
        "cpu_percent": np.round(np.clip(cpu, 0.0, 100.0), 2),
        "mem_usage_mb": np.round(calm.mem_usage_mb, 2),
        "disk_read_bytes": np.rint(items * profile.resources.read_bytes_per_item),
        "disk_write_bytes": np.rint(items * profile.resources.write_bytes_per_item),
    }
    taken = pl.DataFrame(columns).cast(dict(SAMPLES))  # type: ignore[arg-type]  # dict is invariant
    return taken.filter(~load.outages.covers(ends_us)) if load.outages else taken


def seen_in_samples(load: Load, *, count: int) -> Seen:
    """When each trouble that the samples show first and last does."""
    interval_s = duration_s(load.profile.resources.interval)
    seen: Seen = {}
    for trouble, first, strength in _acting(load, interval_s, count):
        cpu, mem = trouble.effect.cpu * strength, trouble.effect.mem * strength
        shown = np.flatnonzero((cpu >= VISIBLE_CPU) | (mem >= VISIBLE_MEM))
        if len(shown):
            ends_us = (first + shown[[0, -1]] + 1) * round(interval_s * 1e6)
            seen[trouble.id] = (int(ends_us[0]), int(ends_us[1]))
    return seen


def _acting(load: Load, interval_s: float, count: int) -> Iterator[tuple[Trouble, int, Floats]]:
    """The troubles that act on the machine: from which sample on, and how strongly in each.

    A sample has the strength in the middle of its interval.
    """
    for trouble in load.troubles:
        if trouble.effect.cpu or trouble.effect.mem:
            first = min(int(trouble.start_s // interval_s), count)
            last = min(int(trouble.end_s // interval_s) + 1, count)
            middle_s = (np.arange(first, last, dtype=np.float64) + 0.5) * interval_s
            yield trouble, first, trouble.strength(middle_s)


def _noise(load: Load, name: str, count: int) -> Floats:
    """Standard normal noise, the same at each index however many are asked for."""
    return load.series(name, lambda rng, size: rng.standard_normal(size), first=0, count=count)
