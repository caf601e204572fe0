"""How fast what is counted grows."""

import math
from collections import deque
from typing import TYPE_CHECKING, Final

from simlab.clock import US_PER_S
from simlab.report.top.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Mapping

_OVER_US: Final = 60 * US_PER_S
_US_PER_MINUTE: Final = 60 * US_PER_S


class Rates:
    """Totals of the last minute, and the rates that they give."""

    def __init__(self) -> None:
        self._known: deque[tuple[int, Mapping[str, float]]] = deque()

    def add(self, reading: Reading) -> None:
        """Take the totals of a reading; one of no later time than the last takes its place."""
        while self._known and self._known[-1][0] >= reading.time_us:
            self._known.pop()
        self._known.append((reading.time_us, reading.totals))
        while len(self._known) > 2 and self._known[1][0] <= reading.time_us - _OVER_US:
            self._known.popleft()

    def per_minute(self, name: str) -> float:
        """How much a total grows in a minute, of late; NaN before there are two readings."""
        if len(self._known) < 2:
            return math.nan
        (since_us, before), (now_us, now) = self._known[0], self._known[-1]
        grown = now.get(name, math.nan) - before.get(name, math.nan)
        return grown * _US_PER_MINUTE / (now_us - since_us)
