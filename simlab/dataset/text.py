"""Tables out of text files: JSON lines, logs and CSV."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TypeAlias

import polars as pl

from simlab.dataset.csv_lines import csv_reader, header
from simlab.dataset.json_lines import json_reader, keys, log_reader
from simlab.dataset.layout import LOG, Foreign, Layout, is_log, layout_for, tabled
from simlab.dataset.lines import Block, blocks
from simlab.dataset.naming import is_csv
from simlab.dataset.parsed import Parsed
from simlab.dataset.rejected import Rejections, checked_count, rejections
from simlab.dataset.schema import LineCount
from simlab.errors import InputError

_Reader: TypeAlias = Callable[[Block], Parsed]


@dataclass(frozen=True, kw_only=True)
class TextTables:
    """What lay in the text: rows and samples in the order of the lines, and their count."""

    rows: pl.DataFrame
    samples: pl.DataFrame | None
    lines: LineCount


@dataclass(frozen=True, kw_only=True)
class _Opened:
    """A text file about to be read."""

    read: _Reader
    layouts: Sequence[Layout]
    blocks: Iterator[Block]


def read_text(
    files: Sequence[Path], *, source: Path, foreign: Foreign, max_rejected: float
) -> TextTables:
    """The tables that text files hold together.

    Lines end in a line feed. A blank line is not a line, nor is the header of a CSV file; every
    other line is accepted or rejected. The rejected ones are kept in `NAME.rejected.jsonl`
    beside `source`, which is written anew, or removed when there are none.

    Args:
        files: in the order to read them.
        source: the file or directory they stand for.
        foreign: how to read columns that are not ours.
        max_rejected: the share of lines that may be rejected, included.

    Raises:
        InputError: a file cannot be read, there is nothing in it, its columns are not ours, or
            too many lines are rejected.
        ConfigError: what `foreign` asks for cannot be done.
    """
    tables: defaultdict[str, list[pl.DataFrame]] = defaultdict(list)
    accepted = 0
    with rejections(source) as kept:
        for file in files:
            opened = _opened(file, foreign=foreign, log=source.is_dir())
            accepted += sum(_take(block, opened, tables, kept) for block in opened.blocks)
    lines = checked_count(kept, accepted=accepted, max_rejected=max_rejected)
    return TextTables(
        rows=_rows(tables, source=source, lines=lines),
        samples=pl.concat(tables["samples"]) if tables["samples"] else None,
        lines=lines,
    )


def _opened(file: Path, *, foreign: Foreign, log: bool) -> _Opened:
    """The file with what reads it, as its first lines show."""
    rest = blocks(file)
    first = next(rest, Block(file=file, first=1, offset=0, lines=[]))
    if is_csv(file):
        names, first = header(first)
        layout = layout_for(names, foreign=foreign, where=str(file))
        return _Opened(read=csv_reader(names), layouts=[layout], blocks=chain([first], rest))
    read, layouts = _json(first, foreign=foreign, log=log)
    return _Opened(read=read, layouts=layouts, blocks=chain([first], rest))


def _json(first: Block, *, foreign: Foreign, log: bool) -> tuple[_Reader, Sequence[Layout]]:
    found = keys(first)
    if not found or (not foreign and (log or is_log(found))):
        fields = {event: layout.fields() for event, layout in LOG.items()}
        return log_reader(fields), list(LOG.values())
    layout = layout_for(sorted(found), foreign=foreign, where=str(first.file))
    return json_reader(layout.fields()), [layout]


def _take(
    block: Block, opened: _Opened, tables: defaultdict[str, list[pl.DataFrame]], kept: Rejections
) -> int:
    """Sort a block's lines into tables and rejections; how many were accepted."""
    if block.cut:
        kept.add(block, [(0, block.cut)])
        return 0
    parsed = opened.read(block)
    faults, accepted = list(parsed.faults), 0
    for layout, raw in zip(opened.layouts, parsed.tables, strict=True):
        found = tabled(raw.frame, layout)
        tables[layout.table].append(found.frame)
        faults += [(raw.at[index], reason) for index, reason in found.faults]
        accepted += found.frame.height
    kept.add(block, sorted(faults))
    return accepted


def _rows(
    tables: defaultdict[str, list[pl.DataFrame]], *, source: Path, lines: LineCount
) -> pl.DataFrame:
    total = lines.accepted + lines.rejected
    if not total:
        raise InputError(f"{source}: empty: no rows in it")
    rows = pl.concat(tables["rows"]) if tables["rows"] else None
    if rows is None or rows.is_empty():
        raise InputError(
            f"{source}: none of {total} lines is an attempt (`event` is not `attempt`, or the line "
            "is rejected); for another program's log give --time COLUMN and --map"
        )
    return rows
