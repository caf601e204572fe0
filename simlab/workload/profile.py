"""The declared shape of a load: what a profile can say, key by key."""

import hashlib
from datetime import datetime
from typing import Annotated, Final, Literal, TypeAlias

import msgspec
from msgspec import Meta, Struct

from simlab.config import Duration, duration_s

Positive = Annotated[float, Meta(gt=0, le=1e9)]
NonNegative = Annotated[float, Meta(ge=0, le=1e9)]
Sigma = Annotated[float, Meta(ge=0, le=10)]
Share = Annotated[float, Meta(ge=0, le=1)]
MOST_ROWS: Final = 10_000_000_000
Count = Annotated[int, Meta(ge=1, le=MOST_ROWS)]
Name = Annotated[
    str,
    Meta(
        pattern=r"^\w[\w .+-]{0,99}\Z",
        description="a letter or digit, then up to 99 letters, digits, spaces, _ . + or -",
    ),
]

ErrorType = Literal["timeout", "locked", "validation", "auth", "upstream", "disk_full", "crash"]


class Arrivals(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When batches fall due.

    `per_minute` is the mean rate over a day whose `hourly` factors average 1; the factors are
    taken as they stand, so factors that average 2 double the load. `bursty` arrivals are Poisson
    at a rate that changes each minute: it is multiplied by a gamma variable of mean 1 and
    variance `burstiness` (1 where it is not said).
    """

    process: Literal["poisson", "fixed", "bursty"] = "poisson"
    per_minute: Positive | None = None
    burstiness: Annotated[float, Meta(gt=0, le=100)] | None = None
    hourly: Annotated[tuple[NonNegative, ...], Meta(min_length=24, max_length=24)] | None = None
    weekday: Annotated[tuple[NonNegative, ...], Meta(min_length=7, max_length=7)] | None = None


class Service(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long an attempt works, in seconds.

    `lognormal` takes `median` and `sigma`; `gamma` and `weibull` take `shape` and `scale`;
    `pareto` takes `shape` and the least value `scale`; `uniform` takes `low` and `high`;
    `exponential` takes `scale`, its mean; `empirical` takes `quantiles`, evenly spaced in
    probability from the least duration to the greatest, and is linear between them. `per_item`
    is added for each item of the batch; `warehouse_spread` is the sigma of a lognormal factor
    drawn once a warehouse. No attempt works longer than `limit`: the bot gives up then, and the
    attempt has failed with a `timeout`.
    """

    dist: Literal["lognormal", "gamma", "weibull", "pareto", "exponential", "uniform", "empirical"]
    median: Positive | None = None
    sigma: Sigma | None = None
    shape: Positive | None = None
    scale: Positive | None = None
    low: NonNegative | None = None
    high: Positive | None = None
    quantiles: Annotated[tuple[NonNegative, ...], Meta(min_length=2, max_length=10_001)] | None = (
        None
    )
    per_item: NonNegative = 0.0
    warehouse_spread: Sigma = 0.0
    limit: Duration = "5m"


class Size(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many items a batch holds: 1 + a negative binomial of mean `mean - 1`, or `mean`.

    A `fixed` mean is rounded to whole items.
    """

    dist: Literal["negative_binomial", "fixed"] = "negative_binomial"
    mean: Annotated[float, Meta(ge=1, le=10_000)] = 40.0
    dispersion: Annotated[float, Meta(ge=0.1, le=1e9)] = 3.0


class Batch(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a batch is made of."""

    size: Size = Size()


class Outcome(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How an attempt ends.

    `retry` and `error` are probabilities; an attempt that would be retried but was the last of
    `max_attempts` fails instead. The pause before attempt k + 1 is `backoff` times 2^(k - 1).
    An attempt that reaches `service.limit` is retried too.
    """

    retry: Share = 0.0
    error: Share = 0.0
    max_attempts: Annotated[int, Meta(ge=1, le=10)] = 3
    backoff: Duration = "2s"
    error_types: dict[ErrorType, NonNegative] = msgspec.field(
        default_factory=lambda: {"timeout": 5.0, "locked": 3.0, "validation": 2.0}
    )


class Resources(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The machine: CPU [%] idle and for each busy worker, memory [MB], disk bytes an item.

    Batches that wait in the bot's queue cost CPU and memory too.
    """

    interval: Duration = "15s"
    cpu_idle: Annotated[float, Meta(ge=0, le=100)] = 8.0
    cpu_per_busy_worker: NonNegative = 18.0
    cpu_per_waiting_batch: NonNegative = 0.05
    mem_mb: Positive = 220.0
    mem_mb_per_waiting_batch: NonNegative = 0.02
    read_bytes_per_item: NonNegative = 4096.0
    write_bytes_per_item: NonNegative = 2048.0


class Between(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A number drawn evenly from `low` to `high`."""

    low: Share = 0.2
    high: Share = 1.0


class Length(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A lognormal length of time, cut at a year; the kind has a usual `median`."""

    median: Duration | None = None
    sigma: Sigma = 0.5


Warehouses: TypeAlias = Share | Annotated[tuple[Count, ...], Meta(min_length=1)] | Literal["all"]


class Injection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something to inject: so many a day at random, or once at a given moment.

    `warehouses` is the share of them it touches, a list of ids, or "all". It takes `ramp` to
    build up, and as long to die down. What is left out is as usual for its kind.
    """

    kind: str
    per_day: Annotated[float, Meta(ge=0, le=10_000)] | None = None
    at: datetime | None = None
    duration: Length = Length()
    severity: Between = Between()
    warehouses: Warehouses | None = None
    ramp: Duration | None = None


class Incident(Injection, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Trouble that an alert ought to find."""

    kind: Literal[
        "latency_spike", "error_burst", "retry_storm", "stuck_batch", "cpu_saturation",
        "memory_leak", "disk_stall", "warehouse_outage", "bad_deploy", "slow_drift", "bot_down",
    ]  # fmt: skip


class Lookalike(Injection, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something benign that looks like trouble."""

    kind: Literal["load_peak", "slow_warehouse", "backup_cpu", "error_blip"]


class Profile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One declared load.

    `duration` says how long batches keep falling due; `rows` says instead how many rows there
    are to be, at the same rate. `shape = "rows"` draws independent rows of four columns, as
    the monitoring strategy's own generator does; then there are no batches, samples or
    incidents, and `rows` with `duration` and no `arrivals.per_minute` spreads the rows over the
    duration.
    """

    schema: Literal[1]
    name: Name
    start: datetime
    service: Service
    description: str = ""
    shape: Literal["batches", "rows"] = "batches"
    duration: Duration | None = None
    rows: Count | None = None
    warehouses: Annotated[int, Meta(ge=1, le=1_000_000)] = 50
    workers: Annotated[int, Meta(ge=1, le=1_000_000)] = 4
    arrivals: Arrivals = Arrivals()
    batch: Batch = Batch()
    outcome: Outcome = Outcome()
    resources: Resources = Resources()
    incident: tuple[Incident, ...] = ()
    lookalike: tuple[Lookalike, ...] = ()

    @property
    def start_us(self) -> int:
        """When the load begins, in microseconds since 1970-01-01 UTC."""
        return round(self.start.timestamp() * 1_000_000)

    @property
    def per_minute(self) -> float:
        """The rate before hourly and weekday factors: as declared, or rows over duration."""
        if self.arrivals.per_minute is not None:
            return self.arrivals.per_minute
        assert self.rows is not None
        assert self.duration is not None
        return self.rows / (duration_s(self.duration) / 60)

    @property
    def limit_s(self) -> float | None:
        """How long batches keep falling due [s]; None when the rows alone decide."""
        return None if self.duration is None else duration_s(self.duration)

    @property
    def spreads(self) -> bool:
        """Whether a given number of independent rows is spread over a given time."""
        return self.shape == "rows" and None not in (self.rows, self.duration)

    @property
    def sha256(self) -> str:
        """The hash of everything the profile says."""
        return hashlib.sha256(msgspec.json.encode(self, order="deterministic")).hexdigest()
