"""Frames as pandas has them."""

import math
from datetime import UTC, datetime

import polars as pl

from simlab.dataset.as_pandas import as_pandas
from simlab.dataset.schema import INCIDENTS, ROWS, TIMESTAMP, empty


def test_every_type_of_a_dataset_arrives_with_its_missing_values() -> None:
    """Times in UTC to the microsecond, numbers, texts, lists, booleans."""
    moment = datetime(2026, 1, 5, 1, 2, 3, 456_789, UTC)
    frame = pl.DataFrame(
        {
            "time": pl.Series([moment, None], dtype=TIMESTAMP),
            "number": [1.5, None],
            "status": pl.Series(["retry", None], dtype=ROWS["status"]),
            "warehouses": [[1, 2], None],
            "lookalike": [True, False],
        }
    )
    made = as_pandas(frame)
    assert made["time"][0].to_pydatetime() == moment
    assert made["time"].isna().tolist() == [False, True]
    assert made["number"][0] == 1.5
    assert math.isnan(made["number"][1])
    assert made["status"].tolist() == ["retry", None]
    assert made["warehouses"][0] == [1, 2]
    assert made["lookalike"].tolist() == [True, False]


def test_no_rows_keep_their_columns() -> None:
    """An empty dataset is still a table."""
    assert list(as_pandas(empty(INCIDENTS)).columns) == list(INCIDENTS)
