"""From a dataset to the numbers that charts and tables show.

Time is cut into buckets aligned to UTC. Every bucket of the span is there; one that holds
nothing to judge is NaN, so that a chart shows a gap.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simlab.clock import US_PER_S
from simlab.report.buckets import by_bucket, grouped, on_grid, stretches
from simlab.tuning.episodes import matched_to
from simlab.tuning.match import Match, Truth, truth

RATIO_WINDOW: Final = 100
"""Finished batches that the error ratio looks back on, as the strategy's rule does."""

_COUNTED: Final = ("per_minute", "errors_per_minute", "retries_per_minute")
_LONG_AGO, _LONG_AHEAD = -(2**62), 2**62


def rows_over_time(rows: pl.DataFrame, *, every_s: int) -> pl.DataFrame:
    """How attempts went, by bucket.

    Columns: `time` (the bucket's start); `p50`, `p95`, `p99` of the attempts' duration [s], and
    `queue_p50`, `queue_p95` of their wait [s], interpolated linearly; `per_minute` (attempts),
    `errors_per_minute` (failed batches) and `retries_per_minute`; `success_rate` of the batches
    that finished in the bucket; `error_ratio`, the highest that the ratio over the last 100
    finished batches was in it.

    Long rows are worked on a stretch at a time, so that little memory is needed beside them.

    Args:
        rows: `timestamp`, ascending, `duration`, `status` and, where it is known, `queue_wait`.
        every_s: the buckets' width [s].
    """
    before: NDArray[np.int64] = np.empty(0, dtype=np.int64)
    found = []
    for stretch in stretches(rows, every_s=every_s):
        ratio, before = _error_ratio(stretch, before)
        found.append(grouped(stretch.with_columns(ratio), _row_figures(rows), every_s))
    every = on_grid(pl.concat(found), every_s=every_s)
    return every.with_columns(
        pl.col(*_COUNTED).fill_null(0) * 60 / every_s,
        pl.exclude("time", *_COUNTED).fill_null(float("nan")),
    )


def samples_over_time(samples: pl.DataFrame, *, every_s: int) -> pl.DataFrame:
    """What the machine used, by bucket.

    Columns: `time`; `cpu_percent` (mean), `cpu_percent_max`, `mem_usage_mb` (max);
    `disk_read_bytes`, `disk_write_bytes` (sums).
    """
    disk = pl.col("disk_read_bytes", "disk_write_bytes")
    wanted = [
        pl.col("cpu_percent").mean(),
        pl.col("cpu_percent").max().alias("cpu_percent_max"),
        pl.col("mem_usage_mb").max(),
        pl.when(disk.count() > 0).then(disk.sum()).cast(pl.Float64),
    ]
    found = by_bucket(samples, wanted, every_s=every_s)
    return found.with_columns(pl.exclude("time").fill_null(float("nan")))


def values_over_time(rows: pl.DataFrame, *, every_s: int) -> pl.DataFrame:
    """A plain series by bucket: `time`, and `low`, `mean`, `high` of its values."""
    value = pl.col("value")
    wanted = [value.min().alias("low"), value.mean().alias("mean"), value.max().alias("high")]
    found = by_bucket(rows, wanted, every_s=every_s)
    return found.with_columns(pl.exclude("time").fill_null(float("nan")))


def envelope(
    time_us: NDArray[np.int64], value: NDArray[np.float64], *, most: int = 600
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """A long series thinned to the lowest and highest value of each of `most` equal stretches.

    Peaks survive, so a crossing that was there is still seen. NaN is passed over; a series of no
    more than `2 * most` points comes back as it is.

    Args:
        time_us: when, in microseconds, ascending.
        value: what, as long as `time_us`.
        most: the number of stretches of time.
    """
    if time_us.size <= 2 * most:
        return time_us, value
    stretch = (time_us - time_us[0]) * most // (time_us[-1] - time_us[0] + 1)
    frame = pl.DataFrame({"stretch": stretch, "value": value}).with_row_index("at")
    known = frame.filter(pl.col("value").is_not_nan())
    ends = known.group_by("stretch").agg(
        pl.col("at").get(pl.col("value").arg_min()).alias("low"),
        pl.col("at").get(pl.col("value").arg_max()).alias("high"),
    )
    kept = np.unique(np.concatenate([ends["low"].to_numpy(), ends["high"].to_numpy()]))
    return time_us[kept], value[kept]


def by_warehouse(rows: pl.DataFrame) -> pl.DataFrame:
    """Each warehouse's load and trouble, the busiest first.

    Columns: `warehouse_id`, `batches` (finished), `errors`, `error_ratio` (NaN before the first
    batch finished), `retries`, `p95` of the attempts' duration [s].
    """
    errors = (pl.col("status") == "error").sum()
    finished = (pl.col("status") != "retry").sum()
    known = rows.select("warehouse_id", "status", "duration")
    if known["warehouse_id"].null_count():  # dropping none would still copy them all
        known = known.drop_nulls("warehouse_id")
    return (
        known.group_by("warehouse_id")
        .agg(
            finished.alias("batches"),
            errors.alias("errors"),
            (errors / finished).alias("error_ratio"),
            (pl.col("status") == "retry").sum().alias("retries"),
            pl.col("duration").quantile(0.95, "linear").fill_null(float("nan")).alias("p95"),
        )
        .sort("batches", "warehouse_id", descending=[True, False])
    )


def catches(incidents: pl.DataFrame, episodes: pl.DataFrame) -> pl.DataFrame:
    """Which rules caught which incidents, and how late.

    Columns: `id` of the incident, `rule`, and `delay_s` from the incident's visible start to the
    rule's first episode in it [s]. Incidents that nothing caught are absent.
    """
    labels = _labels(incidents)
    found = [
        pl.DataFrame({"id": labels.incidents.id, "delay_s": matched.delay_s})
        .with_columns(pl.lit(rule).alias("rule"))
        .drop_nans("delay_s")
        for rule, matched in _matches(episodes, labels)
    ]
    schema = {"id": pl.String(), "rule": pl.String(), "delay_s": pl.Float64()}
    return pl.concat([pl.DataFrame(schema=schema), *found], how="diagonal").sort(
        "id", "delay_s", "rule"
    )


def fooled(incidents: pl.DataFrame, episodes: pl.DataFrame) -> pl.DataFrame:
    """Which rules fired in which look-alikes: `id`, `rule`, `episodes` (false alarms in it)."""
    labels = _labels(incidents)
    schema = {"id": pl.String(), "rule": pl.String(), "episodes": pl.Int64()}
    found = [
        (labels.lookalikes.id[at], rule, int(count))
        for rule, matched in _matches(episodes, labels)
        for at, count in enumerate(np.bincount(matched.lookalike[matched.lookalike >= 0]))
        if count
    ]
    return pl.DataFrame(found, schema=schema, orient="row").sort("id", "rule")


def episode_marks(episodes: pl.DataFrame, *, every_s: int, truth_known: bool) -> pl.DataFrame:
    """Episodes thinned to what a chart can show: at most two marks a rule and bucket.

    Columns: `rule`, `time` (of the first such episode in the bucket), `caught` (whether it began
    in an incident; null where there is no truth to tell by), `episodes` (how many it stands for).

    Args:
        episodes: `rule`, `start`, and `incident`, null outside of any.
        every_s: the bucket's width [s].
        truth_known: whether there are labels at all.
    """
    caught = pl.col("incident").is_not_null() if truth_known else pl.lit(None, pl.Boolean)
    bucket = pl.col("start").dt.epoch("us") // (every_s * US_PER_S)
    return (
        episodes.select("rule", "start", caught.alias("caught"), bucket.alias("bucket"))
        .group_by("rule", "caught", "bucket")
        .agg(pl.col("start").min().alias("time"), pl.len().alias("episodes"))
        .select("rule", "time", "caught", "episodes")
        .sort("time", "rule", "caught")
    )


def _row_figures(rows: pl.DataFrame) -> list[pl.Expr]:
    """The columns of `rows_over_time`, but counts where it has rates."""
    quantiles = [
        pl.col("duration").quantile(q, "linear").alias(f"p{q * 100:.0f}") for q in (0.5, 0.95, 0.99)
    ]
    wait = pl.col("queue_wait") if "queue_wait" in rows.columns else pl.lit(None, pl.Float64)
    queue = [wait.quantile(q, "linear").alias(f"queue_p{q * 100:.0f}") for q in (0.5, 0.95)]
    failed, retried = ((pl.col("status") == status).sum() for status in ("error", "retry"))
    finished = pl.len() - retried
    counts = [
        pl.len().alias("per_minute"),
        failed.alias("errors_per_minute"),
        retried.alias("retries_per_minute"),
        pl.when(finished > 0).then(1 - failed / finished).alias("success_rate"),
        pl.col("error_ratio").max(),
    ]
    return [*quantiles, *queue, *counts]


def _error_ratio(
    rows: pl.DataFrame, before: NDArray[np.int64]
) -> tuple[pl.Series, NDArray[np.int64]]:
    """Errors among the last 100 finished batches, at each that finished; null until there are.

    Args:
        rows: a stretch of rows.
        before: which of up to 99 batches that finished before it failed; 1 is yes.

    Returns:
        The ratio, and what to give as `before` with the next stretch.
    """
    finished = (rows["status"] != "retry").to_numpy()
    failed = (rows["status"] == "error").to_numpy()[finished].astype(np.int64)
    known = np.concatenate([before, failed])
    upto = np.concatenate([[0], np.cumsum(known)])
    nth = np.arange(before.size + 1, known.size + 1)
    ratio = (upto[nth] - upto[np.maximum(nth - RATIO_WINDOW, 0)]) / RATIO_WINDOW
    told = np.full(rows.height, np.nan)
    told[finished] = np.where(nth >= RATIO_WINDOW, ratio, np.nan)
    kept = known[-(RATIO_WINDOW - 1) :]
    return pl.Series("error_ratio", told, nan_to_null=True), kept


def _labels(incidents: pl.DataFrame) -> Truth:
    return truth(incidents, from_us=_LONG_AGO, until_us=_LONG_AHEAD)


def _matches(episodes: pl.DataFrame, labels: Truth) -> Iterator[tuple[str, Match]]:
    for rule in episodes["rule"].unique(maintain_order=True):
        found = episodes.filter(pl.col("rule") == rule).sort("start")
        # What its group held back told no one. Episodes from elsewhere do not say.
        told = found.filter(~pl.col("held")) if "held" in found.columns else found
        yield rule, matched_to(told, labels)
