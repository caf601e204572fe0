"""The declared shape of a load: a TOML file checked key by key."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct

from simlab.config import Duration, as_record, duration_s, read_toml, shipped
from simlab.errors import ConfigError

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
    taken as they stand, so factors that average 2 double the load.
    """

    process: Literal["poisson", "fixed"] = "poisson"
    per_minute: Positive | None = None
    hourly: Annotated[tuple[NonNegative, ...], Meta(min_length=24, max_length=24)] | None = None
    weekday: Annotated[tuple[NonNegative, ...], Meta(min_length=7, max_length=7)] | None = None


class Service(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long an attempt works, in seconds.

    `lognormal` takes `median` and `sigma`; `gamma` and `weibull` take `shape` and `scale`;
    `pareto` takes `shape` and the least value `scale`; `uniform` takes `low` and `high`;
    `exponential` takes `scale`, its mean. `per_item` is added for each item of the batch;
    `warehouse_spread` is the sigma of a lognormal factor drawn once a warehouse. No attempt
    works longer than `limit`: the bot gives up then.
    """

    dist: Literal["lognormal", "gamma", "weibull", "pareto", "exponential", "uniform"]
    median: Positive | None = None
    sigma: Sigma | None = None
    shape: Positive | None = None
    scale: Positive | None = None
    low: NonNegative | None = None
    high: Positive | None = None
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
    """

    retry: Share = 0.0
    error: Share = 0.0
    max_attempts: Annotated[int, Meta(ge=1, le=10)] = 3
    backoff: Duration = "2s"
    error_types: dict[ErrorType, NonNegative] = msgspec.field(
        default_factory=lambda: {"timeout": 5.0, "locked": 3.0, "validation": 2.0}
    )


class Resources(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The machine: CPU [%] idle and for each busy worker, memory [MB], disk bytes an item."""

    interval: Duration = "15s"
    cpu_idle: Annotated[float, Meta(ge=0, le=100)] = 8.0
    cpu_per_busy_worker: NonNegative = 18.0
    mem_mb: Positive = 220.0
    read_bytes_per_item: NonNegative = 4096.0
    write_bytes_per_item: NonNegative = 2048.0


class Between(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A number drawn evenly from `low` to `high`."""

    low: Share = 0.2
    high: Share = 1.0


class Length(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A lognormal length of time, cut at a year."""

    median: Duration = "20m"
    sigma: Sigma = 0.5


class Injection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something to inject: so many a day at random, or once at a given moment.

    `warehouses` is the share of them it touches, a list of ids, or "all". It takes `ramp` to
    build up, and as long to die down.
    """

    kind: str
    per_day: NonNegative | None = None
    at: datetime | None = None
    duration: Length = Length()
    severity: Between = Between()
    warehouses: Share | Annotated[tuple[Count, ...], Meta(min_length=1)] | Literal["all"] = "all"
    ramp: Duration = "2m"


class Incident(Injection, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Trouble that an alert ought to find."""

    kind: Literal["latency_spike", "error_burst", "cpu_saturation"]


class Lookalike(Injection, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something benign that looks like trouble."""

    kind: Literal["load_peak"]


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
    workers: Annotated[int, Meta(ge=1, le=10_000)] = 4
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


def load_profile(name: str) -> Profile:
    """The profile in the file of that name, or the one of that name that comes with simlab.

    Raises:
        ConfigError: there is none, or it cannot be used; the message names file and path.
    """
    is_file = name.endswith(".toml") or "/" in name
    path = Path(name) if is_file else shipped("profiles", name)
    return parse_profile(read_toml(path), where=str(path))


def parse_profile(table: dict[str, Any], *, where: str) -> Profile:
    """The profile that a table describes, checked as a whole.

    Raises:
        ConfigError: a key is unknown, of the wrong type, or at odds with another.
    """
    profile = as_record(table, Profile, where=where)
    for path, problem in _problems(profile):
        raise ConfigError(f"{where}: {path}: {problem}")
    return _in_utc(profile)


def with_rows(profile: Profile, rows: int) -> Profile:
    """The same load, `rows` rows long.

    A profile that spreads its rows over a duration keeps the duration; any other keeps its
    rate and goes on until there are so many.

    Raises:
        ConfigError: `rows` is below 1, or so many would take the load more than a century.
    """
    if not 1 <= rows <= MOST_ROWS:
        raise ConfigError(f"rows: found {rows}, expected 1 to {MOST_ROWS:,}")
    keep = profile.duration if profile.spreads else None
    longer = msgspec.structs.replace(profile, rows=rows, duration=keep)
    for _, problem in _span_problems(longer):
        raise ConfigError(f"rows: {problem}")
    return longer


def starting(profile: Profile, start_us: int) -> Profile:
    """The same load, beginning at another moment [us since 1970]; fixed incidents stay put.

    Raises:
        ConfigError: a fixed incident lies outside the load then, or the moment is before 1970
            or after 2999.
    """
    if not 0 <= start_us < _YEAR_3000_US:
        raise ConfigError("start: expected a moment from 1970 to 2999")
    start = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=start_us)
    moved = msgspec.structs.replace(profile, start=start)
    for path, problem in chain(
        _incident_problems(moved, "incident", moved.incident),
        _incident_problems(moved, "lookalike", moved.lookalike),
    ):
        raise ConfigError(f"start {start.isoformat()}: {path}: {problem}")
    return moved


_DIST_KEYS = {
    "lognormal": ("median", "sigma"),
    "gamma": ("shape", "scale"),
    "weibull": ("shape", "scale"),
    "pareto": ("shape", "scale"),
    "exponential": ("scale",),
    "uniform": ("low", "high"),
}
LONGEST_INCIDENT_S: Final = 365 * 86_400.0
_PARAMETERS = ("median", "sigma", "shape", "scale", "low", "high")
_CENTURY_S: Final = 100 * 365.25 * 86_400
_YEAR_3000_US: Final = 32_503_680_000_000_000


def _problems(profile: Profile) -> Iterator[tuple[str, str]]:
    """Each path and what is wrong there; a check may rely on those before it."""
    yield from _length_problems(profile)
    yield from _span_problems(profile)
    yield from _service_problems(profile.service)
    yield from _outcome_problems(profile.outcome)
    yield from _resource_problems(profile.resources)
    yield from _incident_problems(profile, "incident", profile.incident)
    yield from _incident_problems(profile, "lookalike", profile.lookalike)
    yield from _shape_problems(profile)


def _length_problems(profile: Profile) -> list[tuple[str, str]]:
    given = [profile.duration, profile.rows, profile.arrivals.per_minute]
    if all(value is not None for value in given):
        return [("$.rows", "rows, duration and arrivals.per_minute are all set; leave one out")]
    if profile.arrivals.per_minute is None and not profile.spreads:
        return [("$.arrivals.per_minute", "missing: how many batches fall due a minute")]
    if profile.rows is None and profile.duration is None:
        return [("$.duration", "missing: set it like '1d', or set rows")]
    if profile.duration is not None and duration_s(profile.duration) <= 0:
        return [("$.duration", f"{profile.duration!r} is no time at all; write it like '1d'")]
    factors = (profile.arrivals.hourly or (1.0,), profile.arrivals.weekday or (1.0,))
    if not all(any(group) for group in factors):
        return [("$.arrivals", "its factors are all 0: nothing would ever fall due")]
    return []


def _span_problems(profile: Profile) -> list[tuple[str, str]]:
    if not 1970 <= profile.start.year < 3000:
        moment = profile.start.isoformat()
        return [("$.start", f"found {moment}, expected a moment from 1970 to 2999")]
    if profile.limit_s is not None:
        too_long = profile.limit_s > _CENTURY_S
        return [("$.duration", f"{profile.duration} is over a century")] * too_long
    arrivals, rows = profile.arrivals, profile.rows or 0
    factor = _mean(arrivals.hourly) * _mean(arrivals.weekday)
    if rows / (profile.per_minute / 60 * factor) > _CENTURY_S:
        return [("$.rows", f"{rows} rows at that rate would take over a century")]
    return []


def _mean(factors: tuple[float, ...] | None) -> float:
    return sum(factors) / len(factors) if factors else 1.0


def _service_problems(service: Service) -> list[tuple[str, str]]:
    wanted = _DIST_KEYS[service.dist]
    for key in _PARAMETERS:
        value = getattr(service, key)
        if key in wanted and value is None:
            return [(f"$.service.{key}", f"missing; dist {service.dist!r} needs it")]
        if key not in wanted and value is not None:
            names = ", ".join(wanted)
            return [(f"$.service.{key}", f"dist {service.dist!r} takes {names}, not {key}")]
    if service.dist == "uniform" and not (service.low or 0.0) < (service.high or 0.0):
        return [("$.service.high", f"{service.high} is not above low, {service.low}")]
    if not 0 < duration_s(service.limit) <= 3600:
        return [("$.service.limit", f"{service.limit!r} is not between 0 and 1h")]
    return []


def _outcome_problems(outcome: Outcome) -> list[tuple[str, str]]:
    if outcome.retry + outcome.error > 1:
        total = outcome.retry + outcome.error
        return [("$.outcome", f"retry + error is {total:g}; probabilities end at 1")]
    if not sum(outcome.error_types.values()) > 0:
        return [("$.outcome.error_types", "no error type has a weight above 0")]
    longest_s = duration_s(outcome.backoff) * 2 ** max(0, outcome.max_attempts - 2)
    if longest_s > 3600:
        return [("$.outcome.backoff", f"the last pause would be {longest_s:g} s; keep it to 1h")]
    return []


def _resource_problems(resources: Resources) -> list[tuple[str, str]]:
    if not 1 <= duration_s(resources.interval) <= 86_400:
        return [("$.resources.interval", f"{resources.interval!r} is not from 1s to 1d")]
    return []


def _incident_problems(
    profile: Profile, key: str, entries: Sequence[Injection]
) -> list[tuple[str, str]]:
    for index, entry in enumerate(entries):
        path = f"$.{key}[{index}]"
        if (entry.per_day is None) == (entry.at is None):
            return [(path, "set one of per_day and at")]
        if entry.severity.low > entry.severity.high:
            return [(f"{path}.severity", "low is above high")]
        if not 0 < duration_s(entry.duration.median) <= LONGEST_INCIDENT_S:
            median = entry.duration.median
            return [(f"{path}.duration.median", f"{median!r} is not between 0 and 365d")]
        outside = [w for w in _listed(entry) if w > profile.warehouses]
        if outside:
            most = profile.warehouses
            return [(f"{path}.warehouses", f"{outside[0]} is not one of the {most} warehouses")]
        if entry.at is not None and not _within(profile, entry.at):
            return [(f"{path}.at", f"{entry.at.isoformat()} is outside the profile's time")]
    return []


def _listed(entry: Injection) -> tuple[int, ...]:
    return entry.warehouses if isinstance(entry.warehouses, tuple) else ()


def _within(profile: Profile, moment: datetime) -> bool:
    after_s = (_aware(moment) - _aware(profile.start)).total_seconds()
    return 0 <= after_s < (profile.limit_s or _CENTURY_S)


def _shape_problems(profile: Profile) -> list[tuple[str, str]]:
    if profile.shape == "batches":
        return []
    if profile.incident or profile.lookalike:
        return [("$.shape", "'rows' draws independent rows, so it takes no incidents")]
    if profile.outcome.retry and profile.outcome.max_attempts != 1:
        return [("$.outcome.max_attempts", "set it to 1: with shape 'rows' no attempt follows")]
    return []


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _in_utc(profile: Profile) -> Profile:
    """Its moments in UTC; those without a zone are UTC already."""
    changes: dict[str, Any] = {"start": _aware(profile.start).astimezone(UTC)}
    for key in ("incident", "lookalike"):
        changes[key] = tuple(
            entry
            if entry.at is None
            else msgspec.structs.replace(entry, at=_aware(entry.at).astimezone(UTC))
            for entry in getattr(profile, key)
        )
    return msgspec.structs.replace(profile, **changes)
