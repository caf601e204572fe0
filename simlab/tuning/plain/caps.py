"""How much a choice may cost, and how sure of it one must be."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simlab.errors import ConfigError

Floats = NDArray[np.float64]

_NORMAL_90: Final = 1.2815515655446004
"""The 0.90 quantile of the standard normal distribution."""


@dataclass(frozen=True, kw_only=True)
class Caps:
    """What the days after may bring at most.

    Attributes:
        false_alarms_per_day: above 0 [1/d].
        firing_ratio: the share of the time outside of labels spent firing, above 0, up to 1.

    Raises:
        ConfigError: one is out of its range.
    """

    false_alarms_per_day: float = 0.1
    firing_ratio: float = 0.005

    def __post_init__(self) -> None:
        """Refuse what nothing can keep."""
        if not 0 < self.false_alarms_per_day < float("inf"):
            raise ConfigError(
                f"false_alarms_per_day: found {self.false_alarms_per_day}, expected a number "
                "above 0"
            )
        if not 0 < self.firing_ratio <= 1:
            raise ConfigError(
                f"firing_ratio: found {self.firing_ratio}, expected a share above 0, up to 1"
            )


@dataclass(frozen=True, kw_only=True, eq=False)
class Expected:
    """What the days after should bring, an entry for each K.

    Attributes:
        false_alarms_per_day: the mean [1/d].
        false_alarms_upper: its upper limit, at 90 % sureness, one-sided [1/d].
        firing_ratio: the share of normal time spent firing, 0 to 1.
        firing_ratio_upper: its upper limit, at 90 % sureness, one-sided.
    """

    false_alarms_per_day: Floats
    false_alarms_upper: Floats
    firing_ratio: Floats
    firing_ratio_upper: Floats

    def least(self, caps: Caps) -> int | None:
        """The place of the least K from which on both upper limits keep the caps.

        None when not even the greatest does.
        """
        keeps = (self.false_alarms_upper <= caps.false_alarms_per_day) & (
            self.firing_ratio_upper <= caps.firing_ratio
        )
        fails = np.flatnonzero(~keeps)
        least = int(fails[-1]) + 1 if fails.size else 0
        return least if least < keeps.size else None


def expected(
    *, false: Floats, days: float, firing_days: Floats, firing_squares: Floats, normal_days: float
) -> Expected:
    """What counts over some days tell about the days after.

    Pages come at random and last what they last. So a sum over them has the variance of a
    compound Poisson process, the sum of squares, and for its upper limit the normal one: the
    sum and 1.28 times the root of that. For a count each page is 1. Where few pages last very
    unequally it holds less often than it says: 30 exponential ones, 83 of 100 times.

    Args:
        false: false alarms, for each K.
        days: how long they were counted [d].
        firing_days: time firing outside of labels [d].
        firing_squares: the sum of squares of that time, page by page [d²].
        normal_days: how long there was a signal outside of labels [d].

    >>> hundred = np.array([100.0])
    >>> expected(
    ...     false=hundred, days=1000, firing_days=hundred, firing_squares=hundred, normal_days=1000
    ... ).false_alarms_upper.round(3)
    array([0.113])
    """
    return Expected(
        false_alarms_per_day=false / days,
        false_alarms_upper=(false + _NORMAL_90 * np.sqrt(false)) / days,
        firing_ratio=firing_days / normal_days,
        firing_ratio_upper=(firing_days + _NORMAL_90 * np.sqrt(firing_squares)) / normal_days,
    )
