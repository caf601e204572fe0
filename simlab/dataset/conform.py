"""Values as the schema has them, and for each row that cannot be, the reason."""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from simlab.dataset.schema import STATUSES
from simlab.dataset.text_time import moments

_LEAST: Final[Mapping[str, float]] = {
    "duration": 0.0,
    "warehouse_id": 1,
    "attempt": 1,
    "batch_size": 1,
    "queue_wait": 0.0,
    "cpu_percent": 0.0,
    "mem_usage_mb": 0.0,
    "disk_read_bytes": 0,
    "disk_write_bytes": 0,
    "severity": 0.0,
}
_MOST: Final[Mapping[str, float]] = {"severity": 1.0}
_TRUE: Final = ("true", "True", "1")
_FALSE: Final = ("false", "False", "0")
_INTEGERS_IN_TEXT: Final = r"^\[?\s*[0-9]+(?:[,;\s]\s*[0-9]+)*\s*\]?$"


@dataclass(frozen=True, kw_only=True)
class Conformed:
    """The rows that conform, where they stood, and why the others do not.

    Attributes:
        frame: the conforming rows, with the schema's columns and types.
        kept: for each row that came in, whether it is in `frame`.
        faults: the index of each row that is not, with the reason; ascending.
    """

    frame: pl.DataFrame
    kept: pl.Series
    faults: Sequence[tuple[int, str]]


def conform(
    raw: pl.DataFrame,
    *,
    schema: Mapping[str, pl.DataType],
    required: Collection[str] = (),
    epoch: bool = False,
) -> Conformed:
    """The rows of `raw` as `schema` has them.

    A column that is missing is null throughout. A value that cannot be read as its type, is not
    finite, or is out of its column's range makes its row a fault, and so does a null in a
    `required` column.

    Args:
        raw: columns named as in `schema`, of any types; others are left out.
        schema: the columns wanted, in order.
        required: the columns in which null is a fault.
        epoch: whether a number can be a time (see `moments`).
    """
    typed = pl.DataFrame([_column(raw, name, kind, epoch=epoch) for name, kind in schema.items()])
    flaws = [_flaw(raw, typed, name, required=name in required) for name in schema]
    kept = typed.select(~pl.any_horizontal(flaws)).to_series()
    if kept.all():
        return Conformed(frame=typed, kept=kept, faults=())
    faults = list(_faults(raw, typed.select(**dict(zip(schema, flaws, strict=True))), schema))
    return Conformed(frame=typed.filter(kept), kept=kept, faults=faults)


def _column(raw: pl.DataFrame, name: str, kind: pl.DataType, *, epoch: bool) -> pl.Series:
    if name in raw.columns and raw.schema[name] == kind:
        return raw[name]
    absent = pl.Series(name, [None], dtype=kind).new_from_index(0, raw.height)
    if name not in raw.columns or raw.schema[name] == pl.Null:
        return absent
    try:
        read = _read_as(raw[name], kind, epoch=epoch)
    except pl.exceptions.PolarsError:  # no such conversion between these types at all
        return absent
    return read if read.dtype == kind else absent  # a cast of a struct stays a struct


def _read_as(column: pl.Series, kind: pl.DataType, *, epoch: bool) -> pl.Series:
    if isinstance(kind, pl.Datetime):
        return moments(column, epoch=epoch)
    if isinstance(kind, pl.Enum):
        return _as_status(column).cast(kind, strict=False)
    if isinstance(kind, pl.List):
        return _as_list(column, kind)
    if kind.is_integer():
        return _as_whole(column).cast(kind, strict=False)
    if isinstance(kind, pl.Boolean):
        return _as_truth(column)
    return column.cast(kind, strict=False)


def _as_status(column: pl.Series) -> pl.Series:
    """Text as it stands; of a boolean, true is a failure."""
    if column.dtype != pl.Boolean:
        return column.cast(pl.String, strict=False)
    failed = pl.col(column.name)
    status = pl.when(failed).then(pl.lit("error")).when(~failed).then(pl.lit("success"))
    return column.to_frame().select(status.alias(column.name)).to_series()


def _as_whole(column: pl.Series) -> pl.Series:
    """Whole numbers, also where written `3.0`, as a column that once held gaps often is."""
    if column.dtype.is_integer():
        return column
    number = column.cast(pl.Float64, strict=False)
    whole = number.set(number.floor().ne_missing(number), None).cast(pl.Int64, strict=False)
    exact = column.cast(pl.Int64, strict=False) if column.dtype == pl.String else whole
    return exact.fill_null(whole)


def _as_truth(column: pl.Series) -> pl.Series:
    text = pl.col(column.name).cast(pl.String, strict=False)
    truth = pl.when(text.is_in(_TRUE)).then(statement=True).when(text.is_in(_FALSE))
    return column.to_frame().select(truth.then(statement=False).alias(column.name)).to_series()


def _as_list(column: pl.Series, kind: pl.List) -> pl.Series:
    """Lists, or text such as `3 7 12` or `[3, 7, 12]`."""
    if column.dtype != pl.String:
        return column.cast(kind, strict=False)
    listed = column.str.contains(_INTEGERS_IN_TEXT)
    numbers = column.set(~listed, None).str.extract_all("[0-9]+")
    return numbers.cast(kind, strict=False)


def _flaw(raw: pl.DataFrame, typed: pl.DataFrame, name: str, *, required: bool) -> pl.Expr:
    """Where the column's value is not one that it may hold."""
    column, kind = pl.col(name), typed.schema[name]
    flaw = column.is_null() if required else _unread(raw, name)
    if kind.is_float():
        flaw |= (~column.is_finite()).fill_null(value=False)
    if name in _LEAST:
        flaw |= (column < _LEAST[name]).fill_null(value=False)
    if name in _MOST:
        flaw |= (column > _MOST[name]).fill_null(value=False)
    return flaw


def _unread(raw: pl.DataFrame, name: str) -> pl.Expr:
    """Where something stood that could not be read."""
    if name not in raw.columns:
        return pl.lit(value=False)
    return pl.col(name).is_null() & pl.lit(raw[name].is_not_null())


def _faults(
    raw: pl.DataFrame, flaws: pl.DataFrame, schema: Mapping[str, pl.DataType]
) -> Iterator[tuple[int, str]]:
    rows = flaws.with_row_index("row of flaws").filter(pl.any_horizontal(list(schema)))
    for index, *found in rows.iter_rows():
        name = flaws.columns[found.index(True)]
        yield index, _reason(raw, index, name, schema[name])


def _reason(raw: pl.DataFrame, index: int, name: str, kind: pl.DataType) -> str:
    value = raw[name][index] if name in raw.columns else None
    shown = "nothing" if value is None else _shown(value)
    return f"{name}: found {shown}, expected {_expected(name, kind)}"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"


def _expected(name: str, kind: pl.DataType) -> str:
    if isinstance(kind, pl.Datetime):
        return "a time such as 2026-01-05T14:00:00Z"
    if isinstance(kind, pl.Enum):
        return ", ".join(STATUSES[:-1]) + f" or {STATUSES[-1]}"
    if isinstance(kind, pl.Boolean):
        return "true or false"
    if isinstance(kind, pl.List):
        return "whole numbers, such as [3, 7], or null"
    if kind.is_numeric():
        return ("a finite number" if kind.is_float() else "a whole number") + _range(name)
    return "text"


def _range(name: str) -> str:
    least, most = _LEAST.get(name, -math.inf), _MOST.get(name, math.inf)
    if most < math.inf:
        return f" from {least:g} to {most:g}"
    return f", {least:g} or more" if least > -math.inf else ""
