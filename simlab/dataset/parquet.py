"""Parquet files as frames, and what is wrong with them in one line."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from simlab.dataset.layout import Layout, tabled
from simlab.errors import InputError


def read_frame(path: Path) -> pl.DataFrame:
    """What a Parquet file holds.

    Raises:
        InputError: it cannot be read, or is no Parquet file.
    """
    return _read(path, None)


def read_columns(path: Path, columns: Sequence[str]) -> pl.DataFrame:
    """Some columns of a Parquet file, those that it has.

    Raises:
        InputError: it cannot be read, or is no Parquet file.
    """
    return _read(path, columns)


def height(path: Path) -> int:
    """How many rows a Parquet file says it holds.

    Raises:
        InputError: it cannot be read, or is no Parquet file.
    """
    with _named(path):
        return int(pl.scan_parquet(path, glob=False).select(pl.len()).collect().item())


def _read(path: Path, columns: Sequence[str] | None) -> pl.DataFrame:
    with _named(path):
        known = None
        if columns is not None:
            there = pl.read_parquet_schema(path)
            known = [name for name in columns if name in there]
        return pl.read_parquet(path, columns=known, glob=False, hive_partitioning=False)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """What goes wrong is told in one line that names the file."""
    try:
        yield
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
