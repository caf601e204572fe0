"""What a bot says about itself: each record once, for the log, the dataset and the alerts.

The first field of every record is its time, in microseconds since 1970-01-01 UTC; the log
writes it as ISO 8601 text under the name `timestamp`.
"""

from typing import Literal, Protocol, TypeAlias

from msgspec import Struct

Status: TypeAlias = Literal["success", "error", "retry"]


class Attempt(Struct, frozen=True, gc=False):
    """One try at a batch, told when it ended.

    `duration` is the time worked [s], `queue_wait` the time from due to started [s], None when
    unknown; `error_type` is None on success.
    """

    time_us: int
    duration: float
    status: Status
    warehouse_id: int
    batch_id: int
    attempt: int
    batch_size: int
    queue_wait: float | None
    error_type: str | None


class Sample(Struct, frozen=True, gc=False):
    """One reading of the machine: CPU [%], memory [MB]; disk bytes are since the last sample."""

    time_us: int
    cpu_percent: float
    mem_usage_mb: float
    disk_read_bytes: int
    disk_write_bytes: int


class Alert(Struct, frozen=True, gc=False, omit_defaults=True):
    """A rule that began to fire, or that resolved.

    `alert_id` is the same for the same run and episode. `started_at` is when the episode began
    to fire, as ISO 8601 text in UTC. `value` is None when there was no data to judge.
    `warehouse_id` is told by a rule that tells warehouses apart. `held` says that no page is due,
    since the rule's group has had one.
    """

    time_us: int
    alert_id: str
    rule: str
    state: Literal["firing", "resolved"]
    value: float | None
    threshold: float
    severity: Literal["ticket", "page"]
    started_at: str
    action_hint: Literal["notify", "rollback"]
    warehouse_id: int | None = None
    held: bool = False


class RunStarted(Struct, frozen=True, gc=False):
    """The bot took up a workload."""

    time_us: int
    workload: str
    clock: Literal["virtual", "wall"]
    batches: int
    workers: int


class RunFinished(Struct, frozen=True):
    """The bot is through, with the six KPIs; `process_*` is what the real process used."""

    time_us: int
    kpis: dict[str, float | None]
    process_cpu_s: float
    process_mem_mb: float


class Degraded(Struct, frozen=True, gc=False):
    """Telemetry lost something: `lost` events since the start of the run, by `part`.

    `part` is who lost them: `log`, `alerts`, `metrics`, `record`, `rules`, `sampler`, `sentry` or
    another observer. `final` says that this is the total, told before `run_finished`.
    """

    time_us: int
    part: str
    lost: int
    final: bool


Event: TypeAlias = Attempt | Sample | Alert | RunStarted | RunFinished | Degraded


class Observer(Protocol):
    """Receives what the bot emits, in the order of time."""

    def emit(self, event: Event) -> None:
        """Take one event; the bot waits meanwhile."""
