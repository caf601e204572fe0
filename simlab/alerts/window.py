"""Windows over the last observations, one value at a time: what `live` aggregates with.

Each costs a few operations a value, however long the window, and computes the very floats that
`simlab.alerts.signal.windowed` computes over arrays.
"""

import math
from collections import deque
from collections.abc import Callable
from itertools import accumulate
from operator import add
from typing import Final, TypeAlias

from simlab.alerts.rule import Rule

Window: TypeAlias = Callable[[float], float]
"""Takes the next value, gives the aggregate over the window that ends with it."""


def window(rule: Rule) -> Window | None:
    """A new, empty window for the rule; None when the aggregate is just the value itself."""
    width, needed = rule.window_count, rule.needed_count
    if rule.aggregate == "ratio":
        return _ratio(width, needed)
    if rule.aggregate == "last":
        return _last(needed) if needed > 1 else None
    return _sliding(_COMBINE[rule.aggregate], width, needed, mean=rule.aggregate == "mean")


def _last(needed: int) -> Window:
    seen = 0

    def push(value: float) -> float:
        nonlocal seen
        seen += 1
        return value if seen >= needed else math.nan

    return push


def _ratio(width: int, needed: int) -> Window:
    """The share of 1 among the last values of 0 and 1: counted in integers, divided once."""
    held: deque[float] = deque()
    ones = 0

    def push(value: float) -> float:
        nonlocal ones
        held.append(value)
        ones += value == 1
        if len(held) > width:
            ones -= held.popleft() == 1
        return ones / len(held) if len(held) >= needed else math.nan

    return push


def _sliding(
    combine: Callable[[float, float], float], width: int, needed: int, *, mean: bool
) -> Window:
    """`combine` over the last `width` values, cut into blocks as `signal` cuts its arrays.

    The window is a tail of the block before and the head of this one, or this block whole.
    """
    block: list[float] = []
    tails: list[float] = []  # of the block before: entry i combines its values from i on
    head = 0.0

    def push(value: float) -> float:
        nonlocal head, tails
        head = combine(head, value) if block else value
        block.append(value)
        position = len(block)
        result = combine(tails[position], head) if tails and position < width else head
        held = width if tails else position
        if position == width:
            tails = [*accumulate(reversed(block), combine)][::-1]
            block.clear()
        if held < needed:
            return math.nan
        return result / held if mean else result

    return push


def _least(a: float, b: float) -> float:
    """The lesser of two, NaN if either is."""
    return a if a < b or a != a else b  # noqa: PLR0124 - NaN alone differs from itself


def _greatest(a: float, b: float) -> float:
    """The greater of two, NaN if either is."""
    return a if a > b or a != a else b  # noqa: PLR0124 - NaN alone differs from itself


_COMBINE: Final[dict[str, Callable[[float, float], float]]] = {
    "mean": add,
    "min": _least,
    "max": _greatest,
}
