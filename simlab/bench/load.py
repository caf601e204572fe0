"""The events that every stack is told of: the same for all."""

from typing import Final

from simlab.clock import US_PER_S
from simlab.events import Attempt

START_US: Final = 1_767_571_200 * US_PER_S
FAILS_EVERY: Final = 100


def events(count: int, *, first: int = 0, fails_every: int = FAILS_EVERY) -> list[Attempt]:
    """Attempts half a second apart, each 0.4 s long, at 50 warehouses in turn.

    Args:
        count: how many.
        first: the number, and `batch_id`, of the first.
        fails_every: one in so many fails.
    """
    return [_attempt(number, number % fails_every == 0) for number in range(first, first + count)]


def _attempt(number: int, fails: bool) -> Attempt:  # noqa: FBT001  # in order, as the record has it
    return Attempt(
        START_US + number * US_PER_S // 2,
        0.4,
        "error" if fails else "success",
        number % 50 + 1,
        number,
        1,
        40,
        0.0,
        "timeout" if fails else None,
    )
