"""What a rule sees in a dataset: its signal's observations, each with its windowed value."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from simlab.alerts.rule import SAMPLE_SIGNALS, Rule
from simlab.alerts.spans import Times, Values
from simlab.alerts.windowed import windowed
from simlab.dataset.schema import Dataset
from simlab.errors import InputError

_STATUS: Final = pl.col("status")
_EXPRESSIONS: Final[dict[str, pl.Expr]] = {
    "age": pl.col("queue_wait") + pl.col("duration"),
    "error_ratio": pl.when(_STATUS != "retry").then(_STATUS == "error"),
    "retry_ratio": _STATUS == "retry",
    "throughput": pl.when(_STATUS != "retry").then(pl.lit(1.0)),
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Series:
    """A rule's windowed values, for all warehouses or for one.

    Attributes:
        warehouse_id: which warehouse; None when the rule does not tell them apart.
        time_us: when the rule is judged [µs since 1970], ascending, repeats kept.
        value: the value it is judged by, in the signal's unit; NaN where undefined.
    """

    warehouse_id: int | None
    time_us: Times
    value: Values


def series(rule: Rule, dataset: Dataset) -> tuple[Series, ...]:
    """What the rule is judged by over a dataset.

    A row whose signal is null is no observation; `error_ratio` and `throughput` are observed at
    finished batches alone.

    Returns:
        One series; for a rule `by` warehouse one a warehouse that has an observation, by its id.

    Raises:
        InputError: the dataset says nothing about the signal: no samples, no such column, or
            not one observation.
    """
    until_us = last_us(dataset)
    found = tuple(
        Series(warehouse_id=warehouse_id, time_us=moment_us, value=value)
        for warehouse_id, time_us, seen in observed(rule, dataset)
        for moment_us, value in [windowed(rule, time_us, seen, until_us=until_us)]
    )
    if not found:
        sampled = rule.signal in SAMPLE_SIGNALS
        frame = dataset.samples if sampled else dataset.rows
        height = 0 if frame is None else frame.height
        raise untold(
            rule, dataset, f"and none of {height} {'samples' if sampled else 'rows'} tells it"
        )
    return found


def observations(rule: Rule, dataset: Dataset) -> tuple[Times, Values]:
    """The moments and values of a rule that does not tell warehouses apart; see `series`."""
    (only,) = series(rule, dataset)
    return only.time_us, only.value


def first_us(dataset: Dataset) -> int | None:
    """When the first row or sample of the dataset was taken; None when it holds neither."""
    return min((time_us[0] for time_us in _times_us(dataset)), default=None)


def last_us(dataset: Dataset) -> int | None:
    """When the last row or sample of the dataset was taken; None when it holds neither."""
    return max((time_us[-1] for time_us in _times_us(dataset)), default=None)


def _times_us(dataset: Dataset) -> list[pl.Series]:
    """When rows were taken, and when samples were, of what there is [µs since 1970]."""
    frames = [dataset.rows] if dataset.samples is None else [dataset.rows, dataset.samples]
    return [frame["timestamp"].dt.timestamp("us") for frame in frames if frame.height]


def observed(rule: Rule, dataset: Dataset) -> Iterator[tuple[int | None, Times, Values]]:
    """The observations of the rule's signal, and what was observed.

    Yields:
        All of them, where there is any, with None; or those of each warehouse by its id.

    Raises:
        InputError: there are no samples, or no such column.
    """
    value = _value(rule)
    apart = [] if rule.by is None else [rule.by]
    frame = _frame(rule, dataset, columns(rule))
    seen = frame.select("timestamp", *apart, value=value.cast(pl.Float64)).drop_nulls()
    if rule.by is not None:
        for key, part in sorted(seen.partition_by(rule.by, as_dict=True).items()):
            yield int(key[0]), *_arrays(part)
    elif not seen.is_empty():
        yield None, *_arrays(seen)


def columns(rule: Rule) -> tuple[str, ...]:
    """The columns that the rule looks at, beside `timestamp`."""
    apart = [] if rule.by is None else [rule.by]
    return (*_value(rule).meta.root_names(), *apart)


def _value(rule: Rule) -> pl.Expr:
    return _EXPRESSIONS.get(rule.signal, pl.col(rule.signal))


def _arrays(seen: pl.DataFrame) -> tuple[Times, Values]:
    time_us: Times = seen["timestamp"].dt.timestamp("us").to_numpy()
    return time_us, np.asarray(seen["value"].to_numpy(), dtype=np.float64)


def _frame(rule: Rule, dataset: Dataset, columns: Sequence[str]) -> pl.DataFrame:
    """The rows or samples that have the columns of the rule's signal; refused without."""
    frame = dataset.samples if rule.signal in SAMPLE_SIGNALS else dataset.rows
    if frame is None:
        raise untold(rule, dataset, "and there are no samples")
    for column in columns:
        if column not in frame.columns:
            raise untold(rule, dataset, f"found {', '.join(frame.columns)}, no {column}")
    return frame


def untold(rule: Rule, dataset: Dataset, fault: str) -> InputError:
    """That a dataset says nothing of what the rule needs, and why."""
    return InputError(
        f"{dataset.name}: rule {rule.name!r} needs {rule.signal}, {fault}; "
        "leave the rule out, or give data that tell it"
    )
