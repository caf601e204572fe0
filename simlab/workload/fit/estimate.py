"""A figure that was learned, how sure it is, and what was learned together."""

import math
from dataclasses import dataclass, field
from typing import Any, Final

from msgspec import Struct

_Z: Final = 1.96


class Estimate(Struct, frozen=True, kw_only=True):
    """A parameter by its path in the profile, with its 95 % interval.

    Intervals come from the usual theory of independent attempts. Those of a real log are not,
    so the truth is outside of them more often than one time in twenty.
    """

    path: str
    value: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Learned:
    """A part of a profile: its table, how sure its figures are, and what a reader must know."""

    table: dict[str, Any]
    estimates: tuple[Estimate, ...] = ()
    notes: tuple[str, ...] = field(default=())


def normal(path: str, value: float, error: float) -> Estimate:
    """An estimate of that standard error; what cannot be negative ends at 0."""
    low, high = float(value - _Z * error), float(value + _Z * error)
    return Estimate(path=path, value=float(value), low=max(0.0, low), high=high)


def proportion(path: str, hits: int, n: int) -> Estimate:
    """A share of `n` > 0, with Wilson's interval (1927), which has a width at 0 hits too.

    >>> proportion("$.outcome.retry", 0, 96).high  # doctest: +ELLIPSIS
    0.038...
    """
    share, weight = hits / n, _Z**2 / n
    centre = (share + weight / 2) / (1 + weight)
    reach = math.sqrt(weight * (share * (1 - share) + weight / 4)) / (1 + weight)
    low, high = max(0.0, centre - reach), min(1.0, centre + reach)
    return Estimate(path=path, value=share, low=low, high=high)


def rounded(value: float) -> float:
    """Six significant digits: more than a fit knows, and few enough to read.

    >>> rounded(0.123456789), rounded(1234567.8)
    (0.123457, 1234570.0)
    """
    return float(f"{value:.6g}")
