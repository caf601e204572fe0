"""What Prometheus makes of an expression at each of many moments, over arrays."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import Final, TypeAlias

import numpy as np

from simlab.prometheus.exposed import Exposed, Flags, Labels, Moments, Values, selected
from simlab.prometheus.promql import (
    Absent,
    Absolute,
    Aggregated,
    Arithmetic,
    Both,
    ClampMin,
    Compare,
    Either,
    Expression,
    Instant,
    Labelled,
    MedianDeviation,
    OverTime,
    Rate,
    Selector,
)
from simlab.prometheus.windows import (
    median_distances,
    over_time,
    quantiles,
    rates,
    windows_of,
)

LOOKBACK_MS: Final = 300_000
US_PER_MS: Final = 1000


@dataclass(frozen=True, eq=False)
class Column:
    """The values of one set of labels, a moment each.

    Attributes:
        value: NaN where there is none.
        present: whether there is one, be it NaN.
    """

    value: Values
    present: Flags


Vector: TypeAlias = Mapping[Labels, Column]


@dataclass(frozen=True, eq=False)
class Query:
    """What an expression is evaluated over, and when.

    Attributes:
        store: the series that there are.
        moment_ms: when [ms since 1970], ascending.
    """

    store: Sequence[Exposed]
    moment_ms: Moments


def evaluate(expression: Expression, store: Sequence[Exposed], moment_ms: Moments) -> Vector:
    """What an expression gives at moments.

    Times of the store and of the moments are whole milliseconds. The lookback of plain selectors is
    closed at its left end, as in Prometheus 2.
    """
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        return _evaluated(expression, Query(store, moment_ms))


def recorded(metric: str, vector: Vector, moment_ms: Moments) -> list[Exposed]:
    """The series that a recording rule makes of its values; it ends where there is none."""
    return [_recorded(metric, labels, column, moment_ms) for labels, column in vector.items()]


def _recorded(metric: str, labels: Labels, column: Column, moment_ms: Moments) -> Exposed:
    ended = ~column.present & np.append(False, column.present[:-1])
    kept = column.present | ended
    return Exposed(
        metric=metric, labels=labels, time_ms=moment_ms[kept], value=column.value[kept],
        stale=ended[kept],
    )  # fmt: skip


@singledispatch
def _evaluated(expression: Expression, query: Query) -> Vector:
    raise NotImplementedError(type(expression).__name__)


@_evaluated.register
def _(expression: Instant, query: Query) -> Vector:
    return {
        series.labels: _latest(series, query.moment_ms)
        for series in selected(query.store, expression.selector)
    }


def _latest(series: Exposed, moment_ms: Moments) -> Column:
    index = np.searchsorted(series.time_ms, moment_ms, side="right") - 1
    present = index >= 0
    index = np.maximum(index, 0)
    if not len(series.time_ms):
        return Column(np.full(len(moment_ms), np.nan), present)
    present &= series.time_ms[index] >= moment_ms - LOOKBACK_MS
    if series.stale is not None:
        present &= ~series.stale[index]
    return Column(np.where(present, series.value[index], np.nan), present)


@_evaluated.register
def _(expression: OverTime, query: Query) -> Vector:
    end_ms = query.moment_ms - expression.offset_us // US_PER_MS
    found = {}
    for series in _unstale(query.store, expression.selector):
        windows = windows_of(series, end_ms, width_ms=expression.width_us // US_PER_MS)
        value = over_time(expression.function, series.value, windows, share=expression.share)
        found[series.labels] = Column(value, windows.held > 0)
    return found


@_evaluated.register
def _(expression: Rate, query: Query) -> Vector:
    return {
        series.labels: Column(
            *rates(
                expression.function, series, query.moment_ms,
                width_ms=expression.width_us // US_PER_MS,
            )
        )
        for series in _unstale(query.store, expression.selector)
    }  # fmt: skip


@_evaluated.register
def _(expression: MedianDeviation, query: Query) -> Vector:
    width_ms, step_ms = expression.width_us // US_PER_MS, expression.step_us // US_PER_MS
    found = {}
    for series in _unstale(query.store, expression.selector):
        whole = windows_of(series, query.moment_ms, width_ms=width_ms)
        stepped = _stepped(series, step_ms)
        steps = windows_of(stepped, query.moment_ms, width_ms=width_ms)
        middle = quantiles(series.value, whole, 0.5)
        value = median_distances(stepped.value, steps, middle)
        found[series.labels] = Column(value, (steps.held > 0) & (whole.held > 0))
    return found


def _stepped(series: Exposed, step_ms: int) -> Exposed:
    """The latest sample in each step, at the multiples of the step."""
    step = -(-series.time_ms // step_ms)
    is_last = np.append(np.diff(step) > 0, True)[: len(step)]
    return Exposed(
        metric=series.metric, labels=series.labels,
        time_ms=step[is_last] * step_ms, value=series.value[is_last],
    )  # fmt: skip


@_evaluated.register
def _(expression: Absolute, query: Query) -> Vector:
    return _mapped(_evaluated(expression.inner, query), np.abs)


@_evaluated.register
def _(expression: ClampMin, query: Query) -> Vector:
    return _mapped(
        _evaluated(expression.inner, query), lambda value: np.maximum(value, expression.least)
    )


@_evaluated.register
def _(expression: Arithmetic, query: Query) -> Vector:
    operate, left = _OPERATORS[expression.operator], _evaluated(expression.left, query)
    if not isinstance(expression.right, Expression):
        constant = np.full(len(query.moment_ms), expression.right)
        return _mapped(left, lambda value: operate(value, constant))
    right = _evaluated(expression.right, query)
    return {
        labels: Column(
            operate(left[labels].value, right[labels].value),
            left[labels].present & right[labels].present,
        )
        for labels in left
        if labels in right
    }


@_evaluated.register
def _(expression: Compare, query: Query) -> Vector:
    compare, limit = _COMPARISONS[expression.operator], expression.right
    return {
        labels: Column(column.value, column.present & compare(column.value, limit))
        for labels, column in _evaluated(expression.left, query).items()
    }


@_evaluated.register
def _(expression: Both, query: Query) -> Vector:
    right = _evaluated(expression.right, query)
    return {
        labels: Column(column.value, column.present & right[labels].present)
        for labels, column in _evaluated(expression.left, query).items()
        if labels in right
    }


@_evaluated.register
def _(expression: Either, query: Query) -> Vector:
    found = dict(_evaluated(expression.left, query))
    for labels, column in _evaluated(expression.right, query).items():
        before = found.get(labels)
        found[labels] = column if before is None else _filled(before, column)
    return found


@_evaluated.register
def _(expression: Aggregated, query: Query) -> Vector:
    groups: dict[Labels, list[Column]] = {}
    for labels, column in _evaluated(expression.inner, query).items():
        kept = tuple(label for label in labels if _is_kept(expression, label[0]))
        groups.setdefault(kept, []).append(column)
    return {labels: _aggregated(expression, columns) for labels, columns in groups.items()}


@_evaluated.register
def _(expression: Labelled, query: Query) -> Vector:
    added = (expression.label, expression.value)
    return {
        tuple(sorted((*labels, added))): column
        for labels, column in _evaluated(expression.inner, query).items()
    }


@_evaluated.register
def _(expression: Absent, query: Query) -> Vector:
    held = np.zeros(len(query.moment_ms), dtype=bool)
    for series in _unstale(query.store, expression.selector):
        width_ms = expression.width_us // US_PER_MS
        held |= windows_of(series, query.moment_ms, width_ms=width_ms).held > 0
    labels = tuple(
        (matcher.label, matcher.value)
        for matcher in expression.selector.matchers
        if matcher.operator == "="
    )
    return {labels: Column(np.where(held, np.nan, 1.0), ~held)}


def _unstale(store: Iterable[Exposed], selector: Selector) -> list[Exposed]:
    return [series.without_stale() for series in selected(store, selector)]


def _mapped(vector: Vector, operate: Callable[[Values], Values]) -> Vector:
    return {
        labels: Column(operate(column.value), column.present) for labels, column in vector.items()
    }


def _filled(left: Column, right: Column) -> Column:
    value = np.where(left.present, left.value, right.value)
    return Column(value, left.present | right.present)


def _is_kept(expression: Aggregated, label: str) -> bool:
    if expression.without is not None:
        return label not in expression.without
    return label in expression.by


def _aggregated(expression: Aggregated, columns: Sequence[Column]) -> Column:
    present = np.stack([column.present for column in columns])
    value = np.stack([column.value for column in columns])
    known: Flags = np.logical_or.reduce(present, axis=0)
    match expression.function:
        case "sum":
            result = np.where(present, value, 0.0).sum(axis=0)
        case "count":
            result = present.sum(axis=0).astype(np.float64)
        case "max":
            result = np.fmax.reduce(np.where(present, value, np.nan), axis=0)
        case "quantile":
            result = _quantile(np.where(present, value, np.nan), expression.share or 0.0)
    return Column(np.where(known, result, np.nan), known)


def _quantile(value: Values, share: float) -> Values:
    """The quantile of each column of a table, over what is not NaN."""
    ordered = np.sort(value, axis=0)  # NaN comes last
    held = np.count_nonzero(~np.isnan(ordered), axis=0)
    place = share * np.maximum(held - 1, 0)
    below = np.floor(place).astype(np.int64)
    column = np.arange(value.shape[1])
    above = np.minimum(below + 1, np.maximum(held - 1, 0))
    weight = place - below
    result: Values = ordered[below, column] * (1 - weight) + ordered[above, column] * weight
    return result


_OPERATORS: Final[dict[str, Callable[[Values, Values], Values]]] = {
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
}
_COMPARISONS: Final[dict[str, Callable[[Values, float], Flags]]] = {
    ">": np.greater,
    ">=": np.greater_equal,
    "<": np.less,
    "==": np.equal,
}
