"""The one place that asks the time or sleeps."""

import time
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol

US_PER_S = 1_000_000


class Clock(Protocol):
    """Time for a bot: microseconds since 1970-01-01 UTC, never running backwards.

    A clock that is not `paced` need not be asked to sleep before each thing that happens.
    """

    paced: bool

    def now_us(self) -> int:
        """The present moment."""

    def sleep_until_us(self, moment_us: int) -> None:
        """Return when `moment_us` has come; at once when it has passed."""


class VirtualClock:
    """Jumps to whatever moment is waited for: a day takes as long as its work."""

    paced = False

    def __init__(self, start_us: int) -> None:
        self._now_us = start_us

    def now_us(self) -> int:
        """The moment last waited for."""
        return self._now_us

    def sleep_until_us(self, moment_us: int) -> None:
        """Be there now."""
        self._now_us = max(self._now_us, moment_us)


class WallClock:
    """Real time from `start_us` on, run at `speed` times its pace.

    It counts on the monotonic clock, so a step of the system's clock moves nothing.
    """

    paced = True

    def __init__(self, start_us: int, *, speed: float = 1.0) -> None:
        self._start_us = start_us
        self._speed = speed
        self._origin_ns = time.monotonic_ns()

    def begin(self) -> None:
        """Be at the start now: what was prepared since then took none of its time."""
        self._origin_ns = time.monotonic_ns()

    def now_us(self) -> int:
        """The start plus the time since, times the speed."""
        elapsed_ns = time.monotonic_ns() - self._origin_ns
        return self._start_us + int(elapsed_ns * self._speed) // 1000

    def sleep_until_us(self, moment_us: int) -> None:
        """Sleep for what is left, if anything is."""
        left_s = self.left_s(moment_us)
        if left_s > 0:
            time.sleep(left_s)

    def left_s(self, moment_us: int) -> float:
        """How long it really takes until a moment [s]; below 0 when it has passed."""
        return self.real_s(moment_us - self.now_us())

    def real_s(self, span_us: float) -> float:
        """How long so much of its time really takes [s]."""
        return span_us / (US_PER_S * self._speed)


def utc_now_us() -> int:
    """The system's time now, in microseconds since 1970-01-01 UTC."""
    return time.time_ns() // 1000


def iso(time_us: int) -> str:
    """A moment as ISO 8601 text in UTC with microseconds and `Z`.

    >>> iso(1_767_571_200_000_000)
    '2026-01-05T00:00:00.000000Z'
    """
    seconds, micros = divmod(time_us, US_PER_S)
    return f"{_second_text(seconds)}.{micros:06}Z"


@lru_cache(maxsize=256)  # events of one second follow each other
def _second_text(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"


def monotonic_s() -> float:
    """Seconds since some moment, for time limits: steps of the system's clock move nothing."""
    return time.monotonic()


timer_ns = time.perf_counter_ns
"""Nanoseconds since some moment, by the finest clock; the function itself, for a call around it
would cost as much again."""

cpu_ns = time.process_time_ns
"""The CPU time that all threads of this process have used [ns]; likewise."""


def sleep_until_ns(due_ns: int) -> None:
    """Return when `timer_ns` has come to `due_ns`, or a little later; at once when it has passed."""
    left_ns = due_ns - timer_ns()
    if left_ns > 0:
        time.sleep(left_ns / 1e9)
