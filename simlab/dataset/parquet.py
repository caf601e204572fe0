"""Parquet files as frames, and what is wrong with them in one line."""

from pathlib import Path

import polars as pl

from simlab.dataset.layout import Layout, tabled
from simlab.errors import InputError


def read_frame(path: Path) -> pl.DataFrame:
    """What a Parquet file holds.

    Raises:
        InputError: it cannot be read, or is no Parquet file.
    """
    try:
        return pl.read_parquet(path, glob=False, hive_partitioning=False)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None
    except pl.exceptions.PolarsError as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{path}: not a whole Parquet file: {reason}") from None


def conforming(raw: pl.DataFrame, layout: Layout, *, path: Path) -> pl.DataFrame:
    """The table that `raw` is by the layout.

    Raises:
        InputError: a value does not conform; the first row that has one is named.
    """
    found = tabled(raw, layout)
    if found.faults:
        index, reason = found.faults[0]
        raise InputError(f"{path}: row {index + 1}: {reason}; {len(found.faults)} such rows")
    return found.frame
