"""Which incidents more than one rule may catch: only there does it matter who is first."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simlab.tuning.join import Floats, Ints
from simlab.tuning.sweep import Points


@dataclass(frozen=True, kw_only=True, eq=False)
class Contest:
    """Incidents by who may catch them.

    Most incidents are caught by the points of one rule alone, if at all. What becomes of those
    adds up over rules, so that only the others are looked at combination by combination.

    Attributes:
        contested: whether points of two rules or more catch an incident.
        owner: the rule that does with the others; the first rule's where no point does.
    """

    contested: NDArray[np.bool_]
    owner: Ints

    def owned_by(self, rule: int) -> NDArray[np.bool_]:
        """The incidents that this rule alone decides upon."""
        return np.asarray(~self.contested & (self.owner == rule))


def contest(points: Sequence[Points]) -> Contest:
    """Who may catch which incidents."""
    catching = np.stack([np.isfinite(rule.delay_s).any(axis=1) for rule in points])
    return Contest(contested=np.count_nonzero(catching, axis=0) > 1, owner=catching.argmax(axis=0))


def by_block(figure: Floats, block: Ints, *, count: int) -> Floats:
    """Sums over the incidents (columns) of each of so many blocks."""
    sums = np.zeros((figure.shape[0], count))
    for number in np.unique(block).tolist():
        where = np.flatnonzero(block == number)
        first, last = int(where[0]), int(where[-1]) + 1
        # A slice, not a copy, where a block's incidents lie together, as they do.
        part = figure[:, first:last] if last - first == where.size else figure[:, where]
        sums[:, number] = part.sum(axis=1)
    return sums
