"""An alert rule: what is watched, over which window, and beyond which limit."""

import re
from typing import Annotated, Final, Literal, TypeAlias

import msgspec
from msgspec import Meta, Struct

from simlab.clock import US_PER_S
from simlab.config import duration_s
from simlab.errors import ConfigError

Signal: TypeAlias = Literal[
    "duration", "queue_wait", "age", "batch_size", "value", "error_ratio", "retry_ratio",
    "throughput", "cpu_percent", "mem_usage_mb", "disk_read_bytes", "disk_write_bytes",
]  # fmt: skip
Aggregate: TypeAlias = Literal[
    "last", "mean", "min", "max", "range", "ratio", "count", "p50", "p95", "p99",
    "zscore", "robust_z", "seasonal_z", "record", "rate", "absent",
]  # fmt: skip
Direction: TypeAlias = Literal["above", "below", "outside"]
Side: TypeAlias = Literal["above", "below"]
Severity: TypeAlias = Literal["ticket", "page"]
By: TypeAlias = Literal["warehouse_id"]

RATIO_SIGNALS: Final = frozenset({"error_ratio", "retry_ratio"})
SAMPLE_SIGNALS: Final = frozenset(
    {"cpu_percent", "mem_usage_mb", "disk_read_bytes", "disk_write_bytes"}
)
QUANTILES: Final[dict[str, float]] = {"p50": 0.5, "p95": 0.95, "p99": 0.99}

_IN_UNIT: Final = frozenset({"last", "mean", "min", "max", "range", "ratio", *QUANTILES})

NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,99}")
COUNT: Final = re.compile(r"([1-9][0-9]{0,6}) (rows?|batch|batches)")

DAY_US: Final = 86_400_000_000
UNBOUNDED_US: Final = 1 << 62
"""Longer than any data, and still a moment when it is added to one."""


class Steps(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Values to try: `steps` of them from `low` to `high`, both included."""

    low: float
    high: float
    steps: Annotated[int, Meta(ge=2, le=100_000)]


class Search(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"for_": "for"}):
    """What tuning may try for a rule; None leaves the choice to the tuner.

    `threshold` is what the rule is held against: for a record, its margin.
    """

    threshold: Steps | None = None
    for_: Annotated[tuple[str, ...], Meta(min_length=1)] | None = None


class Rule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"for_": "for"}):
    """When to alert: what is watched, over which window, and beyond which limit.

    `window` is a number of observations of the signal, rows or finished batches or, for a signal
    of samples, samples (`100 rows`, `100 batches`), or a length of time (`10m`). `short_window`
    is of ratios alone: both windows must be beyond the threshold, as for a burn rate.
    `direction` `outside` is farther from 0 than the threshold, on either side. `threshold` is
    what the windowed value is held against, in its unit. `margin` stands in its place for a
    record: how far beyond the window's range, as a share of it. `min_count` is how many
    observations are needed before the window is judged: by default 1 in a window of time, and
    the whole of a counted one. `evaluate` says when the rule is judged: at each `row`, or at the
    multiples of a step such as `15s`, as Prometheus does. `stale_after` is how long a silence may
    be before it resolves the rule. `by` judges each warehouse by itself. `smooth` takes the mean
    of the signal over such a time first. `floor` is the least scale that a z is divided by.
    `group` names the alert that several rules raise together. `cooldown` is how long after its
    last firing a group, or a rule of none, raises no new page. `search` is what tuning may try.
    `simlab.alerts` defines what all of them do.

    Raises:
        ConfigError: a setting cannot be, or not beside the others.

    >>> Rule(name="slow", signal="duration", threshold=2.0, for_="1m30s").for_us
    90000000
    """

    name: str
    signal: Signal
    aggregate: Aggregate = "last"
    window: str = "1 row"
    short_window: str | None = None
    direction: Direction = "above"
    threshold: float | None = None
    margin: float | None = None
    for_: str = "0s"
    keep_firing_for: str = "0s"
    severity: Severity = "ticket"
    min_count: Annotated[int, Meta(ge=1)] | None = None
    evaluate: str = "row"
    stale_after: str = "5m"
    by: By | None = None
    smooth: str | None = None
    floor: float | None = None
    group: str | None = None
    cooldown: str = "0s"
    search: Search | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be judged."""
        from simlab.alerts.faults import faults  # noqa: PLC0415 -- it looks at rules itself

        for key, fault in faults(self):
            raise ConfigError(f"$.{key}: {fault}")

    @property
    def limit(self) -> float:
        """What the windowed value is held against, in its unit."""
        if self.aggregate == "record":
            margin = self.margin or 0.0
            return -margin if self.direction == "below" else margin
        return 0.5 if self.threshold is None else self.threshold

    @property
    def side(self) -> Side:
        """On which side of the limit the condition is true; what is `outside` is folded first."""
        return "below" if self.direction == "below" else "above"

    def at(self, *, limit: float, for_: str | None = None) -> "Rule":
        """The same rule with another limit and, unless None, another `for`."""
        held = {"margin": abs(limit)} if self.aggregate == "record" else {"threshold": limit}
        return msgspec.structs.replace(self, for_=self.for_ if for_ is None else for_, **held)

    @property
    def window_count(self) -> int | None:
        """How many observations the window holds when it is full; None for one of time."""
        counted = COUNT.fullmatch(self.window)
        return int(counted[1]) if counted else None

    @property
    def window_us(self) -> int | None:
        """How long the window is [µs]; None for one of observations."""
        return None if COUNT.fullmatch(self.window) else duration_us(self.window)

    @property
    def short_window_us(self) -> int | None:
        """How long the second, shorter window is [µs]; None when there is none."""
        return None if self.short_window is None else duration_us(self.short_window)

    @property
    def needed_count(self) -> int:
        """How many observations the window must hold to be judged."""
        return self.min_count or self.window_count or 1

    @property
    def for_us(self) -> int:
        """How long the condition must hold before the rule fires [µs]."""
        return duration_us(self.for_)

    @property
    def keep_us(self) -> int:
        """How long after its condition last held the rule goes on firing [µs].

        On a grid `keep_firing_for` counts from the first evaluation that is false, a step after
        the last true one, as in Prometheus.
        """
        kept_us = duration_us(self.keep_firing_for)
        return kept_us + (self.step_us or 0) if kept_us else 0

    @property
    def step_us(self) -> int | None:
        """The step of the grid on which the rule is judged [µs]; None when it is at each row."""
        return None if self.evaluate == "row" else duration_us(self.evaluate)

    @property
    def silence_us(self) -> int:
        """How long an observation may be in coming before the rule resolves [µs].

        On a grid evaluations never stay away, and to `absent` a silence says everything.
        """
        bounded = self.evaluate == "row" and self.aggregate != "absent"
        return duration_us(self.stale_after) if bounded else UNBOUNDED_US

    @property
    def stale_after_us(self) -> int:
        """How old an observation may be to stand for now [µs]."""
        return duration_us(self.stale_after)

    @property
    def lookback_us(self) -> int:
        """How old a value may be to stand for now when windows are taken [µs], 1 or more.

        The means of a smoothed signal on a grid are a series on that very grid.
        """
        if self.smooth is not None and self.step_us is not None:
            return 1
        return max(self.stale_after_us, 1)

    @property
    def smooth_us(self) -> int | None:
        """Over how long the signal is averaged first [µs]; None when it is taken as it comes."""
        return None if self.smooth is None else duration_us(self.smooth)

    @property
    def in_unit(self) -> bool:
        """Whether the rule is held against a value in its signal's own unit."""
        return self.aggregate in _IN_UNIT

    @property
    def alert(self) -> str:
        """The name of the alert that the rule raises: its group's, or its own."""
        return self.group or self.name

    @property
    def is_grouped(self) -> bool:
        """Whether an episode of the rule can be held back at all."""
        return self.group is not None or self.cooldown_us > 0

    @property
    def cooldown_us(self) -> int:
        """How long after the last firing no new page is raised [µs]."""
        return duration_us(self.cooldown)


def duration_us(text: str) -> int:
    """The length of time that `text` names, to the nearest microsecond [µs].

    Raises:
        ConfigError: it is not a duration.
    """
    return round(duration_s(text) * US_PER_S)
