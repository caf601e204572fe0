"""Rules in words: what each one waits for, with units."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from simlab.config import duration_s
from simlab.report.inert import visible
from simlab.report.numbers import human_s, megabytes, number, percent

if TYPE_CHECKING:
    from simlab.alerts.rule import Rule

_SIGNS: Final = {"above": ">", "below": "<"}
_UNITS: Final[dict[str, Callable[[float], str]]] = {
    "duration": human_s,
    "queue_wait": human_s,
    "age": human_s,
    "error_ratio": percent,
    "retry_ratio": percent,
    "cpu_percent": lambda value: f"{number(value)} %",
    "mem_usage_mb": lambda value: f"{number(value)} MB",
    "disk_read_bytes": megabytes,
    "disk_write_bytes": megabytes,
}

_AXIS_UNITS: Final = {
    "duration": "s",
    "queue_wait": "s",
    "age": "s",
    "error_ratio": "%",
    "retry_ratio": "%",
    "cpu_percent": "%",
    "mem_usage_mb": "MB",
    "disk_read_bytes": "bytes",
    "disk_write_bytes": "bytes",
}


def with_unit(signal: str, value: float) -> str:
    """A value of that signal with its unit.

    >>> with_unit("error_ratio", 0.05), with_unit("duration", 2.0), with_unit("value", 3.5)
    ('5 %', '2 s', '3.5')
    """
    return _UNITS.get(signal, number)(value)


def axis_label(signal: str) -> str:
    """The signal's name with the unit that its axis is in.

    >>> axis_label("duration"), axis_label("value")
    ('duration [s]', 'value')
    """
    unit = _AXIS_UNITS.get(signal)
    return f"{visible(signal)} [{unit}]" if unit else visible(signal)


def condition(rule: "Rule") -> str:
    """What makes the rule fire, in one line: `duration > 2 s`, `cpu_percent > 85 % for 5m`."""
    limit = with_unit(rule.signal, rule.limit)
    return f"{_subject(rule)} {_SIGNS[rule.direction]} {limit}{_wait(rule)}"


def _subject(rule: "Rule") -> str:
    signal = visible(rule.signal)
    if rule.aggregate == "last":
        return signal
    kind = "" if rule.aggregate == "ratio" else f"{rule.aggregate} "
    return f"{kind}{signal} over {rule.window}"


def _wait(rule: "Rule") -> str:
    return f" for {rule.for_}" if duration_s(rule.for_) > 0 else ""
