"""The windows of rules, one value at a time: what `live` judges by.

Each computes the very floats that `simlab.alerts.windowed` computes over arrays.
"""

import math
from collections import deque
from collections.abc import Callable
from operator import add
from typing import Final, Protocol, TypeAlias

from simlab.alerts.adaptive import RateWindow, RecordWindow, SeasonalWindow, ZWindow
from simlab.alerts.axis import Axis, Now
from simlab.alerts.ordered import Ordered
from simlab.alerts.rule import QUANTILES, Rule
from simlab.alerts.sliding import Combine, Sliding, greatest, least

Judged: TypeAlias = Callable[[int, float], float]
"""Takes the next observation, its time [µs] and value; gives the value the rule is judged by."""


class Window(Protocol):
    """A window that observations are put into and that is read at moments, in order of time."""

    def push(self, time_us: int, value: float) -> None:
        """Take an observation."""

    def read(self, moment_us: int) -> float:
        """The value the rule is judged by at a moment, NaN where undefined."""


def window(rule: Rule) -> Judged | None:
    """A new, empty window of a rule that is judged at each row.

    Returns:
        None when the observation itself is what the rule is judged by.
    """
    if rule.aggregate == "ratio" and rule.window_count is not None:
        return _counted_ratio(rule.window_count, rule.needed_count)
    if _is_plain(rule):
        return None
    whole = grid_window(rule)

    def push(time_us: int, value: float) -> float:
        whole.push(time_us, value)
        return whole.read(time_us)

    return push


def grid_window(rule: Rule) -> Window:
    """A new, empty window of a rule that is read at moments of its own."""
    inner = _WINDOWS[rule.aggregate](rule)
    if rule.smooth_us is not None:
        inner = _Smoothed(inner, width_us=rule.smooth_us, on_grid=rule.step_us is not None)
    if rule.direction == "outside" and rule.aggregate != "record":
        return _Folded(inner)
    return inner


def _is_plain(rule: Rule) -> bool:
    plain = rule.aggregate == "last" and rule.smooth is None and rule.direction != "outside"
    return plain and rule.needed_count == 1


def _counted_ratio(width: int, needed: int) -> Judged:
    """The share of 1 among the last values of 0 and 1: counted in integers, divided once."""
    held: deque[float] = deque()
    ones = 0

    def push(_: int, value: float) -> float:
        nonlocal ones
        held.append(value)
        ones += value == 1
        if len(held) > width:
            ones -= held.popleft() == 1
        return ones / len(held) if len(held) >= needed else math.nan

    return push


class _Last:
    """The latest value, once there are enough."""

    def __init__(self, rule: Rule) -> None:
        self._count = _Count(rule) if rule.window_us is not None else None
        self._needed = rule.needed_count
        self._seen = 0
        self._now = Now(rule)

    def push(self, time_us: int, value: float) -> None:
        self._seen += 1
        self._now.push(time_us, value)
        if self._count is not None:
            self._count.push(time_us, value)

    def read(self, moment_us: int) -> float:
        held = self._seen if self._count is None else self._count.held(moment_us)
        return self._now.read(moment_us) if held >= self._needed else math.nan


class _Fold:
    """An associative operation over the window, or the mean."""

    def __init__(self, rule: Rule, combine: Combine, *, mean: bool = False) -> None:
        self._axis = Axis(rule)
        self._sliding = Sliding(combine, width=self._axis.width)
        self._needed = rule.needed_count
        self._mean = mean

    def push(self, time_us: int, value: float) -> None:
        self._sliding.push(self._axis.next(time_us), value)

    def read(self, moment_us: int) -> float:
        held = self._sliding.slide(self._axis.at(moment_us))
        if held < self._needed:
            return math.nan
        result = self._sliding.fold()
        return result / held if self._mean else result


class _Range:
    """The largest less the least value of the window."""

    def __init__(self, rule: Rule) -> None:
        self._high = _Fold(rule, greatest)
        self._low = _Fold(rule, least)

    def push(self, time_us: int, value: float) -> None:
        self._high.push(time_us, value)
        self._low.push(time_us, value)

    def read(self, moment_us: int) -> float:
        return self._high.read(moment_us) - self._low.read(moment_us)


class _Count:
    """How many observations a window of time holds, by a unit of its length if one is given."""

    def __init__(self, rule: Rule, *, per: float = 1.0) -> None:
        self._times: deque[int] = deque()
        self._width_us = rule.window_us or 0
        self._needed = rule.needed_count
        self._per = per

    def push(self, time_us: int, _: float) -> None:
        self._times.append(time_us)

    def held(self, moment_us: int) -> int:
        while self._times and self._times[0] <= moment_us - self._width_us:
            self._times.popleft()
        return len(self._times)

    def read(self, moment_us: int) -> float:
        held = self.held(moment_us)
        return held / self._per if held >= self._needed else math.nan


class _Absent(_Count):
    """Whether a window of time holds nothing, as 1 or 0."""

    def read(self, moment_us: int) -> float:
        return float(self.held(moment_us) == 0)


class _Share:
    """The share of 1 among the values of 0 and 1 of a window of time."""

    def __init__(self, width_us: int, needed: int) -> None:
        self._held: deque[tuple[int, bool]] = deque()
        self._ones = 0
        self._width_us = width_us
        self._needed = needed

    def push(self, time_us: int, value: float) -> None:
        self._held.append((time_us, value == 1))
        self._ones += value == 1

    def read(self, moment_us: int) -> float:
        held, low_us = self._held, moment_us - self._width_us
        while held and held[0][0] <= low_us:
            self._ones -= held.popleft()[1]
        return self._ones / len(held) if len(held) >= self._needed else math.nan


class _CountedShare:
    """The share of 1 among the last values of 0 and 1."""

    def __init__(self, rule: Rule) -> None:
        assert rule.window_count is not None
        self._push = _counted_ratio(rule.window_count, rule.needed_count)
        self._share = math.nan

    def push(self, time_us: int, value: float) -> None:
        self._share = self._push(time_us, value)

    def read(self, _: int) -> float:
        return self._share


class _Both:
    """The lesser share of a long and a short window."""

    def __init__(self, rule: Rule, *, width_us: int, short_us: int) -> None:
        self._long = _Share(width_us, rule.needed_count)
        self._short = _Share(short_us, rule.needed_count)

    def push(self, time_us: int, value: float) -> None:
        self._long.push(time_us, value)
        self._short.push(time_us, value)

    def read(self, moment_us: int) -> float:
        return least(self._long.read(moment_us), self._short.read(moment_us))


class _OrderedWindow:
    """What is read off the window's values in their order."""

    def __init__(self, rule: Rule, read: Callable[[Ordered, float], float]) -> None:
        self._axis = Axis(rule)
        self._now = Now(rule)
        self._read = read
        self._needed = rule.needed_count
        self._held: deque[tuple[int, float]] = deque()
        self._ordered = Ordered()

    def push(self, time_us: int, value: float) -> None:
        self._held.append((self._axis.next(time_us), value))
        self._ordered.add(value)
        self._now.push(time_us, value)

    def read(self, moment_us: int) -> float:
        low = self._axis.at(moment_us) - self._axis.width
        while self._held and self._held[0][0] <= low:
            self._ordered.remove(self._held.popleft()[1])
        if len(self._held) < self._needed:
            return math.nan
        return self._read(self._ordered, self._now.read(moment_us))


class _Smoothed:
    """A window over the means of a signal: at each of its observations, or at each reading."""

    def __init__(self, inner: Window, *, width_us: int, on_grid: bool) -> None:
        self._inner = inner
        self._on_grid = on_grid
        self._sliding = Sliding(add, width=width_us)

    def push(self, time_us: int, value: float) -> None:
        self._sliding.push(time_us, value)
        if not self._on_grid:
            held = self._sliding.slide(time_us)
            self._inner.push(time_us, self._sliding.fold() / held)

    def read(self, moment_us: int) -> float:
        if self._on_grid and (held := self._sliding.slide(moment_us)):
            mean = self._sliding.fold() / held
            if not math.isnan(mean):
                self._inner.push(moment_us, mean)
        return self._inner.read(moment_us)


class _Folded:
    """A window whose value counts by how far from 0 it is."""

    def __init__(self, inner: Window) -> None:
        self._inner = inner
        self.push = inner.push

    def read(self, moment_us: int) -> float:
        return abs(self._inner.read(moment_us))


def _mean(rule: Rule) -> Window:
    if rule.signal == "throughput":
        return _Count(rule, per=(rule.window_us or 0) / 60e6)
    return _Fold(rule, add, mean=True)


def _ratio(rule: Rule) -> Window:
    if rule.window_us is None:
        return _CountedShare(rule)
    if rule.short_window_us is None:
        return _Share(rule.window_us, rule.needed_count)
    return _Both(rule, width_us=rule.window_us, short_us=rule.short_window_us)


def _quantile(share: float) -> Callable[[Rule], Window]:
    return lambda rule: _OrderedWindow(rule, lambda held, _: held.quantile(share))


def _robust_z(rule: Rule) -> Window:
    floor = rule.floor or 0.0
    return _OrderedWindow(rule, lambda held, now: held.robust_z(now, floor=floor))


_WINDOWS: Final[dict[str, Callable[[Rule], Window]]] = {
    "last": _Last,
    "mean": _mean,
    "min": lambda rule: _Fold(rule, least),
    "max": lambda rule: _Fold(rule, greatest),
    "range": _Range,
    "ratio": _ratio,
    "count": _Count,
    **{name: _quantile(share) for name, share in QUANTILES.items()},
    "zscore": ZWindow,
    "robust_z": _robust_z,
    "seasonal_z": SeasonalWindow,
    "record": RecordWindow,
    "rate": RateWindow,
    "absent": _Absent,
}
