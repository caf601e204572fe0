"""The page of what metrics told."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
import polars as pl

from simlab.alerts.replay import EPISODES
from simlab.alerts.rule import Rule
from simlab.dataset.schema import ROWS, STATUSES, TIMESTAMP, Dataset
from simlab.errors import InputError
from simlab.prometheus.names import BATCHES, BUCKETS, ERROR_RATIO
from simlab.report.numbers import human_s
from simlab.report.overview import Overview
from simlab.report.page import Page, no_episodes
from simlab.report.sources.quantiles import quantile
from simlab.report.sources.told import CPU, MEMORY, READ, WRITTEN, Fires, Told, Values
from simlab.tuning.backtest import Backtest, judge

_QUANTILES: Final = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
_NOT_IN_METRICS: Final = (
    "Metrics do not tell how long batches waited, or which warehouse they were of; a run "
    "directory does."
)
_BETWEEN_EDGES: Final = "P50, P95 and P99 are estimated between the edges of the bot's histogram."
_NO_HISTOGRAM: Final = "There is no histogram of durations, so latency is unknown."
_COARSE: Final = "so shorter alerts are missing, and times are as exact as that."
_OTHERS: Final = tuple(name for name in ROWS if name != "timestamp")
_GONE_US: Final = 300_000_000
"""A rule that nothing is told of for so long no longer fires, as in Prometheus."""


def page_of_told(
    told: Told,
    rules: Sequence[Rule],
    *,
    title: str,
    facts: Mapping[str, str],
    incidents: pl.DataFrame | None = None,
) -> Page:
    """The page of a bot's metrics.

    Args:
        told: the metrics.
        rules: whose thresholds are drawn; what of them fired is what the bot said.
        title: the heading.
        facts: where it was told.
        incidents: the truth; None when it is unknown.
    """
    judged = _judged(told, rules, incidents)
    return Page(
        title=title,
        shown=_overview(told, rules, incidents),
        rules=rules,
        scores=judged.scores if judged else (),
        episodes=judged.episodes if judged else no_episodes(),
        facts=facts,
    )


def _overview(told: Told, rules: Sequence[Rule], incidents: pl.DataFrame | None) -> Overview:
    counts = {status: told.increase(BATCHES, status=status) for status in STATUSES}
    by_status = {status: float(np.nansum(each)) for status, each in counts.items()}
    return Overview(
        first=_when(int(told.edge_us[0])),
        last=_when(int(told.edge_us[-1])),
        every_s=told.every_s,
        count=sum(by_status.values()),
        by_status=by_status,
        kpis=_kpis(told, by_status),
        rows=_rows(told, counts),
        samples=_samples(told) if told.readings else None,
        sample_count=told.readings,
        incidents=incidents,
        gaps=(*_missing(told, rules), *told.gaps),
    )


def _rows(told: Told, counts: Mapping[str, Values]) -> pl.DataFrame:
    finished = counts["success"] + counts["error"]
    a_minute = 60 / told.every_s
    edges, upto = _histogram(told)
    unknown = np.full(told.edge_us.size - 1, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = np.where(finished > 0, counts["success"] / finished, np.nan)
    columns = {
        **{name: quantile(share, edges, upto) for name, share in _QUANTILES.items()},
        "queue_p50": unknown,
        "queue_p95": unknown,
        "per_minute": (finished + counts["retry"]) * a_minute,
        "errors_per_minute": counts["error"] * a_minute,
        "retries_per_minute": counts["retry"] * a_minute,
        "success_rate": rate,
        "error_ratio": told.highest[ERROR_RATIO],
    }
    return pl.DataFrame({"time": _times(told), **columns})


def _samples(told: Told) -> pl.DataFrame:
    columns = {
        "cpu_percent": told.mean_cpu,
        "cpu_percent_max": told.highest[CPU],
        "mem_usage_mb": told.highest[MEMORY],
        "disk_read_bytes": told.increase(READ),
        "disk_write_bytes": told.increase(WRITTEN),
    }
    return pl.DataFrame({"time": _times(told), **columns})


def _histogram(told: Told) -> tuple[list[float], Values]:
    """The edges of the histogram of durations, and what each bucket of time adds up to them."""
    series = told.counters.get(BUCKETS, ())
    edges = sorted({float(each.labels["le"]) for each in series} | {np.inf})
    by_edge: dict[float, list[Values]] = {edge: [] for edge in edges}
    for each in series:
        by_edge[float(each.labels["le"])].append(each.increase)
    size = told.edge_us.size - 1
    unknown = np.full(size, np.nan)
    rows = [np.nansum(found, axis=0) if found else unknown for found in by_edge.values()]
    known = [np.isfinite(found).any(axis=0) for found in by_edge.values() if found]
    upto = np.stack(rows)
    return edges, np.where(np.all(known, axis=0), upto, np.nan) if known else upto


def _kpis(told: Told, by_status: Mapping[str, float]) -> dict[str, float]:
    edges, upto = _histogram(told)
    whole = np.nansum(upto, axis=1, keepdims=True)
    hours = (told.edge_us[-1] - told.edge_us[0]) / 3.6e9
    success, error = by_status["success"], by_status["error"]
    return {
        **{
            f"inv_batch_seconds_{name}": float(quantile(share, edges, whole)[0])
            for name, share in _QUANTILES.items()
        },
        "inv_error_count": error / hours,
        "cpu_percent": _of_known(np.mean, told.mean_cpu),
        "cpu_percent_max": _of_known(np.max, told.highest[CPU]),
        "mem_usage_mb": _of_known(np.max, told.highest[MEMORY]),
        "batch_success_rate": success / (success + error) if success + error else np.nan,
        "retry_count": by_status["retry"],
    }


def _of_known(of: Callable[[Values], np.floating[Any]], values: Values) -> float:
    known = values[np.isfinite(values)]
    return float(of(known)) if known.size else np.nan


def _judged(told: Told, rules: Sequence[Rule], incidents: pl.DataFrame | None) -> Backtest | None:
    """What the rules did, by what the bot said of them."""
    ends = pl.DataFrame(
        {"timestamp": [_when(int(told.edge_us[0])), _when(int(told.edge_us[-1]))]},
        schema={"timestamp": TIMESTAMP},
    )
    rows = ends.select("timestamp", *(pl.lit(None, ROWS[name]).alias(name) for name in _OTHERS))
    dataset = Dataset(name=told.name, rows=rows, incidents=incidents)
    replayed: dict[str, pl.DataFrame | InputError] = {
        rule.name: _episodes(rule.name, told.firing[rule.name])
        if rule.name in told.firing
        else InputError(f"{told.name} tells nothing of it")
        for rule in rules
    }
    try:
        return judge(dataset, rules, replayed, start_us=None, until_us=None)
    except InputError:  # nothing is told of any of them, and the page says so
        return None


def _episodes(rule: str, told: Fires) -> pl.DataFrame:
    """The stretches in which the rule fired."""
    fires, time_us = told.fires, told.time_us
    gone = np.append(np.diff(time_us) > _GONE_US, False)
    before = np.append(False, fires[:-1] & ~gone[:-1])
    after = np.append(fires[1:], False) & ~gone
    first, last = np.flatnonzero(fires & ~before), np.flatnonzero(fires & ~after)
    still = (last == fires.size - 1) & ~gone[last]
    end = time_us[np.minimum(last + 1, fires.size - 1)]
    columns = {
        "rule": [rule] * first.size,
        "start": time_us[first],
        "end": np.where(gone[last], time_us[last] + _GONE_US, end),
        "peak_value": [None] * first.size,
        "n": last - first + 1,
        "warehouse_id": [None] * first.size,
        "open": still,
    }
    return pl.DataFrame(columns, schema={name: EPISODES[name] for name in columns})


def _missing(told: Told, rules: Sequence[Rule]) -> list[str]:
    """What metrics cannot tell, and what these do not."""
    missing = [_NOT_IN_METRICS, _BETWEEN_EDGES if told.counters.get(BUCKETS) else _NO_HISTOGRAM]
    if told.firing:
        missing.append(f"Whether rules fire was seen every {human_s(told.look_s)}, {_COARSE}")
    known = {rule.name for rule in rules}
    if others := sorted(set(told.firing) - known):
        names = ", ".join(others[:5]) + (" and more" if len(others) > 5 else "")
        missing.append(f"The bot also tells of rules that are not shown here: {names}.")
    return missing


def _times(told: Told) -> pl.Series:
    return pl.Series(told.edge_us[:-1]).cast(TIMESTAMP)


def _when(time_us: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=time_us)
