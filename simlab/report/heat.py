"""Warehouses against time: how each of them fared in each stretch, as a grid of numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simlab.clock import US_PER_S
from simlab.report.buckets import round_s, stretches

MOST_WAREHOUSES: Final = 60
_MOST_STRETCHES: Final = 96
_LEAST_STRETCHES: Final = 12
_LEAST_ROWS: Final = 5
"""Rows a cell should hold on average, for its figures to say more than chance."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Heat:
    """A figure of each warehouse over time.

    Attributes:
        name: of the grid, unique on a page.
        title: what is shown.
        signal: what the values are, for their unit.
        every_s: how long a stretch is [s].
        start: when each stretch starts, ascending, none left out.
        warehouses: their ids, the busiest first.
        value: a row a warehouse, a column a stretch; NaN where nothing tells.
        left_out: how many less busy warehouses are not shown.
    """

    name: str
    title: str
    signal: str
    every_s: int
    start: Sequence[datetime]
    warehouses: Sequence[int]
    value: NDArray[np.float64]
    left_out: int


def heats(rows: pl.DataFrame) -> tuple[Heat, ...]:
    """The mean duration and the share of failed batches; none when no row names a warehouse."""
    known = rows["warehouse_id"].len() - rows["warehouse_id"].null_count()
    if not known:
        return ()
    every_s = _every_s(rows, warehouses=min(MOST_WAREHOUSES, rows["warehouse_id"].n_unique()))
    cells = _cells(rows, every_s)
    busiest = cells.group_by("warehouse_id").agg(pl.col("rows").sum())
    busiest = busiest.sort("rows", "warehouse_id", descending=[True, False])
    ids = busiest["warehouse_id"].head(MOST_WAREHOUSES).to_list()
    shown = {
        "duration_by_warehouse": ("Mean batch duration of each warehouse", "duration", "mean_s"),
        "failed_by_warehouse": (
            "Share of failed batches of each warehouse",
            "error_ratio",
            "failed",
        ),
    }
    first, last = cells.select(
        pl.col("bucket").min().alias("first"), pl.col("bucket").max().alias("last")
    ).row(0)
    last -= last > first and _hardly_reached(rows, every_s)
    starts = pl.int_range(first, last + 1, eager=True) * every_s * US_PER_S
    return tuple(
        Heat(
            name=name,
            title=title,
            signal=signal,
            every_s=every_s,
            start=starts.cast(pl.Datetime("us", "UTC")).to_list(),
            warehouses=ids,
            value=_grid(cells, column, ids, first, starts.len()),
            left_out=busiest.height - len(ids),
        )
        for name, (title, signal, column) in shown.items()
    )


def _hardly_reached(rows: pl.DataFrame, every_s: int) -> bool:
    """Whether the data end within the first quarter of the last stretch; see `without_stub`."""
    reached_s = rows["timestamp"][-1].timestamp() % every_s
    return bool(reached_s < every_s / 4)


def _every_s(rows: pl.DataFrame, *, warehouses: int) -> int:
    """A round width: as many stretches as rows allow, within bounds."""
    stamps = rows["timestamp"]
    span_s = (stamps[-1] - stamps[0]).total_seconds()
    enough = rows.height / (_LEAST_ROWS * warehouses)
    wanted_s = span_s / min(_MOST_STRETCHES - 1, max(_LEAST_STRETCHES, enough))
    return round_s(wanted_s)


def _cells(rows: pl.DataFrame, every_s: int) -> pl.DataFrame:
    failed, finished = pl.col("status") == "error", pl.col("status") != "retry"
    bucket = pl.col("timestamp").dt.epoch("us") // (every_s * US_PER_S)
    wanted = (
        pl.len().alias("rows"),
        pl.col("duration").mean().alias("mean_s"),
        pl.when(finished.sum() > 0).then(failed.sum() / finished.sum()).alias("failed"),
    )
    # In order, so that sums of the same rows are the same to the last bit.
    return pl.concat(
        stretch.select("warehouse_id", "duration", "status", bucket=bucket)
        .drop_nulls("warehouse_id")
        .group_by("warehouse_id", "bucket", maintain_order=True)
        .agg(wanted)
        for stretch in stretches(rows, every_s=every_s)
    )


def _grid(
    cells: pl.DataFrame, column: str, ids: Sequence[int], first: int, width: int
) -> NDArray[np.float64]:
    row = {warehouse_id: place for place, warehouse_id in enumerate(ids)}
    value = np.full((len(ids), width), np.nan)
    shown = pl.col("warehouse_id").is_in(ids) & (pl.col("bucket") < first + width)
    told = cells.filter(shown & pl.col(column).is_not_null())
    at = [row[warehouse_id] for warehouse_id in told["warehouse_id"]]
    value[at, told["bucket"].to_numpy() - first] = told[column].to_numpy()
    return value
