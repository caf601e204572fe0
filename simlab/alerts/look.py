"""How a rule looks at an event: the short way while nothing happens, which is nearly always.

A rule that is inactive, and whose condition is false, has nothing to remember but its window. So
the two shapes that most rules have, the latest value and the share among the last batches, are
judged without a call to the machine until something is to happen.
"""

import math
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

from simlab.alerts.machine import Change
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


def _share(watch: Watch, rule: Rule, width: int) -> Look:
    """The share of errors, or of retries, among the last so many: counted in integers."""
    machine, observe, needed = watch.machine, watch.machine.observe, rule.needed_count
    bad, skipped = _BAD[rule.signal], "retry" if rule.signal == "error_ratio" else None
    most = _most(width, rule.limit) if rule.direction != "below" else -1
    held: deque[bool] = deque()
    append, popleft = held.append, held.popleft
    ones = 0

    def look(event: Any) -> Sequence[Change]:
        nonlocal ones
        status = event.status
        if status == skipped:
            return ()
        is_bad = status == bad
        append(is_bad)
        ones += is_bad
        count = len(held)
        if count > width:
            ones -= popleft()
            count = width
        if ones <= most and count == width and not machine.is_active:
            machine.seen_us = event.time_us
            return ()
        return observe(event.time_us, ones / count if count >= needed else math.nan)

    def value() -> float:
        return ones / len(held) if held and len(held) >= needed else math.nan

    watch.value = value
    return look


def _most(width: int, limit: float) -> int:
    """The greatest count whose share of the width is not above the limit; -1 for none."""
    return max((count for count in range(width + 1) if count / width <= limit), default=-1)
