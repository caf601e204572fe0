"""A dataset directory read part by part, where it is too large to be held as a whole."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from simlab.dataset.layout import Layout
from simlab.dataset.parquet import conforming, read_columns
from simlab.dataset.read import check_whole, incidents_of, row_files, samples_of, tables_in
from simlab.dataset.schema import CORE_COLUMNS, ROWS, TIMESTAMP
from simlab.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Parts:
    """A dataset on disk.

    Attributes:
        name: what it is read from, for messages.
        files: where its rows lie, in the order of time.
        samples: sorted by `timestamp`; None when there are none.
        incidents: the truth, sorted by `start`; None when it is unknown.
    """

    name: str
    files: tuple[Path, ...]
    samples: pl.DataFrame | None
    incidents: pl.DataFrame | None

    def rows(self, columns: Collection[str]) -> Iterator[pl.DataFrame]:
        """The rows, a frame a file, with `timestamp` and some columns of `schema.ROWS`.

        Raises:
            InputError: a file cannot be read or holds what cannot be, or the rows are not in the
                order of time.
        """
        before = pl.Series([0], dtype=pl.Int64).cast(TIMESTAMP)[0]
        for file in self.files:
            frame = _columns(file, columns)
            if frame.is_empty():
                continue
            if not frame["timestamp"].is_sorted() or frame["timestamp"][0] < before:
                raise InputError(
                    f"{file}: found rows out of the order of time, expected them in order, so that "
                    "they can be read part by part; generate the dataset again, or sort it"
                )
            before = frame["timestamp"][-1]
            yield frame


def parts_at(path: Path) -> Parts | None:
    """The dataset directory at a path; None when there is something else.

    Raises:
        InputError: a file that its manifest lists is missing, or samples or incidents cannot be
            read.
    """
    files = row_files(path) if path.is_dir() else []
    if not files:
        return None
    check_whole(path)
    tables = tables_in(path)
    return Parts(
        name=str(path),
        files=tuple(files),
        samples=samples_of(tables),
        incidents=incidents_of(tables),
    )


def _columns(file: Path, columns: Collection[str]) -> pl.DataFrame:
    wanted = {name: kind for name, kind in ROWS.items() if name in {"timestamp", *columns}}
    required = tuple(name for name in CORE_COLUMNS if name in wanted)
    raw = read_columns(file, tuple(wanted))
    return conforming(raw, Layout(schema=wanted, required=required), path=file)
