"""Orders that arrive malformed, each time in another way."""

from collections.abc import Callable, Sequence
from typing import Final

from msgspec.structs import replace

from simlab.bot.movements import MOST_UNITS, Movement

_WAYS: Final[Sequence[Callable[[Movement], Movement]]] = (
    lambda line: replace(line, quantity=0),
    lambda line: replace(
        line, quantity=-line.quantity, reason="pick" if line.quantity < 0 else "receipt"
    ),
    lambda line: replace(line, quantity=MOST_UNITS * 1_000),
    lambda line: replace(line, sku=f"{line.sku}?"),
    lambda line: replace(line, sku="'; DROP TABLE stock; --"),
)


def malformed(order: Sequence[Movement], number: int) -> list[Movement]:
    """The order with one line spoiled; `number` says which line, and in which way."""
    spoiled = list(order)
    at = number % len(spoiled)
    spoiled[at] = _WAYS[number % len(_WAYS)](spoiled[at])
    return spoiled
