"""The simulated machine: CPU, memory and disk, apart from the work and with it."""

from collections import deque
from collections.abc import Iterable, Iterator
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
_TILE: Final = 65_536
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


def background(load: Load, *, count: int, first: int = 0) -> Background:
    """`count` samples from number `first` on of the machine without any work on it."""
    resources = load.profile.resources
    interval_s = duration_s(resources.interval)
    cpu = resources.cpu_idle + _CPU_JITTER * _noise(load, "sample.cpu", first, count)
    mem = resources.mem_mb * (1 + _MEM_JITTER * _noise(load, "sample.mem", first, count))
    for trouble, here, strength in _acting(load, interval_s, first, count):
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


def samples(load: Load, works: Iterable[Work], *, count: int) -> Iterator[pl.DataFrame]:
    """The first `count` samples of a machine that did this work, as if no batch ever queued.

    They come in frames of 65,536 or fewer, since a large dataset has millions of samples. There
    are none from while the bot was down: it is the bot that takes them.

    Args:
        load: whose machine it is.
        works: what each part cost, in the order of time.
        count: how many there are.
    """
    for done in _tiled(works, count):
        calm = background(load, first=done.first, count=len(done.busy_s))
        yield _taken(load, calm, done)


def _taken(load: Load, calm: Background, done: Work) -> pl.DataFrame:
    profile = load.profile
    busy = np.minimum(done.busy_s / calm.interval_s, profile.workers)
    cpu = calm.cpu_percent + profile.resources.cpu_per_busy_worker * busy
    numbers = np.arange(done.first + 1, done.first + 1 + len(busy))
    ends_us = numbers * round(calm.interval_s * 1e6)
    columns = {
        "timestamp": ends_us + profile.start_us,
        "cpu_percent": np.round(np.clip(cpu, 0.0, 100.0), 2),
        "mem_usage_mb": np.round(calm.mem_usage_mb, 2),
        "disk_read_bytes": np.rint(done.items * profile.resources.read_bytes_per_item),
        "disk_write_bytes": np.rint(done.items * profile.resources.write_bytes_per_item),
    }
    taken = pl.DataFrame(columns).cast(dict(SAMPLES))  # type: ignore[arg-type]  # dict is invariant
    return taken.filter(~load.outages.covers(ends_us)) if load.outages else taken


def _tiled(works: Iterable[Work], count: int) -> Iterator[Work]:
    """The same work in stretches that lie side by side, each of `_TILE` intervals or the rest."""
    coming, near = iter(works), deque[Work]()
    for first in range(0, count, _TILE):
        tile = Work(first, *np.zeros((2, min(_TILE, count - first))))
        while (not near or near[-1].first < first + _TILE) and (work := next(coming, None)):
            near.append(work)
        for work in near:
            _add(work, tile)
        while near and near[0].first + len(near[0].busy_s) <= first + _TILE:
            near.popleft()
        yield tile


def _add(work: Work, tile: Work) -> None:
    """Add to a tile what of the work falls into it."""
    begin = max(work.first, tile.first)
    end = min(work.first + len(work.busy_s), tile.first + len(tile.busy_s))
    if begin < end:
        into = slice(begin - tile.first, end - tile.first)
        of = slice(begin - work.first, end - work.first)
        tile.busy_s[into] += work.busy_s[of]
        tile.items[into] += work.items[of]


def seen_in_samples(load: Load, *, count: int) -> Seen:
    """When each trouble that the samples show first and last does."""
    interval_s = duration_s(load.profile.resources.interval)
    seen: Seen = {}
    for trouble, here, strength in _acting(load, interval_s, 0, count):
        cpu, mem = trouble.effect.cpu * strength, trouble.effect.mem * strength
        shown = here.start + np.flatnonzero((cpu >= VISIBLE_CPU) | (mem >= VISIBLE_MEM))
        if len(shown):
            ends_us = (shown[[0, -1]] + 1) * round(interval_s * 1e6)
            seen[trouble.id] = (int(ends_us[0]), int(ends_us[1]))
    return seen


def _acting(
    load: Load, interval_s: float, first: int, count: int
) -> Iterator[tuple[Trouble, slice, Floats]]:
    """The troubles that act on `count` samples from `first` on: on which, and how strongly.

    A sample has the strength in the middle of its interval.
    """
    for trouble in load.near(first * interval_s, (first + count) * interval_s):
        if trouble.effect.cpu or trouble.effect.mem:
            begin = max(int(trouble.start_s // interval_s) - first, 0)
            end = min(int(trouble.end_s // interval_s) + 1 - first, count)
            middle_s = (np.arange(first + begin, first + end, dtype=np.float64) + 0.5) * interval_s
            yield trouble, slice(begin, end), trouble.strength(middle_s)


def _noise(load: Load, name: str, first: int, count: int) -> Floats:
    """Standard normal noise, the same at each index however many are asked for."""
    return load.series(name, lambda rng, size: rng.standard_normal(size), first=first, count=count)
