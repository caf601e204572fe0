"""The pages of rules that are one alert, and how long each went on."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from simlab.tuning.coverage import uncovered_before
from simlab.tuning.interval import Interval
from simlab.tuning.match import Truth

Times = NDArray[np.int64]
Floats = NDArray[np.float64]
_Elapsed: TypeAlias = Callable[[Times], Floats]


@dataclass(frozen=True, kw_only=True, eq=False)
class Pages:
    """Pages, and what each amounts to in a judged interval.

    Attributes:
        start_us: when each started, ascending [µs since 1970].
        outside_s: how long the group fired from each page until the next, within the interval
            and outside of labels [s].
        inside_s: the same, inside of labels [s].
    """

    start_us: Times
    outside_s: Floats
    inside_s: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class Elapsed:
    """Functions of moments [µs since 1970]: the time since the start of an interval, within it.

    Attributes:
        all_s: all of it [s].
        outside_s: what lies outside of labels [s].
    """

    all_s: _Elapsed
    outside_s: _Elapsed


def elapsed(interval: Interval, truth: Truth | None) -> Elapsed:
    """The time of an interval, in and outside of labels; None is no labels."""
    nothing = np.empty(0, dtype=np.int64)
    windows = None if truth is None else truth.incidents
    starts, ends = (nothing, nothing) if windows is None else (windows.start_us, windows.end_us)
    from_us, until_us = interval.start_us, interval.until_us
    return Elapsed(
        all_s=uncovered_before(nothing, nothing, from_us=from_us, until_us=until_us),
        outside_s=uncovered_before(starts, ends, from_us=from_us, until_us=until_us),
    )


def pages(start_us: Times, end_us: Times, *, cooldown_us: int, elapsed: Elapsed) -> Pages:
    """The pages of one group, by the words of `simlab.alerts.group`.

    Args:
        start_us: when the episodes of all its rules started, in any order [µs since 1970].
        end_us: when they ended.
        cooldown_us: how long after its last firing the group raises no page [µs].
        elapsed: the time of the judged interval; pages before it are given too, with what they
            last in it.
    """
    order = np.argsort(start_us, kind="stable")
    start, end = start_us[order], end_us[order]
    fired = np.maximum.accumulate(end)
    is_page = np.ones(start.size, dtype=bool)
    is_page[1:] = start[1:] - fired[:-1] > cooldown_us
    fresh = start.copy()  # where an episode goes beyond those before it
    fresh[1:] = np.maximum(start[1:], fired[:-1])
    until = np.maximum(end, fresh)
    first = np.flatnonzero(is_page)
    outside_s = _summed(elapsed.outside_s(until) - elapsed.outside_s(fresh), first)
    all_s = _summed(elapsed.all_s(until) - elapsed.all_s(fresh), first)
    return Pages(start_us=start[first], outside_s=outside_s, inside_s=all_s - outside_s)


def _summed(value: Floats, first: Times) -> Floats:
    """The sum from each of `first` until the next."""
    return np.add.reduceat(value, first) if first.size else np.empty(0)
