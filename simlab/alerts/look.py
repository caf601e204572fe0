"""How a rule looks at an event: the short way while nothing happens, which is nearly always.

A rule that is inactive, and whose condition is false, has nothing to remember but its window. So
the two shapes that most rules have, the latest value and the share among the last batches, are
judged without a call to the machine until something is to happen.
"""

import math
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

from simlab.alerts.machine import Change, Machine
from simlab.alerts.rule import Rule
from simlab.alerts.watch import Watch

Look: TypeAlias = Callable[[Any], Sequence[Change]]
"""Takes the next event of a rule's kind; what changed, mostly nothing."""

_BAD: Final = {"error_ratio": "error", "retry_ratio": "retry"}


def look_of(watch: Watch) -> Look:
    """The quickest way for a watch to look at events."""
    rule = watch.rule
    if watch.takes_plainly and rule.side == "above":
        return _latest_above(watch, rule.limit)
    if rule.aggregate == "ratio" and rule.window_count is not None and rule.step_us is None:
        return _share(watch, rule, rule.window_count)
    read, take = watch.read, watch.take

    def look(event: Any) -> Sequence[Change]:
        value = read(event)
        return () if value is None else take(event.time_us, value)

    return look


def _latest_above(watch: Watch, limit: float) -> Look:
    read, machine, observe = watch.read, watch.machine, watch.machine.observe
    if watch.rule.signal == "duration":  # of nearly every set of rules: without a call
        return _duration_above(machine, limit)

    def look(event: Any) -> Sequence[Change]:
        value = read(event)
        if value is None:
            return ()
        if value > limit or machine.is_active:
            return observe(event.time_us, value)
        machine.value = value
        machine.seen_us = event.time_us
        return ()

    return look


def _duration_above(machine: Machine, limit: float) -> Look:
    observe = machine.observe

    def look(event: Any) -> Sequence[Change]:
        duration_s = event.duration
        if duration_s > limit or machine.is_active:
            return observe(event.time_us, duration_s)
        machine.value = duration_s
        machine.seen_us = event.time_us
        return ()

    return look


def _share(watch: Watch, rule: Rule, width: int) -> Look:
    """The share of errors, or of retries, among the last so many: counted in integers."""
    machine, observe, needed = watch.machine, watch.machine.observe, rule.needed_count
    bad, skipped = _BAD[rule.signal], "retry" if rule.signal == "error_ratio" else None
    most = _most(width, rule.limit) if rule.direction != "below" else -1
    last = _Last(width, most)

    def look(event: Any) -> Sequence[Change]:
        status = event.status
        if status == skipped:
            return ()
        last.seen += 1
        if status == bad or last.seen == last.turn_at:
            last.turn(is_bad=status == bad)
        if last.is_calm and not machine.is_active:
            machine.seen_us = event.time_us
            return ()
        return observe(event.time_us, value())

    def value() -> float:
        count = min(last.seen, width)
        return len(last.bad_at) / count if count and count >= needed else math.nan

    watch.value = value
    return look


class _Last:
    """Which of the last so many were bad: mostly few, so that nothing is done for the others.

    Attributes:
        seen: how many there were.
        bad_at: which of those in the window were bad, counted from 1.
        turn_at: at which one the window changes by itself.
        is_calm: whether the window is full, and no more of it bad than may be.
    """

    __slots__ = ("_most", "_width", "bad_at", "is_calm", "seen", "turn_at")

    def __init__(self, width: int, most: int) -> None:
        self._width, self._most = width, most
        self.bad_at: deque[int] = deque()
        self.seen, self.turn_at, self.is_calm = 0, width, False

    def turn(self, *, is_bad: bool) -> None:
        """Note that the one just seen is bad, or that one leaves the window, or both."""
        bad_at, seen, width = self.bad_at, self.seen, self._width
        if is_bad:
            bad_at.append(seen)
        if bad_at and bad_at[0] <= seen - width:
            bad_at.popleft()
        if seen < width:
            self.turn_at = width
        else:
            self.turn_at = bad_at[0] + width if bad_at else 0  # which is never reached
        self.is_calm = seen >= width and len(bad_at) <= self._most


def _most(width: int, limit: float) -> int:
    """The greatest count whose share of the width is not above the limit; -1 for none."""
    return max((count for count in range(width + 1) if count / width <= limit), default=-1)
