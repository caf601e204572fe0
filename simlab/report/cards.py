"""The six KPIs as cards: value, unit, state, trend, what it rests on, and the rules on it."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import polars as pl

from simlab.alerts.rule import Rule
from simlab.report.numbers import UNDEFINED, human_s, number, percent, plural
from simlab.report.overview import Overview
from simlab.report.trend import Trend, trend
from simlab.report.words import condition


@dataclass(frozen=True, kw_only=True)
class Card:
    """One KPI.

    Attributes:
        name: the strategy's own, such as `cpu_percent`.
        title: the same in words.
        values: numbers with their units, by what each is.
        detail: what it rests on, or why it is undefined.
        state: `good`, its rules never fired; `warn`, one did; `bad`, one fires at the end;
            `unknown`, no rule watches it, or none could be judged.
        state_words: the same in words.
        trend: where it is heading; None where too little is told.
        watched: the rules on it, in words, each with how often it fired.
    """

    name: str
    title: str
    values: tuple[tuple[str, str], ...]
    detail: str
    state: Literal["good", "warn", "bad", "unknown"] = "unknown"
    state_words: str = "no rule watches this"
    trend: Trend | None = None
    watched: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Kpi:
    title: str
    values: tuple[tuple[str, str], ...]
    unit: Callable[[float], str]
    signals: tuple[str, ...]
    column: str
    trend_unit: Callable[[float], str]
    of_samples: bool = False


def _with(unit: str) -> Callable[[float], str]:
    """Writes a number before its unit; what is undefined has none."""
    return lambda value: f"{number(value)} {unit}" if math.isfinite(value) else UNDEFINED


_PER_HOUR: Final = 60
_KPIS: Final[Mapping[str, _Kpi]] = {
    "inv_batch_seconds": _Kpi(
        title="Batch duration",
        values=(("P95", "inv_batch_seconds_p95"), ("P99", "inv_batch_seconds_p99")),
        unit=human_s,
        signals=("duration", "queue_wait", "age"),
        column="p95",
        trend_unit=lambda value: f"P95 {human_s(value)}",
    ),
    "inv_error_count": _Kpi(
        title="Failed batches",
        values=(("an hour", "inv_error_count"),),
        unit=number,
        signals=("error_ratio",),
        column="errors_per_minute",
        trend_unit=lambda value: f"{number(value * _PER_HOUR)} an hour",
    ),
    "cpu_percent": _Kpi(
        title="CPU",
        values=(("mean", "cpu_percent"), ("highest", "cpu_percent_max")),
        unit=_with("%"),
        signals=("cpu_percent",),
        column="cpu_percent",
        trend_unit=_with("%"),
        of_samples=True,
    ),
    "mem_usage_mb": _Kpi(
        title="Memory",
        values=(("highest", "mem_usage_mb"),),
        unit=_with("MB"),
        signals=("mem_usage_mb",),
        column="mem_usage_mb",
        trend_unit=_with("MB"),
        of_samples=True,
    ),
    "batch_success_rate": _Kpi(
        title="Success rate",
        values=(("of finished batches", "batch_success_rate"),),
        unit=percent,
        signals=(),
        column="success_rate",
        trend_unit=percent,
    ),
    "retry_count": _Kpi(
        title="Retries",
        values=(("in all", "retry_count"),),
        unit=number,
        signals=("retry_ratio",),
        column="retries_per_minute",
        trend_unit=_with("a minute"),
    ),
}


def cards(
    shown: Overview,
    rules: Sequence[Rule],
    fired: Mapping[str, int | None],
    firing: Sequence[str] = (),
) -> tuple[Card, ...]:
    """A card a KPI; for a plain series one card of its values.

    Args:
        shown: what the KPIs are of.
        rules: to say which of them watch what.
        fired: how often each did, by its name; None, or absent, where it could not be judged.
        firing: the names of those that fire at the end.
    """
    if shown.is_series:
        return (_series(shown, rules, fired, firing),)
    details = _details(shown)
    return tuple(
        Card(
            name=name,
            title=kpi.title,
            values=tuple((label, kpi.unit(shown.kpis[key])) for label, key in kpi.values),
            detail=details[name],
            trend=trend(_frame(shown, kpi), kpi.column, kpi.trend_unit, every_s=shown.every_s),
            **_by_rules(kpi.signals, rules, fired, firing),
        )
        for name, kpi in _KPIS.items()
    )


def _frame(shown: Overview, kpi: _Kpi) -> pl.DataFrame | None:
    return shown.samples if kpi.of_samples else shown.rows


def _series(
    shown: Overview,
    rules: Sequence[Rule],
    fired: Mapping[str, int | None],
    firing: Sequence[str],
) -> Card:
    names = {"median": "value_p50", "P95": "value_p95", "P99": "value_p99", "highest": "value_max"}
    return Card(
        name="value",
        title="Value",
        values=tuple((label, number(shown.kpis[key])) for label, key in names.items()),
        detail=f"over {plural(shown.count, 'row')}",
        trend=trend(shown.values, "mean", number, every_s=shown.every_s),
        **_by_rules(("value",), rules, fired, firing),
    )


def _details(shown: Overview) -> dict[str, str]:
    failed, retried = shown.by_status["error"], shown.by_status["retry"]
    finished = shown.by_status["success"] + failed
    return {
        "inv_batch_seconds": f"median {human_s(shown.kpis['inv_batch_seconds_p50'])}",
        "inv_error_count": f"{number(failed)} of {number(finished)} finished",
        "cpu_percent": _sampled(shown),
        "mem_usage_mb": _sampled(shown),
        "batch_success_rate": f"{number(finished - failed)} of {number(finished)}",
        "retry_count": f"{percent(retried / shown.count if shown.count else math.nan)} of attempts",
    }


def _sampled(shown: Overview) -> str:
    return plural(shown.sample_count, "sample") if shown.sample_count else "no samples"


def _by_rules(
    signals: Sequence[str],
    rules: Sequence[Rule],
    fired: Mapping[str, int | None],
    firing: Sequence[str],
) -> dict[str, Any]:
    """State, and what the rules did, of those that look at these signals."""
    ours = [rule for rule in rules if rule.signal in signals]
    counts = [fired.get(rule.name) for rule in ours]
    told = tuple(
        f"alert if {condition(rule)}: {_times(count)}"
        for rule, count in zip(ours, counts, strict=True)
    )
    still = [rule.name for rule in ours if rule.name in firing]
    return {"watched": told, **_state(counts, still)}


def _state(counts: Sequence[int | None], still: Sequence[str]) -> dict[str, Any]:
    known = [count for count in counts if count is not None]
    if still:
        return {"state": "bad", "state_words": "alert is firing"}
    if known and any(known):
        return {"state": "warn", "state_words": "alerts fired, none does now"}
    if known:
        return {"state": "good", "state_words": "no alert fired"}
    return {"state_words": "alerts not judged"} if counts else {}


def _times(count: int | None) -> str:
    if count is None:
        return "not judged"
    return f"fired {plural(count, 'time')}" if count else "never fired"
