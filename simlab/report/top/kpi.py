"""The KPIs that are shown: which limits apply to each, and which way is worse."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from simlab.alerts.rule import Rule
from simlab.config import duration_s
from simlab.report.numbers import human_s, number, percent
from simlab.report.top.trend import Worse
from simlab.report.words import with_unit

State: TypeAlias = Literal["FIRING", "beyond limit", "ok", "no limit", "not known"]


@dataclass(frozen=True, kw_only=True)
class Kpi:
    """One KPI.

    Attributes:
        key: where its value is in a reading.
        label: the strategy's name of it, with what of it is shown.
        words: a value with its unit.
        signal: of the rules that limit it.
        worse: which values are the bad ones.
        trend: what its trend is of, where that is not its value: a rate a minute of that total.
    """

    key: str
    label: str
    words: Callable[[float], str]
    signal: str = ""
    worse: Worse = "high"
    trend: str = ""


def _cpu(value: float) -> str:
    return with_unit("cpu_percent", value) if math.isfinite(value) else number(value)


def _memory(value: float) -> str:
    return with_unit("mem_usage_mb", value) if math.isfinite(value) else number(value)


KPIS: Final = (
    Kpi(key="inv_batch_seconds_p95", label="inv_batch_seconds P95", words=human_s,
        signal="duration"),
    Kpi(key="inv_batch_seconds_p99", label="inv_batch_seconds P99", words=human_s,
        signal="duration"),
    Kpi(key="inv_error_count", label="inv_error_count, 1 h", words=number),
    Kpi(key="inv_error_ratio", label="inv_error_ratio, 100", words=percent, signal="error_ratio"),
    Kpi(key="batch_success_rate", label="batch_success_rate", words=percent, worse="low"),
    Kpi(key="retry_count", label="retry_count", words=number, trend="retries"),
    Kpi(key="cpu_percent", label="cpu_percent", words=_cpu, signal="cpu_percent"),
    Kpi(key="mem_usage_mb", label="mem_usage_mb", words=_memory, signal="mem_usage_mb"),
)  # fmt: skip


def limiting(kpi: Kpi, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """The rules that hold the KPI's signal against a limit in its own unit."""
    return tuple(
        rule for rule in rules if rule.signal == kpi.signal and rule.in_unit and rule.by is None
    )


def limit_words(rule: Rule) -> str:
    """A rule's limit in a few words: `> 85 % for 5m`."""
    sign = {"above": ">", "below": "<", "outside": "beyond ±"}[rule.direction]
    wait = f" for {rule.for_}" if duration_s(rule.for_) else ""
    return f"{sign} {with_unit(rule.signal, rule.limit)}{wait}"


def is_beyond(rule: Rule, value: float) -> bool:
    """Whether a value lies beyond the rule's limit; NaN does not."""
    if rule.direction == "outside":
        return abs(value) > rule.limit
    return value > rule.limit if rule.direction == "above" else value < rule.limit


def state_of(value: float, rules: tuple[Rule, ...], *, fires: bool) -> State:
    """How a KPI is, by the rules that limit it."""
    if fires:
        return "FIRING"
    if math.isnan(value):
        return "not known"
    if not rules:
        return "no limit"
    return "beyond limit" if any(is_beyond(rule, value) for rule in rules) else "ok"
