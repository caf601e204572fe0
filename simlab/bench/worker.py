"""One stack measured in a process of its own: `python -m simlab.bench.worker JOB`, both as JSON."""

import gc
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
import psutil

from simlab.bench.apart import answer
from simlab.bench.catalogue import stack_of
from simlab.bench.job import Job, Measured
from simlab.bench.load import events
from simlab.bench.loop import Told, paced, quantile, tight
from simlab.bench.stacks.off import Off
from simlab.clock import timer_ns
from simlab.telemetry.resources import memory_mb

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simlab.bench.stack import Stack
    from simlab.events import Attempt

MOST_TIMES: Final = 10
LEAST_NS: Final = 250_000_000
"""So long a tight loop lasts at least, unless it has had `MOST_TIMES` the events by then."""
WARM_UP: Final = 5_000
"""Enough that attempts have been added up, and the pages that lines go to are there."""
_WARM_NS: Final = 150_000_000
_FEW: Final = 100
_PACED_CONTROL: Final = 100


def measured(job: Job) -> Measured:
    """Measure one stack.

    Raises:
        ConfigError: there is no such stack, or a library that it needs is not installed.
    """
    folder = Path(job.folder)
    made: Any = stack_of(job.stack)
    off = Off(folder)
    most = events(WARM_UP + job.events * MOST_TIMES + job.paced_events, fails_every=job.fails_every)
    control = _told(off, job, most[: job.events])
    gc.collect()
    before_mb = memory_mb()
    stack: Stack = made(folder, **job.options)
    warm, each_ns = _warmed_up(stack, most)
    done = warm + _count(job, each_ns)
    fast = tight(stack.emit, stack.drain, most[warm:done])
    last = most[done : done + job.paced_events]
    slow = paced(stack.emit, stack.drain, last, rate_per_s=job.rate_per_s)
    memory = _peak_mb() - before_mb
    dropped = stack.dropped
    stack.close()
    per_event = _bytes(folder) / (done + len(last))
    return _found((fast, slow), control, per_event=per_event, memory=memory, dropped=dropped)


def _told(off: Off, job: Job, some: "Sequence[Attempt]") -> tuple[Told, Told]:
    """The same loops with a stack that does nothing."""
    _warmed_up(off, some)
    fast = tight(off.emit, off.drain, some)
    few = some[: min(_PACED_CONTROL, job.paced_events)]
    return fast, paced(off.emit, off.drain, few, rate_per_s=job.rate_per_s)


def _warmed_up(stack: "Stack", some: "Sequence[Attempt]") -> tuple[int, float]:
    """How many events it was told of first, and what the last of them took [ns each]."""
    begun_ns, count, each_ns = timer_ns(), 0, 0.0
    while count < min(WARM_UP, len(some)) and timer_ns() - begun_ns < _WARM_NS:
        few = some[count : count + _FEW]
        each_ns = tight(stack.emit, _not_yet, few).mean_ns
        count += len(few)
    stack.drain()
    return count, each_ns


def _not_yet() -> None:
    """Drained is what all of them are, at the end."""


def _count(job: Job, each_ns: float) -> int:
    return min(max(job.events, round(LEAST_NS / each_ns)), MOST_TIMES * job.events)


def _found(
    told: tuple[Told, Told],
    control: tuple[Told, Told],
    *,
    per_event: float,
    memory: float,
    dropped: int,
) -> Measured:
    (fast, slow), (base, base_slow) = told, control
    count = len(fast.each_ns)
    loop_ns, slow_loop_ns = quantile(base.each_ns, 0.5), quantile(base_slow.each_ns, 0.5)
    return Measured(
        events=count,
        called_mean_ns=fast.mean_ns - loop_ns,
        called_median_ns=quantile(fast.each_ns, 0.5) - loop_ns,
        called_p99_ns=quantile(fast.each_ns, 0.99) - loop_ns,
        drained_ns=fast.mean_ns - loop_ns + fast.drained_ns / count,
        cpu_ns=fast.cpu_ns / count - loop_ns,
        control_mean_ns=base.mean_ns,
        control_median_ns=loop_ns,
        control_p99_ns=quantile(base.each_ns, 0.99),
        paced_mean_ns=slow.mean_ns - slow_loop_ns,
        paced_median_ns=quantile(slow.each_ns, 0.5) - slow_loop_ns,
        paced_p99_ns=quantile(slow.each_ns, 0.99) - slow_loop_ns,
        paced_cpu_ns=slow.cpu_ns / len(slow.each_ns) - base_slow.cpu_ns / len(base_slow.each_ns),
        late_median_ns=quantile(slow.late_ns, 0.5),
        late_p99_ns=quantile(slow.late_ns, 0.99),
        control_late_median_ns=quantile(base_slow.late_ns, 0.5),
        control_late_p99_ns=quantile(base_slow.late_ns, 0.99),
        bytes_per_event=per_event,
        memory_mb=max(0.0, memory),
        dropped=dropped,
    )


def _bytes(folder: Path) -> int:
    lines = {*folder.rglob("*.log*"), *folder.rglob("*.jsonl")}
    return sum(path.stat().st_size for path in lines if path.is_file())


def _peak_mb() -> float:
    """The most memory that this process ever held [MB], where the platform tells; else what it holds.

    `getrusage` would count what the process that started this one held.
    """
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return memory_mb(psutil.Process())
    return int(status.split("VmHWM:")[1].split()[0]) * 1024 / 1e6


def main() -> None:
    """Measure what the job says, and say what was found."""
    job = msgspec.json.decode(sys.argv[1], type=Job)
    answer(lambda: measured(job))


if __name__ == "__main__":
    main()
