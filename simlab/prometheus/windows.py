"""What PromQL makes of the samples in a window, over arrays, for many windows at once.

Prometheus adds with compensation; here a window's sums are made of two parts. Sums of whole numbers
are the same to the bit, others to about one part in 10¹⁵.
"""

from typing import Final

import numpy as np

from simlab.alerts.ordered import Ordered
from simlab.alerts.spans import Spans, folded, spans
from simlab.prometheus.exposed import Exposed, Flags, Moments, Values
from simlab.prometheus.promql import OverTimeName, RateName

_DOUBTFUL: Final = 1e-9
"""A variance below this share of the squared mean is worked out again from the samples."""

_THRESHOLD: Final = 1.1
"""Up to how many steps between samples a rate is carried on to the window's end."""


def windows_of(series: Exposed, end_ms: Moments, *, width_ms: int) -> Spans:
    """The windows (end - width, end] of a series without stale marks."""
    stop = np.searchsorted(series.time_ms, end_ms, side="right")
    return spans(series.time_ms, end_ms, stop, count=None, width_us=width_ms)


def over_time(
    function: OverTimeName, value: Values, windows: Spans, *, share: float | None
) -> Values:
    """The function of each window; windows of nothing give NaN.

    `min` and `max` pass over NaN, as Prometheus does.
    """
    match function:
        case "last":
            known = value[np.maximum(windows.stop - 1, 0)] if len(value) else np.nan
            return np.where(windows.held > 0, known, np.nan)
        case "min" | "max":
            return folded(np.fmin if function == "min" else np.fmax, value, windows)
        case "count":
            return windows.held.astype(np.float64)
        case "sum" | "avg":
            sums = folded(np.add, value, windows)
            return sums if function == "sum" else sums / np.maximum(windows.held, 1)
        case "stddev":
            return _deviations(value, windows)
        case "quantile":
            return quantiles(value, windows, 0.5 if share is None else share)


def quantiles(value: Values, windows: Spans, share: float) -> Values:
    """The quantile of each window, linear in between; NaN when it holds one, unlike Prometheus."""
    values, held, low, high = value.tolist(), Ordered(), 0, 0
    result = np.empty(len(windows.at))
    for index, (first, stop) in enumerate(zip(windows.first, windows.stop, strict=True)):
        for position in range(high, stop):
            held.add(values[position])
        for position in range(low, first):
            held.remove(values[position])
        low, high = int(first), int(stop)
        result[index] = held.quantile(share)
    return result


def median_distances(value: Values, windows: Spans, middle: Values) -> Values:
    """The median distance of each window's values from a middle of its own."""
    result = np.full(len(windows.at), np.nan)
    for index in np.flatnonzero(windows.held):
        held = value[windows.first[index] : windows.stop[index]]
        result[index] = np.median(np.abs(held - middle[index]))
    return result


def _deviations(value: Values, windows: Spans) -> Values:
    """The population's standard deviation of each window."""
    finite = value[np.isfinite(value)]
    centred = value - (finite[0] if len(finite) else 0.0)
    held = np.maximum(windows.held, 1)
    mean = folded(np.add, centred, windows) / held
    variance = folded(np.add, centred * centred, windows) / held - mean * mean
    for index in np.flatnonzero(variance < _DOUBTFUL * mean * mean):
        variance[index] = np.var(value[windows.first[index] : windows.stop[index]])
    return np.sqrt(variance)


def rates(
    function: RateName, series: Exposed, end_ms: Moments, *, width_ms: int
) -> tuple[Values, Flags]:
    """How fast a counter rose, or by how much; and where that is defined: two samples or more.

    As Prometheus 2.42 has it (`extrapolatedRate`): falls are resets; the rise between the first and
    the last sample is carried on to the window's ends, where a sample lies near enough to them, and
    not below the count of 0. The window is a millisecond short, and its left end closed.
    """
    windows = windows_of(series, end_ms, width_ms=width_ms)
    defined = windows.held >= 2
    first, last = windows.first[defined], windows.stop[defined] - 1
    result = np.full(len(end_ms), np.nan)
    if len(first):
        start_ms = end_ms[defined] - (width_ms - 1)
        rise = _rises(series.value, first, last)
        factor = _factors(series, first, last, start_ms, end_ms[defined], rise)
        seconds = (width_ms - 1) / 1000 if function == "rate" else 1.0
        result[defined] = rise * (factor / seconds)
    return result, defined


def _rises(value: Values, first: Moments, last: Moments) -> Values:
    """What counters rose by, from one sample to another, resets made good."""
    lost = np.zeros(len(value))
    falls = np.flatnonzero(np.diff(value) < 0)
    lost[falls + 1] = value[falls]
    made_good = np.cumsum(lost)
    rise: Values = value[last] - value[first] + (made_good[last] - made_good[first])
    return rise


def _factors(
    series: Exposed, first: Moments, last: Moments, start_ms: Moments, end_ms: Moments, rise: Values
) -> Values:
    """By what the rise between two samples is multiplied to be that of the window."""
    time_ms, value = series.time_ms, series.value
    sampled_s = (time_ms[last] - time_ms[first]) / 1000
    to_start_s = (time_ms[first] - start_ms) / 1000
    to_end_s = (end_ms - time_ms[last]) / 1000
    step_s = sampled_s / (last - first)
    with np.errstate(divide="ignore", invalid="ignore"):
        to_zero_s = sampled_s * (value[first] / rise)
    falls_short = (rise > 0) & (value[first] >= 0) & (to_zero_s < to_start_s)
    to_start_s = np.where(falls_short, to_zero_s, to_start_s)
    near_s = step_s * _THRESHOLD
    carried_s = sampled_s + np.where(to_start_s < near_s, to_start_s, step_s / 2)
    carried_s = carried_s + np.where(to_end_s < near_s, to_end_s, step_s / 2)
    factor: Values = carried_s / sampled_s
    return factor
