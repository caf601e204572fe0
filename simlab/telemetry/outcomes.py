"""How batches ended lately: the failures of the last hour, and of the last hundred batches."""

import math
from collections import deque
from collections.abc import Iterable
from typing import Final

from simlab.clock import US_PER_S

LAST: Final = 100
"""How many finished batches the error ratio is over."""
_HOUR_US: Final = 3600 * US_PER_S


class Outcomes:
    """Counts finished batches, in the order in which they ended."""

    def __init__(self) -> None:
        self._last: deque[bool] = deque(maxlen=LAST)
        self._failed_us: deque[int] = deque()
        self._finished = self._failed = 0

    def add(self, time_us: int, *, failed: bool) -> None:
        """Count one batch that ended."""
        self._finished += 1
        self._last.append(failed)
        if failed:
            self._failed += 1
            self._failed_us.append(time_us)
            self._forget(time_us)

    def extend(self, finished: int, failed_us: Iterable[int], last: Iterable[bool]) -> None:
        """Count several at once.

        Args:
            finished: how many ended.
            failed_us: when those ended that failed.
            last: whether the last of them failed, as many as there are, or `LAST`.
        """
        before = len(self._failed_us)
        self._failed_us.extend(failed_us)
        self._finished += finished
        self._failed += len(self._failed_us) - before
        self._last.extend(last)
        if self._failed_us:
            self._forget(self._failed_us[-1])

    def failed_last_hour(self, now_us: int) -> int:
        """How many failed in the hour up to `now_us`, one exactly an hour ago left out."""
        since_us = now_us - _HOUR_US
        return sum(time_us > since_us for time_us in list(self._failed_us))

    @property
    def success_rate(self) -> float:
        """Successes / finished batches; NaN before the first."""
        finished = self._finished
        return (finished - self._failed) / finished if finished else math.nan

    @property
    def error_ratio(self) -> float:
        """Failures / finished batches among the last 100; NaN until there are 100."""
        last = list(self._last)  # in one step, since the bot goes on while this is scraped
        return sum(last) / LAST if len(last) == LAST else math.nan

    def _forget(self, now_us: int) -> None:
        failed_us = self._failed_us
        while failed_us[0] <= now_us - _HOUR_US:
            failed_us.popleft()
