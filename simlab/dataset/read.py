"""Reading a dataset, whatever it was left as."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import polars as pl

from simlab.dataset.labels import read_incidents, read_samples
from simlab.dataset.layout import Foreign, layout_for
from simlab.dataset.manifest import FILE, read_manifest
from simlab.dataset.naming import beside, is_text
from simlab.dataset.parquet import conforming, read_frame
from simlab.dataset.schema import Dataset
from simlab.dataset.text import read_text
from simlab.errors import ConfigError, InputError

_ACCEPTED: Final = (
    "a dataset directory, a run directory, a directory of logs, or a file .json, .jsonl, .csv "
    "(each also .gz, .zst), .parquet, .log"
)
_TABLES: Final = ("samples", "incidents")


def read(
    path: Path,
    *,
    time: str | None = None,
    mapping: Mapping[str, str] | None = None,
    max_rejected: float = 0.01,
) -> Dataset:
    """The dataset that lies at `path`.

    That is a dataset directory, a run directory, a directory of rotated logs, or one file: JSON
    lines (`.json`, `.jsonl`, `.log` and rotated logs), `.csv`, `.parquet`; text also `.gz` or
    `.zst`. Samples and incidents come from `NAME.samples.*` and `NAME.incidents.*` beside a
    file, with the same ending. A file of the four columns `timestamp`, `duration`, `status`,
    `warehouse_id` is whole; one of `timestamp`, `value` is a plain series. Times without an
    offset are UTC, and in text nothing is guessed: an empty field of CSV is null, `NA` is `NA`.

    **A foreign file** is read by naming its columns. Then numbers can be times (see
    `text_time.moments`), and what is not mapped is null, but for `status`, which is `success`
    in every row. A `status` that is a condition means failed: true is `error`, false is
    `success`; one that is text must hold our three words. A number that is missing in the
    source is null; a missing time or status rejects the line.

    **A bad line** is counted and kept in `NAME.rejected.jsonl` beside the input, with its file,
    line, byte offset and reason. That file is written anew by each reading, and removed when
    there is nothing to keep; where it cannot be written, `lines.rejected_file` is None. Blank
    lines and the header of a CSV file are not lines. Parquet has no lines: one bad row refuses
    the file.

    Args:
        path: a file or directory.
        time: the column that holds the time, in a foreign file.
        mapping: columns of ours (or `value` alone), each with an expression over the file's
            columns, such as `elapsed_ms/1000` or `http_status >= 500`. When a `time` is given
            and no mapping, columns that bear our names are taken.
        max_rejected: the share of lines that may be rejected, included, 0 to 1.

    Raises:
        InputError: there is nothing there, or nothing in it; its columns are not ours; too many
            lines are rejected.
        ConfigError: an expression cannot be used, or is given where there is nothing to map;
            `max_rejected` is no share.
    """
    foreign = Foreign(time=time, mapping=mapping or {})
    if not 0 <= max_rejected <= 1:
        raise ConfigError(f"--max-rejected {max_rejected}: expected a share from 0 to 1")
    if not path.exists():
        raise InputError(f"{path}: no such file or directory; expected {_ACCEPTED}")
    if path.is_dir():
        return _read_directory(path, foreign=foreign, max_rejected=max_rejected)
    if path.suffix == ".parquet":
        return _read_parquet([path], name=path, foreign=foreign, tables=_tables_beside(path))
    if not is_text(path):
        raise InputError(f"{path}: cannot tell what it is by its name; expected {_ACCEPTED}")
    return _read_files([path], path, foreign=foreign, max_rejected=max_rejected)


def _read_directory(path: Path, *, foreign: Foreign, max_rejected: float) -> Dataset:
    parts = row_files(path)
    if parts:
        _check_ours(foreign, path)
        check_whole(path)
        tables = tables_in(path)
        return _read_parquet(parts, name=path, foreign=foreign, tables=tables)
    logs = _logs(path) or _logs(path / "logs")
    if not logs:
        raise InputError(f"{path}: no rows and no logs in it; expected {_ACCEPTED}")
    return _read_files(logs, path, foreign=foreign, max_rejected=max_rejected)


def _read_files(
    files: Sequence[Path], path: Path, *, foreign: Foreign, max_rejected: float
) -> Dataset:
    text = read_text(files, source=path, foreign=foreign, max_rejected=max_rejected)
    is_run = path.is_dir()
    tables = {"incidents": path / "incidents.parquet"} if is_run else _tables_beside(path)
    samples = samples_of(tables) if text.samples is None else _by_time(text.samples)
    return Dataset(
        name=str(path),
        rows=_by_time(text.rows),
        samples=samples,
        incidents=incidents_of(tables),
        lines=text.lines,
    )


def _read_parquet(
    parts: Sequence[Path], *, name: Path, foreign: Foreign, tables: Mapping[str, Path]
) -> Dataset:
    rows = pl.concat([_rows(part, foreign=foreign) for part in parts])
    if rows.is_empty():
        raise InputError(f"{name}: empty: no rows in it")
    return Dataset(
        name=str(name),
        rows=_by_time(rows),
        samples=samples_of(tables),
        incidents=incidents_of(tables),
    )


def _rows(path: Path, *, foreign: Foreign) -> pl.DataFrame:
    raw = read_frame(path)
    return conforming(raw, layout_for(raw.columns, foreign=foreign, where=str(path)), path=path)


def samples_of(tables: Mapping[str, Path]) -> pl.DataFrame | None:
    """The samples, where there is a file of them."""
    path = tables.get("samples")
    return read_samples(path) if path and path.is_file() else None


def incidents_of(tables: Mapping[str, Path]) -> pl.DataFrame | None:
    """The truth, where there is a file of it."""
    path = tables.get("incidents")
    return read_incidents(path) if path and path.is_file() else None


def _tables_beside(path: Path) -> dict[str, Path]:
    return {table: beside(path, table) for table in _TABLES}


def _logs(path: Path) -> list[Path]:
    """The log files in a directory, oldest first; `inventory.log` and its like, if it is there."""
    found = [log for log in path.glob("*.log*") if log.is_file() and is_text(log)]
    logs = [log for log in found if not log.name.endswith(".rejected.jsonl")]
    ours = [log for log in logs if log.name.startswith("inventory.log")]
    return sorted(ours or logs, key=lambda log: (log.name.endswith(".log"), log.name))


def _by_time(frame: pl.DataFrame) -> pl.DataFrame:
    if frame["timestamp"].is_sorted():
        return frame
    return frame.sort("timestamp", maintain_order=True)


def _check_ours(foreign: Foreign, path: Path) -> None:
    if foreign:
        raise ConfigError(f"{path}: is a dataset of ours; --time and --map are for other files")


def row_files(path: Path) -> list[Path]:
    """The files that a directory's rows lie in, in order; none where it is no dataset."""
    return sorted(path.glob("rows/part-*.parquet")) or sorted(path.glob("rows.parquet"))


def tables_in(path: Path) -> dict[str, Path]:
    """Where the other tables of a dataset directory lie, if they are there."""
    return {table: path / f"{table}.parquet" for table in _TABLES}


def check_whole(path: Path) -> None:
    """Make sure that the files which the manifest lists are there, when there is a manifest.

    Raises:
        InputError: one is missing.
    """
    parts = read_manifest(path).parts if (path / FILE).is_file() else []
    for part in parts:
        if not (path / part.path).is_file():
            raise InputError(f"{path}: {part.path} is missing; copy or generate it again")
