"""Durations that no family fits: a table of their quantiles."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from simlab.workload.fit.spans import Floats
from simlab.workload.fit.tails import Works

POINTS: Final = 201
_FINEST_S: Final = 1e-6
_NEVER: Final = 1e-300


@dataclass(frozen=True)
class Quantiles:
    """Durations evenly spaced in probability, from the least to the greatest [s].

    Attributes:
        time_s: the table.
        grain_s: the step that durations come in.
        beyond: the chance of a duration outside of the table.
    """

    time_s: Floats
    grain_s: float
    beyond: float

    @classmethod
    def of(cls, works: Works) -> "Quantiles":
        """The table of durations; those that were cut stand where they were."""
        steps = np.diff(np.unique(works.time_s))
        return cls(
            time_s=np.quantile(works.time_s, np.linspace(0, 1, POINTS)),
            grain_s=max(_FINEST_S, float(steps.min())) if len(steps) else _FINEST_S,
            beyond=2 / (len(works.time_s) + 1),
        )

    def log_likelihoods(self, works: Works, outside: Floats) -> Floats:
        """The log density of each duration; of those cut, the log probability of reaching it.

        The density is the table's probability within half a grain on either side, over the
        grain: so values that many attempts share count as they should. One of n + 1 values is
        below the n others, and one above, so a share of 2 / (n + 1) of the density is taken from
        a family instead, or there would be none outside of the table.

        Args:
            works: the durations.
            outside: the log likelihood of each in the best family.
        """
        half = self.grain_s / 2
        within = self._below(works.time_s + half) - self._below(works.time_s - half)
        reached = 1 - self._below(works.time_s - half)
        table = np.where(works.cut, reached, within / self.grain_s)
        mixed = (1 - self.beyond) * table + self.beyond * np.exp(outside)
        return np.asarray(np.log(np.maximum(mixed, _NEVER)))

    def _below(self, time_s: Floats) -> Floats:
        return np.interp(time_s, self.time_s, np.linspace(0, 1, len(self.time_s)), left=0, right=1)
