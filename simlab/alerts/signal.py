"""What a rule sees in a dataset: its signal's observations, each with its windowed value."""

from collections.abc import Sequence
from typing import Final, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simlab.alerts.rule import SAMPLE_SIGNALS, Rule
from simlab.dataset.schema import Dataset
from simlab.errors import InputError

Times: TypeAlias = NDArray[np.int64]
Values: TypeAlias = NDArray[np.float64]

_STATUS: Final = pl.col("status")
_EXPRESSIONS: Final[dict[str, pl.Expr]] = {
    "age": pl.col("queue_wait") + pl.col("duration"),
    "error_ratio": pl.when(_STATUS != "retry").then(_STATUS == "error"),
    "retry_ratio": _STATUS == "retry",
}


def observations(rule: Rule, dataset: Dataset) -> tuple[Times, Values]:
    """The observations of the rule's signal, in the order of rows.

    A row whose signal is null is none; `error_ratio` is observed at finished batches alone.

    Returns:
        The times [µs since 1970-01-01 UTC], ascending, repeats kept; and for each the value of
        the window that ends with it, in the signal's unit. It is NaN, undefined, until the
        window holds what the rule needs, and while an aggregated window holds a NaN.

    Raises:
        InputError: the dataset says nothing about the signal: no samples, no such column, or
            not one observation.
    """
    value = _EXPRESSIONS.get(rule.signal, pl.col(rule.signal))
    frame = _frame(rule, dataset, value.meta.root_names())
    seen = frame.select("timestamp", value=value.cast(pl.Float64)).drop_nulls("value")
    if seen.is_empty():
        kind = "samples" if frame is dataset.samples else "rows"
        raise _untold(rule, dataset, f"and none of {frame.height} {kind} tells it")
    time_us = seen["timestamp"].dt.timestamp("us").to_numpy()
    return time_us, windowed(seen["value"].to_numpy(), rule)


def windowed(value: Values, rule: Rule) -> Values:
    """For each observed value the rule's aggregate over the window that ends with it.

    A ratio counts in integers and divides once, so 5 of 100 is 0.05 to the bit. A mean adds at
    most a window's values, in the very order of `simlab.alerts.window`, and takes nothing away
    again: the relative error for values of one sign stays below the window's length times 2⁻⁵³,
    however long the series, and live and backtest agree to the bit.

    >>> rule = Rule(name="mean", signal="value", aggregate="mean", window="2 rows", threshold=1)
    >>> windowed(np.array([1.0, 2.0, 4.0]), rule)
    array([nan, 1.5, 3. ])
    """
    held = np.minimum(np.arange(1, len(value) + 1), rule.window_count)
    result = _aggregated(value, held, rule)
    return np.where(held < rule.needed_count, np.nan, result)


def _frame(rule: Rule, dataset: Dataset, columns: Sequence[str]) -> pl.DataFrame:
    """The rows or samples that have the columns of the rule's signal; refused without."""
    frame = dataset.samples if rule.signal in SAMPLE_SIGNALS else dataset.rows
    if frame is None:
        raise _untold(rule, dataset, "and there are no samples")
    for column in columns:
        if column not in frame.columns:
            raise _untold(rule, dataset, f"found {', '.join(frame.columns)}, no {column}")
    return frame


def _untold(rule: Rule, dataset: Dataset, fault: str) -> InputError:
    return InputError(
        f"{dataset.name}: rule {rule.name!r} needs {rule.signal}, {fault}; "
        "leave the rule out, or give data that tell it"
    )


def _aggregated(value: Values, held: Times, rule: Rule) -> Values:
    """The aggregate over the last `held` values, at each value."""
    if rule.aggregate == "ratio":
        return _window_sums(value.astype(np.int64), rule.window_count) / held
    if rule.aggregate == "min":
        return _sliding(np.minimum, value, rule.window_count)
    if rule.aggregate == "max":
        return _sliding(np.maximum, value, rule.window_count)
    if rule.aggregate == "mean":
        with np.errstate(invalid="ignore", over="ignore"):
            return _sliding(np.add, value, rule.window_count) / held
    return value


def _window_sums(value: Times, width: int) -> Times:
    """Sums over the last `width` integers, fewer at the start."""
    sums = np.cumsum(value)
    sums[width:] -= sums[:-width].copy()
    return sums


def _sliding(combine: np.ufunc, value: Values, width: int) -> Values:
    """`combine` over the last `width` values, fewer at the start; three operations a value.

    The method of van Herk (1992) and of Gil and Werman (1993): cut the values into blocks of
    `width`; a window is the tail of one block and the head of the next, or one whole block.
    """
    size = len(value)
    width = max(1, min(width, size))
    blocks = np.zeros((-(-size // width), width))
    blocks.flat[:size] = value
    heads = combine.accumulate(blocks, axis=1).ravel()[:size]
    tails = combine.accumulate(blocks[:, ::-1], axis=1)[:, ::-1].ravel()
    result = heads.copy()
    combine(tails[1 : size - width + 1], heads[width:], out=result[width:])
    result[width - 1 :: width] = heads[width - 1 :: width]
    return result
