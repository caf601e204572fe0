"""What the columns of a source mean: our own, a log's, or a foreign file's through a map."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import polars as pl

from simlab.dataset.conform import Conformed, conform
from simlab.dataset.mapping import column_expression
from simlab.dataset.schema import CORE_COLUMNS, ROWS, SAMPLES, TIMESTAMP
from simlab.errors import ConfigError, InputError

SERIES: Final[dict[str, pl.DataType]] = {"timestamp": TIMESTAMP, "value": pl.Float64()}


@dataclass(frozen=True, kw_only=True)
class Foreign:
    """How a file that is not ours is to be read.

    Attributes:
        time: the column that holds the time; None is `timestamp`.
        mapping: for each column of ours the expression it comes from; empty when the columns
            bear our names.
    """

    time: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether anything is asked for."""
        return self.time is not None or bool(self.mapping)


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How to come from a source's columns to those of one table.

    Attributes:
        schema: the table's columns.
        required: those of them in which null is a fault.
        expressions: each column in terms of the source's; empty when they bear the same names.
        epoch: whether a number can be a time.
        table: where they go; `others` are well-formed lines that carry no row.
    """

    schema: Mapping[str, pl.DataType]
    required: tuple[str, ...]
    expressions: Mapping[str, pl.Expr] = field(default_factory=dict)
    epoch: bool = False
    table: Literal["rows", "samples", "others"] = "rows"

    def fields(self) -> dict[str, pl.DataType | None]:
        """The source's columns that are needed, and their types where those are ours."""
        if not self.expressions:
            return dict(self.schema)
        roots = [expression.meta.root_names() for expression in self.expressions.values()]
        return dict.fromkeys(name for names in roots for name in names)


ATTEMPTS: Final = Layout(schema=ROWS, required=CORE_COLUMNS)
PLAIN_SERIES: Final = Layout(schema=SERIES, required=tuple(SERIES))
MEASURED: Final = Layout(
    schema=SAMPLES, required=("timestamp", "cpu_percent", "mem_usage_mb"), table="samples"
)
_LOG_HEAD: Final = Layout(
    schema={"timestamp": TIMESTAMP, "level": pl.String(), "message": pl.String()},
    required=("timestamp", "level", "message"),
    table="others",
)
LOG: Final = {"attempt": ATTEMPTS, "sample": MEASURED, "others": _LOG_HEAD}
"""What the lines of a log mean, by their event."""


def is_log(columns: Collection[str]) -> bool:
    """Whether these keys are those of a log's lines rather than of a table's.

    >>> is_log(["timestamp", "level", "message"]), is_log(["timestamp", "value"])
    (True, False)
    """
    return "event" in columns or {"level", "message"} <= set(columns)


def layout_for(columns: Sequence[str], *, foreign: Foreign, where: str) -> Layout:
    """What a table with these columns means.

    Args:
        columns: the names there are.
        foreign: what the user says of them.
        where: the file, for errors.

    Raises:
        InputError: they are not ours, and the user says nothing that would help.
        ConfigError: an expression of the user's cannot be used.
    """
    if foreign:
        return _foreign(columns, foreign=foreign, where=where)
    _check_time(columns, "timestamp", where=where)
    if set(CORE_COLUMNS) <= set(columns):
        return ATTEMPTS
    if "value" in columns:
        return PLAIN_SERIES
    missing = ", ".join(name for name in CORE_COLUMNS if name not in columns)
    raise InputError(
        f"{where}: found columns {_listed(columns)}; missing {missing} (or value); "
        "map them with --map, such as --map duration=elapsed_ms/1000"
    )


def tabled(raw: pl.DataFrame, layout: Layout) -> Conformed:
    """The rows of `raw` that conform to the layout's table, and why the others do not."""
    named = _named(raw, layout.expressions) if layout.expressions else raw
    return conform(named, schema=layout.schema, required=layout.required, epoch=layout.epoch)


def _foreign(columns: Sequence[str], *, foreign: Foreign, where: str) -> Layout:
    time = foreign.time or "timestamp"
    _check_time(columns, time, where=where)
    mapping = foreign.mapping or _own_names(columns, time, where=where)
    _check_targets(mapping, where=where)
    expressions = {"timestamp": pl.col(time)} | {
        name: column_expression(text, columns=columns, where=f"{where}: --map {name}={text}")
        for name, text in mapping.items()
    }
    if "value" in mapping:
        return Layout(schema=SERIES, required=tuple(SERIES), expressions=expressions, epoch=True)
    return Layout(
        schema=ROWS,
        required=("timestamp", "status"),
        expressions={"status": pl.lit("success"), **expressions},
        epoch=True,
    )


def _own_names(columns: Sequence[str], time: str, *, where: str) -> dict[str, str]:
    """The columns that bear our names, when the user maps none."""
    if "value" in columns:
        return {"value": "value"}
    found = {name: name for name in ROWS if name in columns and name not in ("timestamp", time)}
    if found:
        return found
    raise InputError(
        f"{where}: nothing to read beside the time: found columns {_listed(columns)}; "
        "say what they mean with --map, such as --map duration=elapsed_ms/1000"
    )


def _check_time(columns: Sequence[str], time: str, *, where: str) -> None:
    if time not in columns:
        raise InputError(
            f"{where}: no time column {time!r}: found columns {_listed(columns)}; "
            "name the one that holds the time with --time COLUMN"
        )


def _check_targets(mapping: Mapping[str, str], *, where: str) -> None:
    allowed = [name for name in ROWS if name != "timestamp"]
    for name in mapping:
        if name not in allowed and list(mapping) != ["value"]:
            known = ", ".join(allowed)
            raise ConfigError(f"{where}: --map {name}=…: expected one of {known}, or value alone")


def _named(raw: pl.DataFrame, expressions: Mapping[str, pl.Expr]) -> pl.DataFrame:
    named = raw.select(**expressions)
    numbers = [name for name, kind in named.schema.items() if kind == pl.Float64]
    return raw.select(
        **{
            name: _marked(expressions[name]) if name in numbers else named[name]
            for name in named.columns
        }
    )


def _marked(number: pl.Expr) -> pl.Expr:
    """The number, NaN where it is null though everything it is made of is there."""
    roots = [pl.col(name).is_not_null() for name in number.meta.root_names()]
    lost = pl.all_horizontal(number.is_null(), *roots)
    return pl.when(lost).then(float("nan")).otherwise(number)


def _listed(columns: Sequence[str]) -> str:
    shown = ", ".join(columns[:20]) or "none"
    return f"{shown}, …" if len(columns) > 20 else shown
