"""Where a rule's observations lie: on the axis of its window, and now."""

import math
from bisect import bisect_right

from simlab.alerts.rule import Rule


class Axis:
    """The axis of a rule's window: time, or the running number of the observation.

    Attributes:
        width: how long the window is on it: [µs], or observations.
    """

    __slots__ = ("_counted", "_seen", "width")

    def __init__(self, rule: Rule) -> None:
        self._counted = rule.window_us is None
        self._seen = 0
        self.width = rule.window_us or rule.window_count or 1

    def next(self, time_us: int) -> int:
        """Where the next observation lies."""
        self._seen += 1
        return self._seen - 1 if self._counted else time_us

    def at(self, moment_us: int) -> int:
        """Where a window ends that ends at a moment."""
        return self._seen - 1 if self._counted else moment_us


class Now:
    """The latest value, while it is young enough to stand for now."""

    __slots__ = ("_lookback_us", "_time_us", "_value")

    def __init__(self, rule: Rule) -> None:
        self._lookback_us = rule.lookback_us
        self._time_us = 0
        self._value = math.nan

    def push(self, time_us: int, value: float) -> None:
        """Take an observation."""
        self._time_us, self._value = time_us, value

    def read(self, moment_us: int) -> float:
        """The value at a moment, NaN without."""
        return self._value if self._time_us > moment_us - self._lookback_us else math.nan


class History:
    """The values of some time back, looked up by moment.

    Args:
        rule: says how old a value may be to stand for a moment.
        span_us: how far back moments are asked for [µs].
    """

    __slots__ = ("_lookback_us", "_span_us", "_times", "_values")

    def __init__(self, rule: Rule, *, span_us: int) -> None:
        self._lookback_us = rule.lookback_us
        self._span_us = span_us + rule.lookback_us
        self._times: list[int] = []
        self._values: list[float] = []

    def push(self, time_us: int, value: float) -> None:
        """Take an observation."""
        self._times.append(time_us)
        self._values.append(value)

    def read(self, moment_us: int) -> float:
        """The latest value in (moment - lookback, moment], NaN where there is none."""
        index = bisect_right(self._times, moment_us) - 1
        if index < 0 or self._times[index] <= moment_us - self._lookback_us:
            return math.nan
        return self._values[index]

    def forget(self, moment_us: int) -> None:
        """Let go of what no moment from this one on looks back to."""
        kept = bisect_right(self._times, moment_us - self._span_us)
        if kept > len(self._times) // 2:  # seldom, so that it costs little a value
            del self._times[:kept]
            del self._values[:kept]
