"""A rule over a series that comes chunk by chunk, as `replay` has it over a whole one.

Windows are computed by the very code that computes them over a whole series. Each chunk is put
behind the tail of what came before: as much as a window reaches back, cut where the blocks are
cut that windows are added up in, so that even the rounding is the same.
"""

from typing import Final

import numpy as np

from simlab.alerts.replay import Episodes, rule_episodes
from simlab.alerts.rule import Rule
from simlab.alerts.spans import Times, Values
from simlab.alerts.thinned import Thinned
from simlab.alerts.windowed import windowed

_WHOLE: Final = frozenset({"zscore", "seasonal_z"})
"""They look at more than a window: at the series' first value, at the days before."""


def streams(rule: Rule) -> bool:
    """Whether the rule can be judged chunk by chunk.

    Neither can a rule with a counted window over a smoothed signal on a grid: its window counts
    the steps at which the signal is known.
    """
    counted_steps = rule.step_us is not None and rule.smooth is not None and rule.window_us is None
    return rule.aggregate not in _WHOLE and not counted_steps


class Stream:
    """One rule over one series.

    Args:
        rule: one that `streams`.
    """

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._time_us = np.empty(0, dtype=np.int64)  # the tail of what came before
        self._value = np.empty(0)
        self._judged_us: int | None = None  # on a grid the last moment that was judged
        self._kept = Thinned(rule)

    def take(self, time_us: Times, value: Values) -> None:
        """Take the next observations, none of them before the last of those taken."""
        if not len(time_us):
            return
        carried = len(self._time_us)
        self._time_us = np.concatenate([self._time_us, time_us])
        self._value = np.concatenate([self._value, value])
        # On a grid a moment is over when something came after it.
        last_us = int(time_us[-1])
        self._judge(carried, until_us=last_us - 1 if self._rule.step_us else last_us)
        cut = self._cut()
        self._time_us, self._value = self._time_us[cut:].copy(), self._value[cut:].copy()

    def finish(self, *, until_us: int) -> Episodes:
        """The episodes, when nothing more comes until the data end [µs since 1970]."""
        rule = self._rule
        if len(self._time_us) and (rule.step_us or rule.aggregate == "absent"):
            self._judge(len(self._time_us), until_us=until_us)
        time_us, value = self._kept.series()
        return rule_episodes(rule, time_us, value, until_us=until_us)

    def _judge(self, carried: int, *, until_us: int) -> None:
        moment_us, value = windowed(self._rule, self._time_us, self._value, until_us=until_us)
        if self._rule.step_us is None:
            # To `absent` a carried observation is one moment, and what follows it is news.
            first = carried
        else:
            first = int(np.searchsorted(moment_us, self._judged_before(), side="right"))
            if len(moment_us):
                self._judged_us = max(self._judged_before(), int(moment_us[-1]))
        self._kept.take(moment_us[first:], value[first:])

    def _judged_before(self) -> int:
        return -1 if self._judged_us is None else self._judged_us

    def _cut(self) -> int:
        """How many of the first observations no window to come reaches back to."""
        rule, time_us = self._rule, self._time_us
        low = len(time_us) - 1
        if rule.aggregate == "absent" and rule.step_us is None:
            return low
        ahead_us = int(time_us[-1])
        if rule.step_us:
            ahead_us = self._judged_before() if self._judged_us is not None else int(time_us[0])
        low = min(low, int(np.searchsorted(time_us, ahead_us - _reach_us(rule), side="right")))
        if rule.window_count is None:
            return low
        before = low if rule.step_us else len(time_us)
        low = min(low, before - rule.window_count - 1)
        if rule.smooth_us and low >= 0:
            low = int(np.searchsorted(time_us, time_us[low] - rule.smooth_us, side="right"))
        return max(0, low // rule.window_count * rule.window_count)


def _reach_us(rule: Rule) -> int:
    """How far back of a moment a window of time may look, and what it is made of [µs]."""
    window_us = max(rule.window_us or 0, rule.short_window_us or 0)
    return window_us + (rule.smooth_us or 0) + rule.lookback_us + (rule.step_us or 0)
