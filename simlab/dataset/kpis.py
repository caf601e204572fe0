"""The strategy's KPIs of a dataset, as a whole and over time."""

import math
from typing import TYPE_CHECKING, Final

import polars as pl

from simlab.clock import US_PER_S
from simlab.dataset.schema import SAMPLES, TIMESTAMP, Dataset, empty
from simlab.errors import ConfigError

if TYPE_CHECKING:
    from polars.dataframe.group_by import GroupBy

_S_PER_HOUR: Final = 3600.0
_MOST_STRETCHES: Final = 1_000_000
_QUANTILES: Final = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


def kpis(dataset: Dataset) -> dict[str, float]:
    """The KPIs of a dataset, by the strategy's names.

    - `inv_batch_seconds_p50`, `_p95`, `_p99`: quantiles of the attempts' `duration` [s], linear
      between the two nearest order statistics (type 7 of Hyndman and Fan 1996, as numpy).
    - `inv_error_count`: failed batches per hour, over the time from the first to the last row.
    - `cpu_percent`, `cpu_percent_max`: mean and maximum over the samples [%].
    - `mem_usage_mb`: maximum over the samples [MB].
    - `batch_success_rate`: successful among finished batches, 0 to 1. A row is a finished batch
      unless it is a `retry`.
    - `retry_count`: attempts that were followed by another.

    A plain series has `value_p50`, `value_p95`, `value_p99`, `value_max` and `rows` instead.

    Returns:
        The figures; NaN where one is undefined: no durations, no samples, no finished batch, or
        all rows at one moment (for the rate per hour).
    """
    rows = dataset.rows
    figures = rows.select(**_row_figures(dataset, hours=_span_hours(rows)))
    samples = _samples(dataset).select(**_sample_figures(dataset))
    both = pl.concat([figures, samples], how="horizontal").fill_null(math.nan)
    return {name: float(value) for name, value in both.row(0, named=True).items()}


def kpis_over_time(dataset: Dataset, *, every_s: float) -> pl.DataFrame:
    """The KPIs of each stretch of `every_s` seconds, from the first row's to the last row's.

    Stretches begin at whole multiples of their length since 1970-01-01 UTC, so `3600` gives the
    hours of the day; each includes its start and excludes its end. `inv_error_count` is per hour,
    over the length of the stretch.

    Args:
        dataset: its rows say which stretches there are.
        every_s: the length of a stretch [s], above 0; a part of a microsecond is cut off.

    Returns:
        `start` [us, UTC] and the names of `kpis`, a row for every stretch, also for an empty
        one: 0 errors, retries and rows, and NaN for the rest.

    Raises:
        ConfigError: the length is below a microsecond, or makes more than a million stretches.
    """
    every_us = int(every_s * US_PER_S) if 0 < every_s < 1e12 else 0
    grid = _grid(dataset, every_us=every_us, every_s=every_s)
    hours = every_us / US_PER_S / _S_PER_HOUR
    figures = _bucketed(dataset.rows, every_us).agg(**_row_figures(dataset, hours=hours))
    samples = _bucketed(_samples(dataset), every_us).agg(**_sample_figures(dataset))
    joined = grid.join(figures, on="start", how="left").join(samples, on="start", how="left")
    counts = [name for name in ("inv_error_count", "retry_count", "rows") if name in joined.columns]
    filled = joined.with_columns(pl.col(counts).fill_null(0.0)).fill_null(math.nan)
    return filled.sort("start").select("start", *_names(dataset))


def _names(dataset: Dataset) -> list[str]:
    return [*_row_figures(dataset, hours=1.0), *_sample_figures(dataset)]


def _is_series(dataset: Dataset) -> bool:
    return "value" in dataset.rows.columns


def _row_figures(dataset: Dataset, *, hours: float) -> dict[str, pl.Expr]:
    if _is_series(dataset):
        most = {"value_max": pl.col("value").max()}
        return {**_quantiles("value", "value"), **most, "rows": pl.len().cast(pl.Float64)}
    failed, succeeded, retried = (
        (pl.col("status") == status).sum().cast(pl.Float64)
        for status in ("error", "success", "retry")
    )
    return {
        **_quantiles("duration", "inv_batch_seconds"),
        "inv_error_count": failed / hours,
        "batch_success_rate": succeeded / (succeeded + failed),
        "retry_count": retried,
    }


def _quantiles(column: str, name: str) -> dict[str, pl.Expr]:
    return {
        f"{name}_{suffix}": pl.col(column).quantile(share, interpolation="linear")
        for suffix, share in _QUANTILES.items()
    }


def _sample_figures(dataset: Dataset) -> dict[str, pl.Expr]:
    if _is_series(dataset):
        return {}
    return {
        "cpu_percent": pl.col("cpu_percent").mean(),
        "cpu_percent_max": pl.col("cpu_percent").max(),
        "mem_usage_mb": pl.col("mem_usage_mb").max(),
    }


def _samples(dataset: Dataset) -> pl.DataFrame:
    return empty(SAMPLES) if dataset.samples is None else dataset.samples


def _span_hours(rows: pl.DataFrame) -> float:
    """From the first row to the last [h]; NaN where that is no time at all."""
    first, last = _ends_us(rows)
    return (last - first) / US_PER_S / _S_PER_HOUR or math.nan


def _ends_us(rows: pl.DataFrame) -> tuple[int, int]:
    time_us = rows["timestamp"].dt.epoch("us")
    return (int(time_us[0]), int(time_us[-1])) if rows.height else (0, 0)


def _bucketed(frame: pl.DataFrame, every_us: int) -> "GroupBy":
    time_us = pl.col("timestamp").dt.epoch("us")
    return frame.group_by(start=(time_us // every_us * every_us).cast(TIMESTAMP))


def _grid(dataset: Dataset, *, every_us: int, every_s: float) -> pl.DataFrame:
    if every_us < 1:
        raise ConfigError(f"stretches of {every_s:g} s: expected more than 0 and below 1e12")
    first, last = (end // every_us for end in _ends_us(dataset.rows))
    if last - first >= _MOST_STRETCHES:
        raise ConfigError(
            f"stretches of {every_s:g} s: {last - first + 1} of them; {_MOST_STRETCHES} at most"
        )
    numbers = pl.int_range(first, last + 1, dtype=pl.Int64, eager=True)
    return (numbers * every_us).cast(TIMESTAMP).alias("start").to_frame()
