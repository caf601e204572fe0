"""An associative operation over the window that slides along an axis, one value at a time.

A step costs a few operations however long the window, and gives the very floats that
`simlab.alerts.spans` gives over arrays: the axis is cut into blocks of the window's width, and a
window is the tail of one block and the head of the next.
"""

from collections.abc import Callable
from itertools import accumulate
from typing import TypeAlias

Combine: TypeAlias = Callable[[float, float], float]


class Sliding:
    """The values in (at - width, at], combined.

    Args:
        combine: an associative operation.
        width: how long the window is on its axis.
    """

    __slots__ = (
        "_block", "_combine", "_head", "_keys", "_start", "_tail_keys", "_tails", "_values",
        "_width",
    )  # fmt: skip

    def __init__(self, combine: Combine, *, width: int) -> None:
        self._combine = combine
        self._width = width
        self._block = 0
        self._head = 0.0  # the values of the block combined
        self._keys: list[int] = []
        self._values: list[float] = []
        self._tail_keys: list[int] = []  # of the block before
        self._tails: list[float] = []  # entry i combines its values from i on
        self._start = 0  # the first of them that the window holds

    def push(self, key: int, value: float) -> None:
        """Take the next value, which lies at `key`; keys ascend, and may repeat."""
        self._roll(key // self._width)
        self._head = self._combine(self._head, value) if self._values else value
        self._keys.append(key)
        self._values.append(value)

    def slide(self, at: int) -> int:
        """Let the window end at `at`, no earlier than before; how many values it holds."""
        self._roll(at // self._width)
        keys, start, low = self._tail_keys, self._start, at - self._width
        while start < len(keys) and keys[start] <= low:
            start += 1
        self._start = start
        return len(keys) - start + len(self._keys)

    def fold(self) -> float:
        """The values of the window combined; it must hold one."""
        if self._start == len(self._tails):
            return self._head
        if not self._values:
            return self._tails[self._start]
        return self._combine(self._tails[self._start], self._head)

    def _roll(self, block: int) -> None:
        """Go on to a block: the one under way becomes the one before, when it was."""
        if block == self._block:
            return
        if block == self._block + 1:
            self._tail_keys = self._keys
            self._tails = [*accumulate(reversed(self._values), self._combine)][::-1]
        else:
            self._tail_keys, self._tails = [], []
        self._keys, self._values, self._start, self._block = [], [], 0, block


def least(a: float, b: float) -> float:
    """The lesser of two, NaN if either is."""
    return a if a < b or a != a else b  # noqa: PLR0124 - NaN alone differs from itself


def greatest(a: float, b: float) -> float:
    """The greater of two, NaN if either is."""
    return a if a > b or a != a else b  # noqa: PLR0124 - NaN alone differs from itself
