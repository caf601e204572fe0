"""Two samples with whole stretches of time drawn again, to see what chance does to them."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from simlab.workload.fit.spans import Floats, Times

DRAWS: Final = 2000
"""So many times all stretches are drawn again."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Again:
    """How stretches of time are drawn again.

    Attributes:
        random: draws them.
        paired: whether the stretches of both sides are of the same hours, and drawn together: a
            load that follows the clock then does not count as chance.
    """

    random: np.random.Generator
    paired: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class Side:
    """What one sample counts in all, and in stretches drawn again, a row a draw."""

    total: Floats
    again: Floats


def sides_of(here: Floats, there: Floats, *, again: Again) -> tuple[Side, Side]:
    """Both samples as they are, and with stretches drawn with replacement, `DRAWS` times."""
    seen = [counts.sum(axis=1) > 0 for counts in (here, there)]
    if again.paired and (both := seen[0] & seen[1]).any():
        times = _times(int(both.sum()), again.random)
        return _side(here[both], times), _side(there[both], times)
    one, other = here[seen[0]], there[seen[1]]
    return (
        _side(one, _times(len(one), again.random)),
        _side(other, _times(len(other), again.random)),
    )


def _times(stretches: int, random: np.random.Generator) -> Times:
    """A row a draw: how many times each stretch is drawn."""
    return random.multinomial(stretches, np.full(stretches, 1 / stretches), size=DRAWS)


def _side(counts: Floats, times: Times) -> Side:
    return Side(total=counts.sum(axis=0), again=times @ counts)
