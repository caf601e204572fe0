"""The simulated machine: CPU, memory and disk, apart from the work and with it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from simlab.config import duration_s
from simlab.dataset.schema import SAMPLES
from simlab.workload.arrivals import Floats
from simlab.workload.attempts import Attempts, Seen
from simlab.workload.incidents import VISIBLE_CPU, Trouble
from simlab.workload.load import Load
from simlab.workload.profile import Profile

_CPU_JITTER = 1.5
_MEM_JITTER = 0.01
_CHUNK = 4096


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
    for _, added in _cpu_added(load, interval_s, count):
        cpu += added
    mem = resources.mem_mb * (1 + _MEM_JITTER * _noise(load, "sample.mem", count))
    return Background(interval_s=interval_s, cpu_percent=cpu, mem_usage_mb=mem)


def work(profile: Profile, attempts: Attempts) -> Work:
    """What these attempts cost, interval by interval."""
    interval_us = round(duration_s(profile.resources.interval) * 1e6)
    if not len(attempts):
        return Work(first=0, busy_s=np.empty(0), items=np.empty(0))
    ended = attempts.end_us // interval_us
    first = int(ended.min())
    busy_us = np.bincount(ended - first, weights=attempts.duration_us)
    items = np.bincount(ended - first, weights=attempts.batch_size).astype(np.float64)
    return Work(first=first, busy_s=busy_us / 1e6, items=items)


def samples(profile: Profile, calm: Background, works: Sequence[Work]) -> pl.DataFrame:
    """The samples of a machine that did this work, as if no batch ever queued."""
    count = len(calm.cpu_percent)
    busy_s, items = np.zeros(count), np.zeros(count)
    for piece in works:
        kept = max(0, min(len(piece.busy_s), count - piece.first))
        busy_s[piece.first : piece.first + kept] += piece.busy_s[:kept]
        items[piece.first : piece.first + kept] += piece.items[:kept]
    busy = np.minimum(busy_s / calm.interval_s, profile.workers)
    cpu = calm.cpu_percent + profile.resources.cpu_per_busy_worker * busy
    ends_us = (np.arange(1, count + 1) * round(calm.interval_s * 1e6)) + profile.start_us
    columns = {
        "timestamp": ends_us,
        "cpu_percent": np.round(np.clip(cpu, 0.0, 100.0), 2),
        "mem_usage_mb": np.round(calm.mem_usage_mb, 2),
        "disk_read_bytes": np.rint(items * profile.resources.read_bytes_per_item),
        "disk_write_bytes": np.rint(items * profile.resources.write_bytes_per_item),
    }
    return pl.DataFrame(columns).cast(dict(SAMPLES))  # type: ignore[arg-type]  # dict is invariant


def seen_in_samples(load: Load, *, count: int) -> Seen:
    """When each trouble that CPU samples show first and last does."""
    interval_s = duration_s(load.profile.resources.interval)
    seen: Seen = {}
    for trouble, added in _cpu_added(load, interval_s, count):
        shown = np.flatnonzero(added >= VISIBLE_CPU)
        if len(shown):
            ends_us = (shown[[0, -1]] + 1) * round(interval_s * 1e6)
            seen[trouble.id] = (int(ends_us[0]), int(ends_us[1]))
    return seen


def _cpu_added(load: Load, interval_s: float, count: int) -> Iterator[tuple[Trouble, Floats]]:
    """The CPU that each trouble adds to each sample, for those that add any [%]."""
    middle_s = (np.arange(count, dtype=np.float64) + 0.5) * interval_s
    for trouble in load.troubles:
        if trouble.effect.cpu:
            yield trouble, trouble.effect.cpu * trouble.strength(middle_s)


def _noise(load: Load, name: str, count: int) -> Floats:
    """Standard normal noise, the same at each index however many are asked for."""
    chunks = range(-(-count // _CHUNK))
    drawn = [load.stream(name, chunk).standard_normal(_CHUNK) for chunk in chunks]
    return np.concatenate([*drawn, np.empty(0)])[:count]
