"""How sure a count of rare events is of its rate."""

import math
from collections.abc import Callable
from typing import Final

_Z_95: Final = 1.959964
_TAIL: Final = 0.025
_MANY: Final = 200


def poisson_interval(count: int) -> tuple[float, float]:
    """The 95 % interval of what a count of independent events is expected to be.

    Exact (Garwood 1936) up to a count of 200; above it Byar's approximation (Breslow and Day
    1987, Statistical Methods in Cancer Research II, p. 69), which is then within 0.1 %. Events
    that come in clusters, as alarms often do, are less sure than that.

    >>> low, high = poisson_interval(10)
    >>> round(low, 2), round(high, 2)
    (4.8, 18.39)
    """
    if count > _MANY:
        return _byar(count, -_Z_95), _byar(count + 1, _Z_95)
    low = _where(lambda mean: 1 - _at_most(count - 1, mean), _TAIL) if count else 0.0
    return low, _where(lambda mean: 1 - _at_most(count, mean), 1 - _TAIL)


def _byar(count: int, z: float) -> float:
    return count * (1 - 1 / (9 * count) + z / (3 * math.sqrt(count))) ** 3


def _where(rising: Callable[[float], float], wanted: float) -> float:
    """Where a rising function of a mean takes a value, by halving."""
    low, high = 0.0, 2.0 * _MANY
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < wanted else (low, middle)
    return (low + high) / 2


def _at_most(count: int, mean: float) -> float:
    """The chance of so many events or fewer."""
    if mean == 0:
        return 1.0
    logs = (k * math.log(mean) - mean - math.lgamma(k + 1) for k in range(count + 1))
    return math.fsum(map(math.exp, logs))
