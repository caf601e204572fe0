"""A long series cut down to what the alert state machine looks at.

A rule with one limit looks at few of its moments: those beyond the limit, those beside them, the
ends of silences, and the first moment at which `keep_firing_for` is over. On these alone it has
the very episodes that it has on all.
"""

import numpy as np
from numpy.typing import NDArray

from simlab.alerts.rule import Rule
from simlab.alerts.spans import Times, Values


class Thinned:
    """What is kept of a rule's series, which comes chunk by chunk.

    Memory grows with the moments beyond the rule's limit, 16 bytes each, and not with all.

    Args:
        rule: whose limit it is.
    """

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._times: list[Times] = []
        self._values: list[Values] = []
        self._over_us = np.empty(0, dtype=np.int64)

    def take(self, time_us: Times, value: Values) -> None:
        """Take the next moments, in the order of time, and their values."""
        if not len(time_us):
            return
        limit = self._rule.limit
        beyond = value > limit if self._rule.side == "above" else value < limit
        kept = self._beside(beyond)
        gone = np.flatnonzero(np.diff(time_us) > self._rule.silence_us)
        kept[gone] = kept[gone + 1] = True
        self._keep_firing(time_us, beyond, kept)
        self._times.append(time_us[kept])
        self._values.append(value[kept])

    def series(self) -> tuple[Times, Values]:
        """The moments kept, and their values."""
        if not self._times:
            return np.empty(0, dtype=np.int64), np.empty(0)
        return np.concatenate(self._times), np.concatenate(self._values)

    @staticmethod
    def _beside(beyond: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """What is beyond the limit, what is next to that, and the ends of the chunk."""
        kept = beyond.copy()
        kept[1:] |= beyond[:-1]
        kept[:-1] |= beyond[1:]
        kept[[0, -1]] = True  # beside what lies in another chunk
        return kept

    def _keep_firing(
        self, time_us: Times, beyond: NDArray[np.bool_], kept: NDArray[np.bool_]
    ) -> None:
        """Mark the first moment at which `keep_firing_for` is over, after each run."""
        if not self._rule.keep_us:
            return  # it is over at the moment beside the run
        ends = np.flatnonzero(beyond & ~np.append(beyond[1:], False))
        over_us = np.concatenate([self._over_us, time_us[ends] + self._rule.keep_us])
        place = np.searchsorted(time_us, over_us)
        here = place < len(time_us)
        kept[place[here]] = True
        self._over_us = over_us[~here]
