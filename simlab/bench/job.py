"""What one process is to measure, and what it found: what goes in and out of it as JSON."""

from msgspec import Struct


class Job(Struct, frozen=True, kw_only=True):
    """One stack, once.

    Attributes:
        stack: its name.
        folder: of its own; empty.
        events: the fewest in the tight loop; a quick stack gets up to ten times as many.
        paced_events: how many come at a fixed rate.
        rate_per_s: that rate [events a second].
        fails_every: one in so many events fails.
        options: more arguments of the stack's constructor.
    """

    stack: str
    folder: str
    events: int
    paced_events: int
    rate_per_s: float
    fails_every: int
    options: dict[str, str | None] = {}


class Measured(Struct, frozen=True, kw_only=True):
    """What one process found. Times are per event; `control_*` are of a stack that does nothing.

    Means are the median of five parts' means, so that a stall of the machine does not count.

    `called_*` is how long the caller waited in the tight loop, less the median of the control,
    which is what the loop and the clock take themselves. `drained_ns` is until the last event was
    in the file and the metrics, `cpu_ns` the CPU time of all threads until then, likewise less
    the control's. `paced_*` is how long the caller waited when events came one by one, likewise,
    and `late_*` from when an event was due until it was told, as it is.

    Attributes:
        events: in the tight loop.
        called_mean_ns: mean.
        called_median_ns: median.
        called_p99_ns: 99th percentile.
        drained_ns: mean.
        cpu_ns: mean.
        control_mean_ns: mean, of the tight loop.
        control_median_ns: median, likewise.
        control_p99_ns: 99th percentile, likewise.
        paced_mean_ns: mean.
        paced_median_ns: median.
        paced_p99_ns: 99th percentile.
        paced_cpu_ns: the CPU time of all threads, mean.
        late_median_ns: median.
        late_p99_ns: 99th percentile.
        control_late_median_ns: median, of the control.
        control_late_p99_ns: 99th percentile, of the control.
        bytes_per_event: of the stack's lines.
        memory_mb: the most that the process held, beyond what it held before the stack was made.
        dropped: lines that the stack knows it lost.
    """

    events: int
    called_mean_ns: float
    called_median_ns: float
    called_p99_ns: float
    drained_ns: float
    cpu_ns: float
    control_mean_ns: float
    control_median_ns: float
    control_p99_ns: float
    paced_mean_ns: float
    paced_median_ns: float
    paced_p99_ns: float
    paced_cpu_ns: float
    late_median_ns: float
    late_p99_ns: float
    control_late_median_ns: float
    control_late_p99_ns: float
    bytes_per_event: float
    memory_mb: float
    dropped: int
