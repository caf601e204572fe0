"""Labelled intervals: the incidents of a dataset, or what a user knows of a series."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import polars as pl

from simlab.dataset.csv_lines import csv_reader, header
from simlab.dataset.json_lines import json_reader, keys
from simlab.dataset.layout import MEASURED, Layout, tabled
from simlab.dataset.lines import Block, blocks
from simlab.dataset.naming import is_csv
from simlab.dataset.parquet import conforming, read_frame
from simlab.dataset.parsed import Parsed
from simlab.dataset.schema import INCIDENTS
from simlab.errors import InputError

_INTERVALS: Final = Layout(schema=INCIDENTS, required=("start", "end"), epoch=True)


@dataclass(frozen=True, kw_only=True)
class _Table:
    """A small table read whole: its rows, the columns it had, where each row stood."""

    frame: pl.DataFrame
    columns: frozenset[str]
    places: Sequence[str]


def read_labels(path: Path) -> pl.DataFrame:
    """The intervals that a file of labels holds, with the columns of `INCIDENTS`.

    The file is CSV, JSON lines, one JSON array of objects, or Parquet, text also packed; it has
    `start` and `end`, in ISO 8601 or as epoch numbers. Where a column is missing: `id` is
    `label-1` and so on in the order of the file, `kind` is `incident`, what was visible is the
    interval itself, `severity` is 1, `warehouses` is null for all, `lookalike` is false.

    Returns:
        The intervals, sorted by `start`; none for a table without rows.

    Raises:
        InputError: the file is empty or cannot be read, a column is missing, a value cannot be
            read, or an interval ends before it starts; the file and the line are named.
    """
    table = _table(path, _INTERVALS)
    for start, end in (("start", "end"), ("visible_start", "visible_end")):
        _check_order(table, start, end)
    return _with_defaults(table).sort("start", maintain_order=True)


def read_incidents(path: Path) -> pl.DataFrame:
    """The truth that lies beside a dataset; a file of no bytes is no trouble at all.

    Raises:
        InputError: as `read_labels`.
    """
    if path.stat().st_size == 0:
        return pl.DataFrame(schema=INCIDENTS)
    return read_labels(path)


def read_samples(path: Path) -> pl.DataFrame:
    """The samples that lie beside a dataset, sorted by `timestamp`.

    Raises:
        InputError: the file cannot be read, or a value in it; the file and the line are named.
    """
    return _table(path, MEASURED).frame.sort("timestamp", maintain_order=True)


def _table(path: Path, layout: Layout) -> _Table:
    if path.suffix == ".parquet":
        return _parquet_table(path, layout)
    block = _whole(path)
    if is_csv(path):
        names, rest = header(block)
        return _text_table(rest, layout, names=names, read=csv_reader(names), place=":")
    fields = {
        name: kind if isinstance(kind, pl.List) else None for name, kind in layout.schema.items()
    }
    items = _items(block)
    objects = block if items is None else items
    place = ":" if items is None else ": item "
    return _text_table(
        objects, layout, names=sorted(keys(objects)), read=json_reader(fields), place=place
    )


def _parquet_table(path: Path, layout: Layout) -> _Table:
    raw = read_frame(path)
    _check_columns(raw.columns, layout, where=str(path))
    places = [f"{path}: row {index}" for index in range(1, raw.height + 1)]
    frame = conforming(raw, layout, path=path)
    return _Table(frame=frame, columns=frozenset(raw.columns), places=places)


def _text_table(
    block: Block,
    layout: Layout,
    *,
    names: Sequence[str],
    read: Callable[[Block], Parsed],
    place: str,
) -> _Table:
    if names:
        _check_columns(names, layout, where=str(block.file))
    parsed = read(block)
    raw = parsed.tables[0]
    found = tabled(raw.frame, layout)
    places = [f"{block.file}{place}{block.first + index}" for index in range(len(block.lines))]
    faults = [*parsed.faults, *((raw.at[row], reason) for row, reason in found.faults)]
    if faults:
        index, reason = min(faults)
        raise InputError(f"{places[index]}: {reason}")
    at = [places[index] for index in raw.at]
    return _Table(frame=found.frame, columns=frozenset(names), places=at)


def _whole(path: Path) -> Block:
    """All the lines of a small file."""
    parts = list(blocks(path))
    lines = [line for part in parts for line in part.lines]
    if not any(line.strip() for line in lines):
        raise InputError(f"{path}: empty: no line in it")
    if parts[-1].cut:
        raise InputError(f"{path}:{len(lines)}: {parts[-1].cut}")
    return Block(file=path, first=1, offset=parts[0].offset, lines=lines)


def _items(block: Block) -> Block | None:
    """The objects of a file that is one JSON array, as lines; None when it is not."""
    text = b"\n".join(block.lines)
    if not text.lstrip().startswith(b"["):
        return None
    try:
        items = msgspec.json.decode(text, type=list[msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{block.file}: no JSON array of objects: {error}") from None
    return Block(file=block.file, first=1, offset=0, lines=[bytes(item) for item in items])


def _check_columns(names: Collection[str], layout: Layout, *, where: str) -> None:
    missing = [name for name in layout.required if name not in names]
    if missing:
        expected, found = ", ".join(layout.required), ", ".join(names)
        raise InputError(
            f"{where}: no column {missing[0]!r}: found columns {found}; expected {expected}"
        )


def _check_order(table: _Table, start: str, end: str) -> None:
    inverted = table.frame.select(pl.col(end) < pl.col(start)).to_series().fill_null(value=False)
    if inverted.any():
        row = int(inverted.arg_true()[0])
        raise InputError(
            f"{table.places[row]}: {end} {table.frame[end][row]:%Y-%m-%dT%H:%M:%SZ} is before "
            f"{start} {table.frame[start][row]:%Y-%m-%dT%H:%M:%SZ}; expected {start} first"
        )


def _with_defaults(table: _Table) -> pl.DataFrame:
    numbered = pl.concat_str(pl.lit("label-"), pl.int_range(1, pl.len() + 1).cast(pl.String))
    defaults = {
        "visible_start": pl.col("start"),
        "visible_end": pl.col("end"),
        "severity": pl.lit(1.0),
    }
    absent = {name: value for name, value in defaults.items() if name not in table.columns}
    return table.frame.with_columns(
        pl.col("id").fill_null(numbered),
        pl.col("kind").fill_null("incident"),
        pl.col("lookalike").fill_null(value=False),
        **absent,
    )
