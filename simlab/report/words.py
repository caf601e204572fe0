"""Rules in words: what each one waits for, with units."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from simlab.config import duration_s
from simlab.report.inert import visible
from simlab.report.numbers import human_s, megabytes, number, percent

if TYPE_CHECKING:
    from simlab.alerts.rule import Rule

_SIGNS: Final = {"above": "> ", "below": "< ", "outside": "outside ±"}
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
    "throughput": lambda value: f"{number(value)} a minute",
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
    where = " in one warehouse" if rule.by else ""
    return f"{_state(rule)}{where}{_wait(rule)}"


def value_words(rule: "Rule", value: float) -> str:
    """A windowed value of the rule, or a difference of two, with its unit if it has one."""
    if rule.in_unit:
        return with_unit(rule.signal, value)
    if rule.aggregate == "record":
        return (
            f"{percent(value)} of the range" if value >= 0 else f"-{percent(-value)} of the range"
        )
    return f"{number(value)} a second" if rule.aggregate == "rate" else number(value)


def _state(rule: "Rule") -> str:
    if rule.aggregate == "absent":
        return f"no {visible(rule.signal)} for {rule.window}"
    if rule.aggregate == "record":
        beyond = "beyond" if rule.direction == "outside" else rule.direction
        margin = f" by {percent(abs(rule.limit))} of it" if rule.limit else ""
        return f"{_signal(rule)} {beyond} its range over {rule.window}{margin}"
    return f"{subject(rule)} {_SIGNS[rule.direction]}{value_words(rule, rule.limit)}"


def subject(rule: "Rule") -> str:
    """What a rule is judged by, in words: `duration`, `mean duration over 10m`."""
    signal = _signal(rule)
    if rule.aggregate == "last":
        return signal
    also = f" and over {rule.short_window}" if rule.short_window else ""
    over = f"{signal} over {rule.window}{also}"
    if rule.aggregate == "ratio" or rule.signal == "throughput":
        return over
    return f"{rule.aggregate} {over}" if rule.in_unit else f"{rule.aggregate} of {over}"


def _signal(rule: "Rule") -> str:
    signal = visible(rule.signal)
    return f"{signal} (mean of {rule.smooth})" if rule.smooth else signal


def _wait(rule: "Rule") -> str:
    if duration_s(rule.for_) == 0:
        return ""
    return f" and {rule.for_} more" if rule.aggregate == "absent" else f" for {rule.for_}"
