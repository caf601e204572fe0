"""How a series' observations lie in time: steps, gaps, repeated stamps."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simlab.clock import US_PER_S
from simlab.errors import InputError

GAP_STEPS: Final = 1.5
"""A step longer than so many usual ones has lost an observation."""

_S_PER_DAY: Final = 86_400


@dataclass(frozen=True, kw_only=True)
class Spacing:
    """The times of a series.

    Attributes:
        rows: how many observations there are, 2 or more.
        days: from the first to the last [d], above 0.
        step_s: the usual step: the median of those above 0 [s].
        gaps: how many steps are longer than 1.5 usual ones.
        longest_gap_s: the longest step of all [s].
        repeated: how many observations bear the time of the one before.
        uneven: how many steps above 0 are neither the usual one, to the nearest tenth of it,
            nor gaps.
    """

    rows: int
    days: float
    step_s: float
    gaps: int
    longest_gap_s: float
    repeated: int
    uneven: int

    @property
    def rows_per_day(self) -> float:
        """How many observations a day has on average, gaps included [1/d]."""
        return self.rows / self.days


def spacing(time_us: NDArray[np.int64], *, name: str) -> Spacing:
    """How these times lie.

    Args:
        time_us: ascending, repeats kept [µs since 1970].
        name: of the series, for messages.

    Raises:
        InputError: there are no two different times.

    >>> spacing(np.array([0, 60, 120, 120, 300]) * 1_000_000, name="few").longest_gap_s
    180.0
    """
    step_s = np.diff(time_us) / US_PER_S
    forward = step_s[step_s > 0]
    if not forward.size:
        raise InputError(
            f"{name}: found {time_us.size} rows at no two different times, expected a series "
            "in time"
        )
    usual_s = float(np.median(forward))
    is_gap = forward > GAP_STEPS * usual_s
    is_usual = np.abs(forward - usual_s) <= 0.1 * usual_s
    return Spacing(
        rows=time_us.size,
        days=float(time_us[-1] - time_us[0]) / US_PER_S / _S_PER_DAY,
        step_s=usual_s,
        gaps=int(np.count_nonzero(is_gap)),
        longest_gap_s=float(forward.max()),
        repeated=int(np.count_nonzero(step_s == 0)),
        uneven=int(np.count_nonzero(~is_usual & ~is_gap)),
    )
