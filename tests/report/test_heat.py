"""Warehouses against time: each cell is counted by hand, and what nothing tells stays empty."""

from datetime import timedelta

import numpy as np
import polars as pl

from simlab.dataset.schema import TIMESTAMP, Dataset
from simlab.report.heat import MOST_WAREHOUSES, heats
from simlab.report.heat_chart import ends_of, heat_chart

from .cases import DAY, attempts


def test_each_cell_is_the_mean_and_the_share_of_its_warehouse_and_time(trouble: Dataset) -> None:
    durations, failed = heats(trouble.rows)
    place = durations.warehouses.index(3)
    assert durations.start == failed.start
    for column in (0, 20, len(durations.start) - 1):
        since = durations.start[column].timestamp()
        rows = [
            row
            for row in trouble.rows.filter(pl.col("warehouse_id") == 3).iter_rows(named=True)
            if since <= row["timestamp"].timestamp() < since + durations.every_s
        ]
        finished = [row for row in rows if row["status"] != "retry"]
        errors = sum(row["status"] == "error" for row in finished)
        mean_s = np.mean([row["duration"] for row in rows]) if rows else np.nan
        np.testing.assert_allclose(durations.value[place, column], mean_s)
        share = errors / len(finished) if finished else np.nan
        np.testing.assert_allclose(failed.value[place, column], share)


def test_the_busiest_come_first_and_the_rest_is_counted() -> None:
    ids = [nth % 70 + 1 for nth in range(3000)] + [70] * 100
    rows = attempts([1.0] * len(ids)).with_columns(warehouse_id=pl.Series(ids, dtype=pl.Int32))
    durations, _ = heats(rows)
    assert durations.warehouses[0] == 70
    assert len(durations.warehouses) == MOST_WAREHOUSES
    assert durations.left_out == 10


def test_where_no_warehouse_is_named_there_is_no_grid() -> None:
    nameless = attempts([1.0] * 5).with_columns(warehouse_id=pl.lit(None, pl.Int32))
    assert heats(nameless) == ()
    assert heats(nameless.clear()) == ()


def test_a_grid_in_which_nothing_failed_or_nothing_is_known_has_a_scale() -> None:
    unknown, healthy = heats(attempts([None, None]))
    assert ends_of(unknown) == ends_of(healthy) == (0.0, 1.0)
    assert "1 warehouse" in heat_chart(unknown, {}).alt


def test_a_share_is_coloured_from_0_and_durations_from_where_they_lie(trouble: Dataset) -> None:
    durations, failed = heats(trouble.rows)
    assert ends_of(failed)[0] == 0
    known = durations.value[np.isfinite(durations.value)]
    low, high = ends_of(durations)
    assert 0.005 < (known < low).mean() < 0.02
    assert 0.005 < (known > high).mean() < 0.02


def test_a_last_stretch_that_the_data_hardly_reach_into_is_no_column() -> None:
    for beside_s, columns in ((100, 72), (200, 73)):
        rows = attempts([1.0] * 720, every_s=60)
        last = attempts([1.0]).with_columns(
            pl.lit(DAY + timedelta(hours=12, seconds=beside_s)).alias("timestamp").cast(TIMESTAMP)
        )
        (durations, _) = heats(pl.concat([rows, last]))
        assert durations.every_s == 600
        assert len(durations.start) == columns
