"""Attempts that were cut at a limit: all that is known is that they would have taken longer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from simlab.workload.fit.families import Ends, Family
from simlab.workload.fit.spans import Floats, Mask

_REACH: Final = 50.0
_POINTS: Final = 5_001
_ROUNDS: Final = 30
_NEVER: Final = 1e-300


@dataclass(frozen=True)
class Works:
    """Durations apart from warehouse and items; of those that were `cut`, when they were [s]."""

    time_s: Floats
    cut: Mask


def fit_with_tail(family: Family, works: Works, ends: Ends) -> dict[str, float]:
    """The parameters of a family for durations of which some were cut.

    What was cut is filled in with evenly spread quantiles of the fitted tail beyond, and the
    family is fitted anew, until it stands: the EM algorithm with a fixed draw (Celeux and
    Diebolt 1985).
    """
    found = family.fit(works.time_s, ends)
    if not works.cut.any():
        return found
    whole = works.time_s.copy()
    for _ in range(_ROUNDS):
        whole[works.cut] = _beyond(family, found, works.time_s[works.cut])
        found = family.fit(whole, ends)
    return found


def log_likelihoods(family: Family, found: dict[str, float], works: Works) -> Floats:
    """The log density of each duration; of those cut, the log probability of lasting longer."""
    each = family.log_density(works.time_s, found)
    if works.cut.any():
        each[works.cut] = log_survival(family, found, works.time_s[works.cut])
    return each


def log_survival(family: Family, found: dict[str, float], time_s: Floats) -> Floats:
    """The logarithm of the probability of more than each time, by the trapezoid rule."""
    grid, left = _survival(lambda x: family.log_density(x, found), float(time_s.min()))
    return np.interp(np.log(time_s), grid, np.log(np.maximum(left, _NEVER)))


def _survival(log_density: Callable[[Floats], Floats], from_s: float) -> tuple[Floats, Floats]:
    """Logarithms of times from `from_s` on, and the probability of lasting longer than each."""
    grid = np.log(from_s) + np.linspace(0, _REACH, _POINTS)
    with np.errstate(over="ignore", under="ignore"):
        mass = np.exp(log_density(np.exp(grid)) + grid)
    cells = (mass[1:] + mass[:-1]) / 2 * (_REACH / (_POINTS - 1))
    left = np.append(np.cumsum(cells[::-1])[::-1], 0.0)
    return grid, np.minimum(left, 1.0)


def _beyond(family: Family, found: dict[str, float], time_s: Floats) -> Floats:
    """For each time a longer one, spread as the tail is; the time itself where it has none."""
    grid, left = _survival(lambda x: family.log_density(x, found), float(time_s.min()))
    at = np.interp(np.log(time_s), grid, left)
    luck = (np.arange(len(time_s)) + 0.5) / len(time_s)
    longer = np.exp(np.interp(-at * luck, -left, grid))
    return np.where(at > 1e-12, np.maximum(longer, time_s), time_s)
