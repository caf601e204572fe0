"""The values of a window in their order, and what is read off them: quantiles and spreads."""

import math
from bisect import bisect_left, insort
from collections.abc import Sequence

MAD_SCALE = 1.4826
"""A normal distribution's standard deviation over its median absolute deviation: 1 / Φ⁻¹(3/4)."""


class Ordered:
    """A sorted multiset of floats; NaN is counted and makes whatever is read off NaN."""

    __slots__ = ("_nans", "_sorted")

    def __init__(self) -> None:
        self._sorted: list[float] = []
        self._nans = 0

    def __len__(self) -> int:
        return len(self._sorted) + self._nans

    def add(self, value: float) -> None:
        """Take a value in: a search, and a move of memory."""
        if math.isnan(value):
            self._nans += 1
        else:
            insort(self._sorted, value)

    def remove(self, value: float) -> None:
        """Take out a value that was added."""
        if math.isnan(value):
            self._nans -= 1
        else:
            del self._sorted[bisect_left(self._sorted, value)]

    def quantile(self, share: float) -> float:
        """The quantile, linear between the two values beside it; NaN of nothing."""
        return math.nan if self._nans else quantile(self._sorted, share)

    def robust_z(self, value: float, *, floor: float) -> float:
        """How many robust standard deviations a value lies above the median.

        The standard deviation is `MAD_SCALE` times the median absolute deviation, and no less
        than `floor`. With a scale of 0 it is infinite, or NaN at the median itself.
        """
        if self._nans or not self._sorted:
            return math.nan
        middle = quantile(self._sorted, 0.5)
        return ratio(value - middle, max(MAD_SCALE * self._deviation(middle), floor))

    def _deviation(self, middle: float) -> float:
        """The median absolute deviation from the middle."""
        values, cut = self._sorted, bisect_left(self._sorted, middle)
        low, high = (len(values) - 1) // 2, len(values) // 2
        deviation = _nearest(values, cut, middle, high)
        if low == high:
            return deviation
        return _nearest(values, cut, middle, low) / 2 + deviation / 2


def _nearest(values: Sequence[float], cut: int, middle: float, rank: int) -> float:
    """The deviation from the middle that has a rank, 0 the least.

    The deviations of the values below the cut, and of those from it on, are two sorted lists. How
    many of the least deviations are below it is found by halving.
    """
    low, high = max(0, rank - (len(values) - cut)), min(rank, cut)
    while low < high:
        below = (low + high) // 2
        if middle - values[cut - 1 - below] < values[cut + rank - below - 1] - middle:
            low = below + 1
        else:
            high = below
    above = rank - low
    deviations = []
    if low < cut:
        deviations.append(middle - values[cut - 1 - low])
    if cut + above < len(values):
        deviations.append(values[cut + above] - middle)
    return min(deviations)


def quantile(ordered: Sequence[float], share: float) -> float:
    """A quantile of sorted values, linear in between; NaN of nothing.

    >>> quantile([1.0, 2.0, 4.0], 0.75)
    3.0
    """
    if not ordered:
        return math.nan
    position = share * (len(ordered) - 1)
    below = math.floor(position)
    weight = position - below
    if weight == 0:
        return ordered[below]
    return ordered[below] * (1 - weight) + ordered[below + 1] * weight


def ratio(part: float, whole: float) -> float:
    """A division as IEEE 754 has it: by 0 it is infinite, or NaN for 0 / 0."""
    if whole:
        return part / whole
    return math.nan if part == 0 or math.isnan(part) else math.copysign(math.inf, part)
