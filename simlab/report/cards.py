"""The six KPIs as cards: value, unit, what it rests on, and the rule that watches it."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from simlab.alerts.rule import Rule
from simlab.dataset.schema import Dataset
from simlab.report.numbers import human_s, number, percent, plural
from simlab.report.words import condition


@dataclass(frozen=True, kw_only=True)
class Card:
    """One KPI.

    Attributes:
        name: the strategy's own, such as `cpu_percent`.
        title: the same in words.
        values: numbers with their units, by what each is.
        detail: what it rests on, or why it is undefined.
        watched: the rules on it, in words, each with how often it fired.
    """

    name: str
    title: str
    values: tuple[tuple[str, str], ...]
    detail: str
    watched: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Kpi:
    title: str
    values: tuple[tuple[str, str], ...]
    unit: Callable[[float], str]
    signals: tuple[str, ...]
    of_samples: bool = False


_KPIS: Final[Mapping[str, _Kpi]] = {
    "inv_batch_seconds": _Kpi(
        title="Batch duration",
        values=(("P95", "inv_batch_seconds_p95"), ("P99", "inv_batch_seconds_p99")),
        unit=human_s,
        signals=("duration", "queue_wait", "age"),
    ),
    "inv_error_count": _Kpi(
        title="Failed batches",
        values=(("an hour", "inv_error_count"),),
        unit=number,
        signals=("error_ratio",),
    ),
    "cpu_percent": _Kpi(
        title="CPU",
        values=(("mean", "cpu_percent"), ("highest", "cpu_percent_max")),
        unit=lambda value: f"{number(value)} %" if math.isfinite(value) else number(value),
        signals=("cpu_percent",),
        of_samples=True,
    ),
    "mem_usage_mb": _Kpi(
        title="Memory",
        values=(("highest", "mem_usage_mb"),),
        unit=lambda value: f"{number(value)} MB" if math.isfinite(value) else number(value),
        signals=("mem_usage_mb",),
        of_samples=True,
    ),
    "batch_success_rate": _Kpi(
        title="Success rate",
        values=(("of finished batches", "batch_success_rate"),),
        unit=percent,
        signals=(),
    ),
    "retry_count": _Kpi(
        title="Retries",
        values=(("in all", "retry_count"),),
        unit=number,
        signals=("retry_ratio",),
    ),
}


def cards(
    dataset: Dataset,
    kpis: Mapping[str, float],
    rules: Sequence[Rule],
    fired: Mapping[str, int | None],
) -> tuple[Card, ...]:
    """A card a KPI; for a plain series one card of its values.

    Args:
        dataset: what the KPIs are of.
        kpis: as `simlab.dataset.kpis.kpis` gives them.
        rules: to say which of them watch what.
        fired: how often each did, by its name; None, or absent, where it could not be judged.
    """
    if "value" in dataset.rows.columns:
        return (_series(dataset, kpis, rules, fired),)
    details = _details(dataset, kpis)
    return tuple(
        Card(
            name=name,
            title=kpi.title,
            values=tuple((label, kpi.unit(kpis[key])) for label, key in kpi.values),
            detail="no samples" if kpi.of_samples and dataset.samples is None else details[name],
            watched=_watched(kpi.signals, rules, fired),
        )
        for name, kpi in _KPIS.items()
    )


def _series(
    dataset: Dataset,
    kpis: Mapping[str, float],
    rules: Sequence[Rule],
    fired: Mapping[str, int | None],
) -> Card:
    names = {"median": "value_p50", "P95": "value_p95", "P99": "value_p99", "highest": "value_max"}
    return Card(
        name="value",
        title="Value",
        values=tuple((label, number(kpis[key])) for label, key in names.items()),
        detail=f"over {plural(dataset.rows.height, 'row')}",
        watched=_watched(("value",), rules, fired),
    )


def _details(dataset: Dataset, kpis: Mapping[str, float]) -> dict[str, str]:
    counts = dict(dataset.rows["status"].cast(pl.String).value_counts().iter_rows())
    failed, retried = counts.get("error", 0), counts.get("retry", 0)
    attempts, finished = dataset.rows.height, dataset.rows.height - retried
    return {
        "inv_batch_seconds": f"median {human_s(kpis['inv_batch_seconds_p50'])}",
        "inv_error_count": f"{number(failed)} of {number(finished)} finished",
        "cpu_percent": _sampled(dataset),
        "mem_usage_mb": _sampled(dataset),
        "batch_success_rate": f"{number(finished - failed)} of {number(finished)}",
        "retry_count": f"{percent(retried / attempts if attempts else math.nan)} of attempts",
    }


def _sampled(dataset: Dataset) -> str:
    return plural(dataset.samples.height, "sample") if dataset.samples is not None else "no samples"


def _watched(
    signals: Sequence[str], rules: Sequence[Rule], fired: Mapping[str, int | None]
) -> tuple[str, ...]:
    return tuple(
        f"alert if {condition(rule)}: " + _times(fired.get(rule.name))
        for rule in rules
        if rule.signal in signals
    )


def _times(count: int | None) -> str:
    if count is None:
        return "not judged"
    return f"fired {plural(count, 'time')}" if count else "never fired"
