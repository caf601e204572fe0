"""Windows that hold the signal against its own past, one value at a time."""

import math
from collections import deque
from operator import add
from typing import Final

from simlab.alerts.axis import Axis, History, Now
from simlab.alerts.ordered import ratio
from simlab.alerts.rule import DAY_US, Rule
from simlab.alerts.seasons import LEAST_SEASON_DAYS, SEASON_DAYS
from simlab.alerts.sliding import Sliding, greatest, least
from simlab.clock import US_PER_S

ROUNDING: Final = 2.0**-20
"""What rounding can feign as a spread, as a share of the mean's distance from the first value.

Sums of squares are exact to some 2⁻⁵³ a value; a root halves the digits, and a window may be long.
"""


class _Spread:
    """The mean and the population's standard deviation of a window."""

    def __init__(self, axis: Axis) -> None:
        self._axis = axis
        self._sum = Sliding(add, width=axis.width)
        self._squares = Sliding(add, width=axis.width)

    def push(self, time_us: int, value: float) -> None:
        key = self._axis.next(time_us)
        self._sum.push(key, value)
        self._squares.push(key, value * value)

    def read(self, moment_us: int) -> tuple[int, float, float]:
        """How many values there are, their mean and their standard deviation."""
        at = self._axis.at(moment_us)
        held = self._sum.slide(at)
        self._squares.slide(at)
        if not held:
            return 0, math.nan, math.nan
        mean = self._sum.fold() / held
        variance = self._squares.fold() / held - mean * mean
        return held, mean, max(math.sqrt(max(variance, 0.0)), ROUNDING * abs(mean))


class ZWindow:
    """How many standard deviations the signal lies above its window's mean."""

    def __init__(self, rule: Rule) -> None:
        self._spread = _Spread(Axis(rule))
        self._now = Now(rule)
        self._floor = rule.floor or 0.0
        self._needed = rule.needed_count
        self._centre: float | None = None

    def push(self, time_us: int, value: float) -> None:
        """Take an observation."""
        if self._centre is None and math.isfinite(value):
            # Near the values, so that their squares do not swallow the spread.
            self._centre = value
        self._spread.push(time_us, value - (self._centre or 0.0))
        self._now.push(time_us, value)

    def read(self, moment_us: int) -> float:
        """The z at a moment."""
        held, mean, scale = self._spread.read(moment_us)
        if held < self._needed:
            return math.nan
        now = self._now.read(moment_us) - (self._centre or 0.0)
        return ratio(now - mean, max(scale, self._floor))


class SeasonalWindow:
    """How many standard deviations the signal lies above its median at this time of day."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._spread = _Spread(Axis(rule))
        self._now = Now(rule)
        self._history = History(rule, span_us=SEASON_DAYS[-1] * DAY_US)

    def push(self, time_us: int, value: float) -> None:
        """Take an observation."""
        self._now.push(time_us, value)
        self._history.push(time_us, value)

    def read(self, moment_us: int) -> float:
        """The z at a moment."""
        beyond = self._now.read(moment_us) - self._season(moment_us)
        self._history.forget(moment_us)
        if math.isnan(beyond):
            return math.nan
        self._spread.push(moment_us, beyond)
        held, _, scale = self._spread.read(moment_us)
        if held < self._rule.needed_count:
            return math.nan
        return ratio(beyond, max(scale, self._rule.floor or 0.0))

    def _season(self, moment_us: int) -> float:
        before = (self._history.read(moment_us - days * DAY_US) for days in SEASON_DAYS)
        known = sorted(value for value in before if not math.isnan(value))
        if len(known) < LEAST_SEASON_DAYS:
            return math.nan
        return (known[(len(known) - 1) // 2] + known[len(known) // 2]) / 2


class RecordWindow:
    """How far beyond the range of what came before the signal lies, as a share of it."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._axis = Axis(rule)
        self._high = Sliding(greatest, width=self._axis.width)
        self._low = Sliding(least, width=self._axis.width)
        self._now = Now(rule)
        self._step_us = rule.step_us
        self._recent: deque[tuple[int, float]] = deque()

    def push(self, time_us: int, value: float) -> None:
        """Take an observation."""
        self._recent.append((time_us, value))
        self._now.push(time_us, value)

    def read(self, moment_us: int) -> float:
        """The share at a moment, above 0 beyond the range; below it for direction `below`."""
        end_us = moment_us - (self._step_us or 0)
        self._take(end_us)
        at = self._axis.at(end_us)
        held = self._high.slide(at)
        self._low.slide(at)
        if held < max(self._rule.needed_count, 1):
            return math.nan
        high, low = self._high.fold(), self._low.fold()
        now = self._now.read(moment_us)
        above, below = ratio(now - high, high - low), ratio(now - low, high - low)
        if self._rule.direction == "outside":
            return greatest(above, -below)
        return above if self._rule.direction == "above" else below

    def _take(self, end_us: int) -> None:
        """Let what came before into the window: all but the row itself, or up to the step before."""
        recent = self._recent
        while recent and (recent[0][0] <= end_us if self._step_us else len(recent) > 1):
            time_us, value = recent.popleft()
            key = self._axis.next(time_us)
            self._high.push(key, value)
            self._low.push(key, value)


class RateWindow:
    """How much the signal rose over a time, by the second."""

    def __init__(self, rule: Rule) -> None:
        self._width_us = rule.window_us or 0
        self._now = Now(rule)
        self._history = History(rule, span_us=self._width_us)

    def push(self, time_us: int, value: float) -> None:
        """Take an observation."""
        self._now.push(time_us, value)
        self._history.push(time_us, value)

    def read(self, moment_us: int) -> float:
        """The rise at a moment [1/s of the signal's unit]."""
        rise = self._now.read(moment_us) - self._history.read(moment_us - self._width_us)
        self._history.forget(moment_us)
        return rise / (self._width_us / US_PER_S)
