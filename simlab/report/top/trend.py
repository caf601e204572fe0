"""A value over time, a point for each step, and its picture in block characters."""

import math
from collections import deque
from collections.abc import Sequence
from typing import Final, Literal, TypeAlias

from simlab.report.top.news import POINTS

Worse: TypeAlias = Literal["high", "low"]
"""Which values are the bad ones: a point, or a character, of several values is the worst of them."""

_BLOCKS: Final = "▁▂▃▄▅▆▇█"


class Trend:
    """The latest points of a value.

    Args:
        worse: which of several values of a step counts.
        step_us: how much time a point stands for [µs].
    """

    def __init__(self, worse: Worse, *, step_us: int) -> None:
        self._worse: Worse = worse
        self._step_us = step_us
        self._slot = 0
        self._points: deque[float] = deque(maxlen=POINTS)

    def add(self, time_us: int, value: float) -> None:
        """Put a value in; steps without any are NaN, and one from before the last counts as of now."""
        slot = time_us // self._step_us
        if self._points and slot <= self._slot:
            self._points[-1] = worst([self._points[-1], value], self._worse)
            return
        if self._points:
            self._points.extend([math.nan] * min(POINTS, slot - self._slot - 1))
        self._points.append(value)
        self._slot = slot

    @property
    def points(self) -> tuple[float, ...]:
        """The oldest first."""
        return tuple(self._points)


def worst(values: Sequence[float], worse: Worse) -> float:
    """The worst of some values that are known; NaN where none is.

    >>> worst([1.0, math.nan, 3.0], "high"), worst([1.0, 3.0], "low")
    (3.0, 1.0)
    """
    known = [value for value in values if not math.isnan(value)]
    return (max if worse == "high" else min)(known, default=math.nan)


def cells(points: Sequence[float], width: int, worse: Worse) -> list[float]:
    """The points of equal stretches, the worst of each: as many as there is room for.

    >>> cells([1, 5, 2, 3], 2, "high"), cells([1, 5], 4, "high")
    ([5, 3], [1, 5])
    """
    count = len(points)
    if count <= width:
        return list(points)
    ends = [count * nth // width for nth in range(width + 1)]
    return [worst(points[ends[nth] : ends[nth + 1]], worse) for nth in range(width)]


def blocks(values: Sequence[float], *, top: float) -> str:
    """A character a value, the higher the fuller, from 0 to `top`; a blank for NaN.

    >>> blocks([0, 0.5, 1, 2, math.nan], top=1)
    '▁▅██ '
    """
    return "".join(_block(value, top) for value in values)


def _block(value: float, top: float) -> str:
    if math.isnan(value):
        return " "
    share = value / top if top > 0 else 0.0
    return _BLOCKS[min(max(int(share * len(_BLOCKS)), 0), len(_BLOCKS) - 1)]
