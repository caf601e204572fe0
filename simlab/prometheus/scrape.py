"""What Prometheus sees of a dataset: the bot's counters and gauges, as they are scraped.

The bot is scraped every 15 s, at the multiples of that since 1970, and what it shows then is what it
had counted by then. A plain series of values comes as it is, a sample a row.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from simlab.alerts.rule import Rule
from simlab.alerts.signal import Series, first_us, last_us, series
from simlab.alerts.spans import Times
from simlab.dataset.schema import STATUSES, Dataset
from simlab.errors import InputError
from simlab.prometheus.exposed import Exposed, Flags, Labels, Moments, Values
from simlab.prometheus.names import (
    ATTEMPTS,
    BATCHES,
    BUCKETS,
    ERROR_RATIO,
    RULE_VALUE,
    SECONDS,
    STEP_US,
    edge,
)

_US_PER_MS = 1000
_RATIO_WINDOW = 100
_STATUS = pl.col("status")


@dataclass(frozen=True, kw_only=True, eq=False)
class Scraped:
    """What Prometheus has of a dataset.

    Attributes:
        store: the series.
        is_faithful: whether it has every value at its moment; not so when a plain series has
            stamps between milliseconds, or two of one time: then it has the last.
    """

    store: tuple[Exposed, ...]
    is_faithful: bool


def scraped(dataset: Dataset, rules: Sequence[Rule]) -> Scraped:
    """The series that rules need, as far as the dataset tells them.

    Args:
        dataset: what happened.
        rules: whose thresholds are edges of the histogram, and whose values the bot shows.
    """
    if "value" in dataset.rows.columns:
        return _plain(dataset)
    start_us, end_us = first_us(dataset), last_us(dataset)
    if start_us is None or end_us is None:
        return Scraped(store=(), is_faithful=True)
    scrape_us = np.arange(start_us // STEP_US, end_us // STEP_US + 1) * STEP_US
    shown = [
        *_attempts(dataset.rows, rules, scrape_us),
        *_gauges(dataset, scrape_us),
        *(one for rule in rules for one in _values(rule, dataset, scrape_us)),
    ]
    return Scraped(store=tuple(shown), is_faithful=True)


def _plain(dataset: Dataset) -> Scraped:
    told = dataset.rows.drop_nulls("value")
    time_us = told["timestamp"].dt.timestamp("us").to_numpy()
    time_ms = -(-time_us // _US_PER_MS)
    is_last = np.append(np.diff(time_ms) > 0, True)[: len(time_ms)]
    value = np.asarray(told["value"].to_numpy(), dtype=np.float64)
    return Scraped(
        store=(Exposed(metric="value", time_ms=time_ms[is_last], value=value[is_last]),),
        is_faithful=bool(is_last.all() and (time_us % _US_PER_MS == 0).all()),
    )


def _attempts(rows: pl.DataFrame, rules: Sequence[Rule], scrape_us: Times) -> list[Exposed]:
    """Counters of attempts and of batches, and the error ratio."""
    time_us = rows["timestamp"].dt.timestamp("us").to_numpy()
    seen = np.searchsorted(time_us, scrape_us, side="right")
    duration = rows["duration"].fill_null(0.0).to_numpy()
    edges = sorted({rule.limit for rule in rules if rule.signal == "duration"})
    buckets = [
        _counted(BUCKETS, duration <= limit, seen, scrape_us, labels=(("le", edge(limit)),))
        for limit in edges
    ]
    statuses = [
        _counted(
            BATCHES, (rows["status"] == status).to_numpy(), seen, scrape_us,
            labels=(("status", status),),
        )
        for status in sorted(STATUSES)
    ]  # fmt: skip
    return [
        _counted(ATTEMPTS, np.ones(len(duration)), seen, scrape_us),
        _counted(SECONDS, duration, seen, scrape_us),
        *buckets,
        *statuses,
        _error_ratio(rows, scrape_us),
    ]


def _counted(
    metric: str, each: Values | Flags, seen: Moments, scrape_us: Times, *, labels: Labels = ()
) -> Exposed:
    """A counter, which is there from the start."""
    total = np.append(0.0, np.cumsum(each, dtype=np.float64))[seen]
    return Exposed(metric=metric, labels=labels, time_ms=scrape_us // _US_PER_MS, value=total)


def _error_ratio(rows: pl.DataFrame, scrape_us: Times) -> Exposed:
    finished = rows.filter(_STATUS != "retry")
    time_us = finished["timestamp"].dt.timestamp("us").to_numpy()
    errors = np.append(0, np.cumsum((finished["status"] == "error").to_numpy()))
    stop = np.searchsorted(time_us, scrape_us, side="right")
    ratio = (errors[stop] - errors[np.maximum(stop - _RATIO_WINDOW, 0)]) / _RATIO_WINDOW
    value = np.where(stop < _RATIO_WINDOW, np.nan, ratio)
    return Exposed(metric=ERROR_RATIO, time_ms=scrape_us // _US_PER_MS, value=value)


def _gauges(dataset: Dataset, scrape_us: Times) -> list[Exposed]:
    """What was sampled of the machine, as the last sample left it; NaN before the first."""
    if dataset.samples is None:
        return []
    named = [name for name in ("cpu_percent", "mem_usage_mb") if name in dataset.samples.columns]
    found = []
    for name in named:
        told = dataset.samples.drop_nulls(name)
        time_us = told["timestamp"].dt.timestamp("us").to_numpy()
        value = np.append(np.nan, told[name].cast(pl.Float64).to_numpy())
        index = np.searchsorted(time_us, scrape_us, side="right")
        found.append(Exposed(metric=name, time_ms=scrape_us // _US_PER_MS, value=value[index]))
    return found


def _values(rule: Rule, dataset: Dataset, scrape_us: Times) -> list[Exposed]:
    """The rule's value as the bot shows it: as last judged, NaN once that went stale."""
    try:
        judged = series(rule, dataset)
    except InputError:
        return []  # a rule that the dataset says nothing about shows nothing
    return [_value(rule, one, scrape_us) for one in judged]


def _value(rule: Rule, judged: Series, scrape_us: Times) -> Exposed:
    index = np.searchsorted(judged.time_us, scrape_us, side="right")
    last_time_us = np.append(-1, judged.time_us)[index]
    is_stale = (index == 0) | (scrape_us - last_time_us > rule.silence_us)
    value = np.where(is_stale, np.nan, np.append(np.nan, judged.value)[index])
    labels = [("rule", rule.name)]
    if judged.warehouse_id is not None:
        labels.append(("warehouse_id", str(judged.warehouse_id)))
    return Exposed(
        metric=RULE_VALUE, labels=tuple(labels), time_ms=scrape_us // _US_PER_MS, value=value
    )
