"""How a path's ending says the format of what it holds."""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Final, Literal

import polars as pl
from polars.io.plugins import register_io_source

from simlab.dataset.iso_text import iso_text
from simlab.dataset.schema import TIMESTAMP
from simlab.errors import ConfigError

Kind = Literal["jsonl", "csv", "parquet", "directory"]
Compression = Literal["uncompressed", "gzip", "zstd"]

ENDINGS: Final = ".jsonl, .json, .csv (each also .gz or .zst), .parquet, or no ending: a directory"
_KINDS: Final[dict[str, Kind]] = {
    ".jsonl": "jsonl", ".json": "jsonl", ".csv": "csv", ".parquet": "parquet", "": "directory",
}  # fmt: skip
_OS_ERROR: Final = re.compile(r"\(os error (\d+)\)")
_ROWS_PER_PIECE: Final = 131_072
_COMPRESSIONS: Final[dict[str, Compression]] = {".gz": "gzip", ".zst": "zstd"}


@dataclass(frozen=True)
class Format:
    """A format, with the endings that name it: `suffix` is `.jsonl.gz`, `.csv`, or empty."""

    kind: Kind
    compression: Compression
    suffix: str


def format_of(path: Path) -> Format:
    """The format that a path's ending names.

    Raises:
        ConfigError: the ending names none.
    """
    packed = path.suffix if path.suffix in _COMPRESSIONS else ""
    ending = path.with_suffix("").suffix if packed else path.suffix
    kind = _KINDS.get(ending)
    if kind is None or (packed and kind in ("parquet", "directory")):
        raise ConfigError(f"{path}: no format has this ending; known are {ENDINGS}")
    compression = _COMPRESSIONS[packed] if packed else "uncompressed"
    return Format(kind=kind, compression=compression, suffix=ending + packed)


def write_frame(frame: pl.DataFrame, path: Path, form: Format, *, header: bool = True) -> None:
    """Write a frame to one file; a CSV leaves its header out unless `header`.

    Times are ISO 8601 text in UTC with microseconds; lists are joined by `;` in CSV.

    Raises:
        OSError: it cannot be written.
    """
    if form.kind in ("jsonl", "csv"):
        with path.open("wb") as file:
            for first in range(0, max(1, len(frame)), _ROWS_PER_PIECE):
                piece = frame.slice(first, _ROWS_PER_PIECE)
                _write_text(piece, file, form, header=header and not first)
    else:
        with _os_errors():
            frame.write_parquet(path, compression="zstd", compression_level=1)


def write_frames(
    frames: Iterable[pl.DataFrame], path: Path, form: Format, *, schema: dict[str, pl.DataType]
) -> int:
    """Write frames after each other to one file, one of them in memory at a time.

    Returns:
        How many rows they have.

    Raises:
        OSError: it cannot be written.
    """
    rows = 0

    def counted() -> Iterator[pl.DataFrame]:
        nonlocal rows
        for frame in frames:
            rows += len(frame)
            yield frame

    if form.kind in ("jsonl", "csv"):
        with path.open("wb") as file:
            for index, frame in enumerate(chain([pl.DataFrame(schema=schema)], counted())):
                _write_text(frame, file, form, header=not index)
    else:
        with _os_errors():
            lazy = register_io_source(lambda *_: counted(), schema=schema)
            lazy.sink_parquet(path, compression="zstd", compression_level=1)
    return rows


def join_parquet(pieces: Sequence[Path], whole: Path) -> None:
    """Write one Parquet file of the rows of several, in their order.

    Raises:
        OSError: it cannot be written.
    """
    with _os_errors():
        pl.scan_parquet(list(pieces)).sink_parquet(whole, compression="zstd", compression_level=1)


@contextmanager
def _os_errors() -> Iterator[None]:
    """Polars tells of a full disk, when it writes Parquet, in an error of its own."""
    try:
        yield
    except pl.exceptions.ComputeError as error:
        if number := _OS_ERROR.search(str(error)):
            raise OSError(int(number[1]), os.strerror(int(number[1]))) from error
        raise OSError(str(error)) from error


def _write_text(frame: pl.DataFrame, file: BinaryIO, form: Format, *, header: bool) -> None:
    """Write rows at the end of a file; text takes several times the memory that columns do."""
    if form.kind == "jsonl":
        _as_text(frame).write_ndjson(file, compression=form.compression)
    else:
        _flat(_as_text(frame)).write_csv(file, include_header=header, compression=form.compression)


def _as_text(frame: pl.DataFrame) -> pl.DataFrame:
    times = [name for name, kind in frame.schema.items() if kind == TIMESTAMP]
    return frame.with_columns(iso_text(frame[name]) for name in times)


def _flat(frame: pl.DataFrame) -> pl.DataFrame:
    lists = [name for name, kind in frame.schema.items() if isinstance(kind, pl.List)]
    return frame.with_columns(pl.col(lists).list.eval(pl.element().cast(pl.String)).list.join(";"))
