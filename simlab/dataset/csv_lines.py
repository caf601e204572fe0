"""Lines of CSV as columns of text, and for each line that is not one, the reason."""

import csv
from collections.abc import Callable, Sequence

import polars as pl

from simlab.dataset.lines import Block
from simlab.dataset.parsed import Parsed, Raw
from simlab.errors import InputError


def header(block: Block) -> tuple[list[str], Block]:
    """The names in the first line that is not blank, and the block without what it took.

    Raises:
        InputError: there is no such line, or a name comes twice.
    """
    if block.cut:
        raise InputError(f"{block.file}: {block.cut}, before the first line is whole")
    index = next((i for i, line in enumerate(block.lines) if line.strip()), None)
    if index is None:
        raise InputError(f"{block.file}: empty: no line in it")
    where = f"{block.file}:{block.first + index}"
    try:
        names = _fields(block.lines[index])
    except (csv.Error, UnicodeDecodeError) as error:
        raise InputError(f"{where}: no header of a CSV file: {error}") from None
    _check_unique(names, where=where)
    rest = Block(
        file=block.file,
        first=block.first + index + 1,
        offset=block.offsets()[index + 1],
        lines=block.lines[index + 1 :],
    )
    return names, rest


def csv_reader(names: Sequence[str]) -> Callable[[Block], Parsed]:
    """What reads a block of CSV lines into columns of text with these names.

    An empty field is null; everything else is the text as it stands, whatever it looks like. A
    line is one record: a quoted field that runs over its end is a fault, and so is a line of
    more or fewer fields than there are names.
    """

    def parse(block: Block) -> Parsed:
        rows: list[list[str]] = []
        at: list[int] = []
        faults: list[tuple[int, str]] = []
        for index, line in enumerate(block.lines):
            fields, reason = _row(line, len(names))
            if reason:
                faults.append((index, reason))
            elif fields:
                rows.append(fields)
                at.append(index)
        return Parsed(tables=[Raw(frame=_frame(names, rows), at=at)], faults=faults)

    return parse


def _row(line: bytes, width: int) -> tuple[list[str], str]:
    """The fields of a line, none if it is blank; or what is wrong with it."""
    if not line.strip():
        return [], ""
    try:
        fields = _fields(line)
    except UnicodeDecodeError:
        return [], "not UTF-8 text"
    except csv.Error as error:
        return [], f"not a line of CSV: {error}"
    if len(fields) != width:
        return [], f"found {len(fields)} fields, expected {width} as in the header"
    return fields, ""


def _fields(line: bytes) -> list[str]:
    text = line.removesuffix(b"\r").decode("utf-8")
    if '"' not in text:
        return text.split(",")
    return next(csv.reader((text,), strict=True))


def _frame(names: Sequence[str], rows: list[list[str]]) -> pl.DataFrame:
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    text = [pl.Series(name, column, pl.String) for name, column in zip(names, columns, strict=True)]
    return pl.DataFrame(text).with_columns(pl.when(pl.all() != "").then(pl.all()))


def _check_unique(names: Sequence[str], *, where: str) -> None:
    for index, name in enumerate(names):
        if name in names[:index]:
            raise InputError(f"{where}: column {name!r} comes twice; rename one of the two")
