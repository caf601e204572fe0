"""A signal's observations as the values that a rule holds against its limit, over arrays.

First the signal is smoothed, if at all; then the rule's aggregate is taken over the window that
ends with each moment: with each observation, or with each step of the rule's grid. What is
computed here in one go `simlab.alerts.window` computes value by value, to the bit.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from simlab.alerts.adaptive import ROUNDING
from simlab.alerts.ordered import Ordered
from simlab.alerts.rule import DAY_US, QUANTILES, Rule
from simlab.alerts.seasons import LEAST_SEASON_DAYS, SEASON_DAYS
from simlab.alerts.spans import Spans, Times, Values, folded, latest, spans
from simlab.clock import US_PER_S

_Read: TypeAlias = Callable[[Rule, Ordered, float], float]
"""A value read off a window's ordered values, beside the value now."""


@dataclass(frozen=True, kw_only=True, eq=False)
class _Input:
    """What windows are taken over, and where they end.

    Attributes:
        time_us: when each input was observed.
        value: its value, smoothed where the rule says so.
        moment_us: when the rule is judged.
        stop: how many inputs each moment sees.
        now: the signal's value at each moment, NaN where it has none.
    """

    time_us: Times
    value: Values
    moment_us: Times
    stop: Times
    now: Values


def windowed(
    rule: Rule, time_us: Times, value: Values, *, until_us: int | None = None
) -> tuple[Times, Values]:
    """When a rule is judged, and the value it is judged by.

    A ratio counts in integers and divides once, so 5 of 100 is 0.05 to the bit. Sums add at most
    a window's values and take nothing away again: for values of one sign the relative error stays
    below the window's length times 2⁻⁵³, however long the series.

    Args:
        rule: says what is done.
        time_us: when the signal was observed [µs since 1970], ascending; ties count in order.
        value: what was observed; 0 or 1 for a ratio.
        until_us: when the data end [µs since 1970]; the last observation by default.

    Returns:
        Moments, ascending, and their values, NaN where undefined.

    >>> rule = Rule(name="mean", signal="value", aggregate="mean", window="2 rows", threshold=1)
    >>> windowed(rule, np.array([0, 1, 2]), np.array([1.0, 2.0, 4.0]))[1]
    array([nan, 1.5, 3. ])
    """
    if not len(time_us):
        return time_us, value
    end_us = int(time_us[-1]) if until_us is None else until_us
    if rule.aggregate == "absent" and rule.step_us is None:
        return _silences(rule, time_us, end_us)
    given = _smoothed(rule, _input(rule, time_us, value, end_us))
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        result = _AGGREGATES[rule.aggregate](rule, given)
    if rule.direction == "outside" and rule.aggregate != "record":
        result = np.abs(result)
    return given.moment_us, result


def _input(rule: Rule, time_us: Times, value: Values, until_us: int) -> _Input:
    if rule.step_us is None:
        stop = np.arange(1, len(time_us) + 1)
        return _Input(
            time_us=time_us, value=value, moment_us=time_us, stop=stop, now=value,
        )  # fmt: skip
    start_us = -(-int(time_us[0]) // rule.step_us) * rule.step_us
    moment_us = np.arange(start_us, until_us + 1, rule.step_us)
    return _Input(
        time_us=time_us, value=value, moment_us=moment_us,
        stop=np.searchsorted(time_us, moment_us, side="right"),
        now=latest(time_us, value, moment_us, lookback_us=rule.lookback_us),
    )  # fmt: skip


def _smoothed(rule: Rule, given: _Input) -> _Input:
    """The signal averaged first; on a grid that is a series of its own, with no value between."""
    if rule.smooth_us is None:
        return given
    windows = spans(given.time_us, given.moment_us, given.stop, count=None, width_us=rule.smooth_us)
    mean = folded(np.add, given.value, windows) / np.maximum(windows.held, 1)
    if rule.step_us is None:
        return _Input(
            time_us=given.time_us, value=mean, moment_us=given.moment_us, stop=given.stop,
            now=mean,
        )  # fmt: skip
    known = ~np.isnan(mean)
    return _Input(
        time_us=given.moment_us[known], value=mean[known], moment_us=given.moment_us,
        stop=np.cumsum(known), now=mean,
    )  # fmt: skip


def _windows(rule: Rule, given: _Input) -> Spans:
    return spans(
        given.time_us, given.moment_us, given.stop,
        count=rule.window_count, width_us=rule.window_us,
    )  # fmt: skip


def _enough(rule: Rule, value: Values, held: Times) -> Values:
    """The values of windows that hold what the rule needs."""
    return np.where(held < rule.needed_count, np.nan, value)


def _last(rule: Rule, given: _Input) -> Values:
    if rule.window_us is None and rule.needed_count == 1:
        return given.now
    held = given.stop if rule.window_us is None else _windows(rule, given).held
    return _enough(rule, given.now, held)


def _folded(combine: np.ufunc) -> Callable[[Rule, _Input], Values]:
    def over(rule: Rule, given: _Input) -> Values:
        windows = _windows(rule, given)
        return _enough(rule, folded(combine, given.value, windows), windows.held)

    return over


def _range(rule: Rule, given: _Input) -> Values:
    windows = _windows(rule, given)
    high = folded(np.maximum, given.value, windows)
    return _enough(rule, high - folded(np.minimum, given.value, windows), windows.held)


def _mean(rule: Rule, given: _Input) -> Values:
    windows = _windows(rule, given)
    if rule.signal == "throughput":
        assert rule.window_us is not None
        return _enough(rule, windows.held / (rule.window_us / 60e6), windows.held)
    mean = folded(np.add, given.value, windows) / np.maximum(windows.held, 1)
    return _enough(rule, mean, windows.held)


def _count(rule: Rule, given: _Input) -> Values:
    held = _windows(rule, given).held
    return _enough(rule, held.astype(np.float64), held)


def _ratio(rule: Rule, given: _Input) -> Values:
    if rule.window_count is not None and rule.step_us is None:
        return _counted_share(given.value, rule.window_count, rule.needed_count)
    share = _share(rule, given, _windows(rule, given))
    if rule.short_window is None:
        return share
    short = spans(
        given.time_us, given.moment_us, given.stop, count=None, width_us=rule.short_window_us
    )
    return np.minimum(share, _share(rule, given, short))


def _counted_share(value: Values, width: int, needed: int) -> Values:
    """What `_share` gives for counted windows at rows, in a fifth of the time."""
    sums = np.cumsum(value == 1)
    share = sums / width
    share[width:] = (sums[width:] - sums[:-width]) / width
    share[:width] = sums[:width] / np.arange(1, len(sums[:width]) + 1)
    share[: needed - 1] = np.nan
    return share


def _share(rule: Rule, given: _Input, windows: Spans) -> Values:
    ones = np.concatenate(([0], np.cumsum(given.value == 1)))
    counted = ones[windows.stop] - ones[windows.first]
    return _enough(rule, counted / np.maximum(windows.held, 1), windows.held)


def _ordered(read: _Read) -> Callable[[Rule, _Input], Values]:
    def over(rule: Rule, given: _Input) -> Values:
        windows, held = _windows(rule, given), Ordered()
        values, result = given.value.tolist(), np.empty(len(given.moment_us))
        ends = zip(windows.first.tolist(), windows.stop.tolist(), strict=True)
        low = high = 0
        for index, (first, stop) in enumerate(ends):
            for value in values[high:stop]:
                held.add(value)
            for value in values[low:first]:
                held.remove(value)
            low, high = first, stop
            result[index] = read(rule, held, given.now[index])
        return _enough(rule, result, windows.held)

    return over


def _quantile(share: float) -> _Read:
    return lambda _, held, __: held.quantile(share)


def _robust_z(rule: Rule, held: Ordered, now: float) -> float:
    return held.robust_z(now, floor=rule.floor or 0.0)


def _zscore(rule: Rule, given: _Input) -> Values:
    windows = _windows(rule, given)
    finite = given.value[np.isfinite(given.value)]
    # Near the values, so that their squares do not swallow the spread.
    centre = finite[0] if len(finite) else 0.0
    mean, scale = _moments(given.value - centre, windows)
    z = (given.now - centre - mean) / np.maximum(scale, rule.floor or 0.0)
    return _enough(rule, z, windows.held)


def _moments(value: Values, windows: Spans) -> tuple[Values, Values]:
    """The mean and the population's standard deviation of each window.

    The deviation is no less than what rounding can feign, `ROUNDING` of the mean.
    """
    held = np.maximum(windows.held, 1)
    mean = folded(np.add, value, windows) / held
    variance = folded(np.add, value * value, windows) / held - mean * mean
    return mean, np.maximum(np.sqrt(np.maximum(variance, 0.0)), ROUNDING * np.abs(mean))


def _seasonal_z(rule: Rule, given: _Input) -> Values:
    beyond = given.now - _season(rule, given)
    known = ~np.isnan(beyond)
    windows = spans(
        given.moment_us[known], given.moment_us, np.cumsum(known),
        count=rule.window_count, width_us=rule.window_us,
    )  # fmt: skip
    _, scale = _moments(beyond[known], windows)
    z = np.where(known, beyond / np.maximum(scale, rule.floor or 0.0), np.nan)
    return _enough(rule, z, windows.held)


def _season(rule: Rule, given: _Input) -> Values:
    """The median of the values at the same time on the days before, NaN when too few have one."""
    before = np.stack([
        latest(
            given.time_us, given.value, given.moment_us - days * DAY_US,
            lookback_us=rule.lookback_us,
        )
        for days in SEASON_DAYS
    ])  # fmt: skip
    before.sort(axis=0)  # NaN comes last
    known = np.count_nonzero(~np.isnan(before), axis=0)
    column = np.arange(before.shape[1])
    middle = (before[(known - 1) // 2, column] + before[known // 2, column]) / 2
    return np.where(known < LEAST_SEASON_DAYS, np.nan, middle)


def _record(rule: Rule, given: _Input) -> Values:
    """How far beyond the range of what came before, as a share of it."""
    step_us = rule.step_us or 0
    moment_us = given.moment_us - step_us
    seen = np.searchsorted(given.time_us, moment_us, side="right")
    stop = seen if step_us else given.stop - 1
    before = spans(given.time_us, moment_us, stop, count=rule.window_count, width_us=rule.window_us)
    high = folded(np.maximum, given.value, before)
    low = folded(np.minimum, given.value, before)
    above, below = (given.now - high) / (high - low), (given.now - low) / (high - low)
    beyond = {"above": above, "below": below, "outside": np.maximum(above, -below)}
    return _enough(rule, beyond[rule.direction], before.held)


def _rate(rule: Rule, given: _Input) -> Values:
    assert rule.window_us is not None
    then = latest(
        given.time_us, given.value, given.moment_us - rule.window_us,
        lookback_us=rule.lookback_us,
    )  # fmt: skip
    rise: Values = given.now - then
    return rise / (rule.window_us / US_PER_S)


def _absent(rule: Rule, given: _Input) -> Values:
    return np.asarray(_windows(rule, given).held == 0, dtype=np.float64)


def _silences(rule: Rule, time_us: Times, until_us: int) -> tuple[Times, Values]:
    """Each observation as 0; and as 1 each moment that a silence has grown to say something.

    That is when it is as long as the window, and again after the rule's `for`.
    """
    assert rule.window_us is not None
    next_us = np.append(time_us[1:], until_us)
    lengths = np.unique([rule.window_us, rule.window_us + rule.for_us])
    told = [time_us[next_us - time_us > length] + length for length in lengths.tolist()]
    moment_us = np.concatenate([time_us, *told])
    silent = np.repeat([0.0, 1.0], [len(time_us), sum(map(len, told))])
    order = np.argsort(moment_us, kind="stable")
    return moment_us[order], silent[order]


_AGGREGATES: Final[dict[str, Callable[[Rule, _Input], Values]]] = {
    "last": _last,
    "mean": _mean,
    "min": _folded(np.minimum),
    "max": _folded(np.maximum),
    "range": _range,
    "ratio": _ratio,
    "count": _count,
    **{name: _ordered(_quantile(share)) for name, share in QUANTILES.items()},
    "zscore": _zscore,
    "robust_z": _ordered(_robust_z),
    "seasonal_z": _seasonal_z,
    "record": _record,
    "rate": _rate,
    "absent": _absent,
}
