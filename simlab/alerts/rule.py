"""Alert rules: a TOML file of them, checked key by key, and back to TOML."""

import json
import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeAlias

import msgspec
from msgspec import Meta, Struct

from simlab.clock import US_PER_S
from simlab.config import as_record, duration_s, read_toml, shipped
from simlab.dataset.target import building, settle
from simlab.errors import ConfigError

Signal: TypeAlias = Literal[
    "duration", "queue_wait", "age", "batch_size", "value", "error_ratio", "retry_ratio",
    "cpu_percent", "mem_usage_mb", "disk_read_bytes", "disk_write_bytes",
]  # fmt: skip
Aggregate: TypeAlias = Literal["last", "mean", "min", "max", "ratio"]
Direction: TypeAlias = Literal["above", "below"]
Severity: TypeAlias = Literal["ticket", "page"]
Evaluate: TypeAlias = Literal["row"]

RATIO_SIGNALS: Final = frozenset({"error_ratio", "retry_ratio"})
SAMPLE_SIGNALS: Final = frozenset(
    {"cpu_percent", "mem_usage_mb", "disk_read_bytes", "disk_write_bytes"}
)

NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,99}")
WINDOW: Final = re.compile(r"([1-9][0-9]{0,6}) (rows?|batch|batches)")


class Steps(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Values to try: `steps` of them from `low` to `high`, both included."""

    low: float
    high: float
    steps: Annotated[int, Meta(ge=2, le=100_000)]


class Search(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"for_": "for"}):
    """What tuning may try for a rule; None leaves the choice to the tuner."""

    threshold: Steps | None = None
    for_: Annotated[tuple[str, ...], Meta(min_length=1)] | None = None


class Rule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"for_": "for"}):
    """When to alert: what is watched, over which window, and beyond which threshold.

    `window` counts observations of the signal: rows (for a signal of samples, samples), or
    finished batches for `error_ratio`. `min_count` is how many are needed before the window is
    judged, the whole window when None. `simlab.alerts` defines what the durations do.

    Raises:
        ConfigError: a setting cannot be, or not beside the others.

    >>> Rule(name="slow", signal="duration", threshold=2.0, for_="1m30s").for_us
    90000000
    """

    name: str
    signal: Signal
    aggregate: Aggregate = "last"
    window: str = "1 row"
    direction: Direction = "above"
    threshold: float
    for_: str = "0s"
    keep_firing_for: str = "0s"
    severity: Severity = "ticket"
    min_count: Annotated[int, Meta(ge=1)] | None = None
    evaluate: Evaluate = "row"
    stale_after: str = "5m"
    search: Search | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be judged."""
        for key, fault in _faults(self):
            raise ConfigError(f"$.{key}: {fault}")

    @property
    def window_count(self) -> int:
        """How many observations the window holds when it is full."""
        return int(self.window.partition(" ")[0])

    @property
    def needed_count(self) -> int:
        """How many observations the window must hold to be judged."""
        return self.window_count if self.min_count is None else self.min_count

    @property
    def for_us(self) -> int:
        """How long the condition must hold before the rule fires [µs]."""
        return duration_us(self.for_)

    @property
    def keep_firing_for_us(self) -> int:
        """How long the rule goes on firing after its condition last held [µs]."""
        return duration_us(self.keep_firing_for)

    @property
    def stale_after_us(self) -> int:
        """How long a silence may be before it resolves the rule [µs]."""
        return duration_us(self.stale_after)


class _RulesFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    schema: Literal[1]
    rule: tuple[dict[str, Any], ...] = ()


def duration_us(text: str) -> int:
    """The length of time that `text` names, to the nearest microsecond [µs].

    Raises:
        ConfigError: it is not a duration.
    """
    return round(duration_s(text) * US_PER_S)


def load_rules(path: Path) -> tuple[Rule, ...]:
    """The rules of a TOML file, in its order.

    Raises:
        ConfigError: the file cannot be read, holds no rule or two of one name, or a rule cannot
            be used as it stands; the message names the file and the key.
    """
    tables = as_record(read_toml(path), _RulesFile, where=str(path)).rule
    if not tables:
        raise ConfigError(f"{path}: $.rule: found none, expected one [[rule]] table or more")
    rules = tuple(_rule(table, f"{path}: $.rule[{i}]") for i, table in enumerate(tables))
    _refuse_repeated_names(rules, path)
    return rules


def strategy_rules() -> tuple[Rule, ...]:
    """The monitoring strategy's three rules, to the letter: the default everywhere."""
    return load_rules(shipped("rules", "strategy"))


def rules_toml(rules: Sequence[Rule]) -> str:
    """The text of a rules file: for each rule what it must say and what differs from defaults."""
    return "\n".join(["schema = 1\n", *map(_rule_toml, rules)])


def write_rules(rules: Sequence[Rule], path: Path, *, force: bool = False) -> None:
    """Write a rules file, whole or not at all.

    Raises:
        OutputError: something is there and `force` is not set, or it cannot be written.
    """
    with building(path, force=force) as folder:
        made = folder / path.name
        made.write_text(rules_toml(rules), encoding="utf-8")
        settle(made, path)


def _rule(table: dict[str, Any], where: str) -> Rule:
    try:
        return as_record(table, Rule, where=where)
    except ConfigError as error:
        path_and_fault = str(error).removeprefix(f"{where}: ").removeprefix("$")
        raise ConfigError(f"{where}{path_and_fault}") from None


def _refuse_repeated_names(rules: Sequence[Rule], path: Path) -> None:
    first: dict[str, int] = {}
    for index, rule in enumerate(rules):
        earlier = first.setdefault(rule.name, index)
        if earlier != index:
            raise ConfigError(
                f"{path}: $.rule[{index}].name: found {rule.name!r}, which is the name of "
                f"$.rule[{earlier}] already; expected a name of its own"
            )


def _faults(rule: Rule) -> Iterator[tuple[str, str]]:
    """Each setting that cannot be: its key, and what was found and expected."""
    if not NAME.fullmatch(rule.name):
        yield "name", f"found {rule.name!r}, expected a letter, then letters, digits, _ . or -"
    if not math.isfinite(rule.threshold):
        yield "threshold", f"found {rule.threshold}, expected a finite number"
    yield from _window_faults(rule)
    is_ratio = rule.signal in RATIO_SIGNALS
    if is_ratio != (rule.aggregate == "ratio"):
        expected = "'ratio'" if is_ratio else "last, mean, min or max"
        yield "aggregate", f"found {rule.aggregate!r}, expected {expected} for {rule.signal}"
    if is_ratio and not 0 <= rule.threshold <= 1:
        yield "threshold", f"found {rule.threshold:g}, expected a share from 0 to 1: 5 % is 0.05"
    yield from _duration_faults(rule)
    yield from _search_faults(rule.search or Search())


def _window_faults(rule: Rule) -> Iterator[tuple[str, str]]:
    unit = "batches" if rule.signal == "error_ratio" else "rows"
    window = WINDOW.fullmatch(rule.window)
    if not window or window[2][:3] != unit[:3]:
        yield "window", f"found {rule.window!r}, expected such as '100 {unit}' for {rule.signal}"
    elif rule.needed_count > rule.window_count:
        yield "min_count", f"found {rule.min_count}, expected at most the window's {window[1]}"


def _duration_faults(rule: Rule) -> Iterator[tuple[str, str]]:
    tried = rule.search.for_ or () if rule.search else ()
    texts = [
        ("for", rule.for_),
        ("keep_firing_for", rule.keep_firing_for),
        ("stale_after", rule.stale_after),
        *((f"search.for[{index}]", text) for index, text in enumerate(tried)),
    ]
    for key, text in texts:
        try:
            duration_s(text)
        except ConfigError as error:
            yield key, str(error)


def _search_faults(search: Search) -> Iterator[tuple[str, str]]:
    tried = search.threshold
    if tried and not -math.inf < tried.low < tried.high < math.inf:
        found = f"low {tried.low}, high {tried.high}"
        yield "search.threshold", f"found {found}, expected finite low < high"


def _rule_toml(rule: Rule) -> str:
    told = _told(rule)
    search = told.pop("search", None)
    lines = ["[[rule]]", *(f"{key} = {_toml(value)}" for key, value in told.items())]
    if search:
        lines += ["[rule.search]", *(f"{key} = {_toml(value)}" for key, value in search.items())]
    return "\n".join(lines) + "\n"


def _told(record: Struct) -> dict[str, Any]:
    """What a record says by its keys in TOML, without what is as the defaults have it."""
    pairs = ((field, getattr(record, field.name)) for field in msgspec.structs.fields(record))
    return {
        field.encode_name: _told(value) if isinstance(value, Struct) else value
        for field, value in pairs
        if value != field.default
    }


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + " }"
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value)
