"""Quantiles of the last ten minutes from a sketch of fixed size.

Each value is counted in a bucket of a geometric grid whose base makes any value of a bucket
lie within 1 % of what is told for it (Masson, Rim, Lee: DDSketch, VLDB 2019). There is one row
of counts for each ten seconds of the events' own time; a row that is out of date is used anew.
"""

import math
from collections.abc import Sequence
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from simlab.clock import US_PER_S

ACCURACY: Final = 0.01
LEAST: Final = 1e-6
MOST: Final = 1e9
SLOT_US: Final = 10 * US_PER_S
SLOTS: Final = 60

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]

_BASE: Final = (1 + ACCURACY) / (1 - ACCURACY)
_PER_LOG: Final = 1 / math.log(_BASE)
_BEFORE_LEAST: Final = math.floor(math.log(LEAST) * _PER_LOG) - 1
_BUCKETS: Final = math.ceil(math.log(MOST) * _PER_LOG) - _BEFORE_LEAST + 1
_TOLD: Final = 2 * _BASE ** (np.arange(_BUCKETS) + _BEFORE_LEAST) / (_BASE + 1)
_TOLD[0] = 0.0
_ONE: Final = np.int32(1)
"""Of the counts' own type, for which `np.add.at` is twenty times as fast."""


def window_start_us(now_us: int) -> int:
    """When the window that ends at `now_us` begins: 10 minutes before the end of its 10 seconds.

    >>> window_start_us(1_234 * US_PER_S) // US_PER_S
    640
    """
    return (now_us // SLOT_US - SLOTS + 1) * SLOT_US


class Sketch:
    """Counts of values from 0 to `MOST` by ten seconds; memory does not grow with them.

    What is under `LEAST` counts as 0, and what is over `MOST` as `MOST`.
    """

    def __init__(self) -> None:
        self._counts = np.zeros((SLOTS, _BUCKETS), np.int32)
        self._slot = np.full(SLOTS, -1, np.int64)

    def add(self, times_us: Ints, values: Floats) -> None:
        """Count values, each at its time; the times are mostly in order.

        A value older than ten seconds of time that came meanwhile in its row's place is left out.
        """
        slots = times_us // SLOT_US
        rows = slots % SLOTS
        self._turn(np.unique(slots)[-SLOTS:])
        with np.errstate(divide="ignore"):
            logs = np.ceil(np.log(values) * _PER_LOG)
        buckets = np.clip(logs - _BEFORE_LEAST, 0, _BUCKETS - 1).astype(np.int64)
        held = self._slot[rows] == slots
        if not held.all():
            rows, buckets = rows[held], buckets[held]
        np.add.at(self._counts.reshape(-1), rows * _BUCKETS + buckets, _ONE)

    def quantiles(self, shares: Sequence[float], now_us: int) -> list[float]:
        """The quantiles of the window that ends at `now_us`, NaN when it holds nothing.

        The quantile q of n values is the one that floor(q (n - 1)) others come before. What is
        told for it is within 1 % of it.

        Args:
            shares: from 0 to 1.
            now_us: the time of the last event, or later.
        """
        last = now_us // SLOT_US
        within = (self._slot > last - SLOTS) & (self._slot <= last)
        upto = self._counts[within].sum(axis=0, dtype=np.int64).cumsum()
        if not upto[-1]:
            return [math.nan] * len(shares)
        ranks = np.floor(np.array(shares) * (upto[-1] - 1))
        told: list[float] = _TOLD[np.searchsorted(upto, ranks, side="right")].tolist()
        return told

    def _turn(self, slots: Ints) -> None:
        """Let rows be for later seconds, unless they are already; no two slots have the same."""
        rows = slots % SLOTS
        late = self._slot[rows] < slots
        self._counts[rows[late]] = 0
        self._slot[rows[late]] = slots[late]
