"""How long attempts work, before any incident acts on them."""

import math
from collections.abc import Sequence

import numpy as np

from simlab.rng import Variates, stream
from simlab.workload.arrivals import Floats
from simlab.workload.profile import Service


def base_durations(service: Service, count: int, variates: Variates) -> Floats:
    """`count` draws of the declared family [s]."""
    match service.dist:
        case "lognormal":
            return _lognormal(service, count, variates)
        case "gamma":
            return variates.standard_gamma(_of(service.shape), count) * _of(service.scale)
        case "weibull" | "exponential":
            powers = variates.standard_exponential(count) ** (1 / (service.shape or 1.0))
            return powers * _of(service.scale)
        case "pareto":
            rates = variates.standard_exponential(count) / _of(service.shape)
            return np.exp(rates) * _of(service.scale)
        case "uniform" | "empirical":
            ends = service.quantiles or (_of(service.low), _of(service.high))
            return _between(ends, variates.random(count))


def warehouse_factors(service: Service, warehouses: int, *, seed: int) -> Floats:
    """How much slower than the median each warehouse is; index 0 is unused."""
    spread = stream(seed, "warehouse.speed").standard_normal(warehouses + 1)
    return np.asarray(np.exp(service.warehouse_spread * spread))


def _lognormal(service: Service, count: int, variates: Variates) -> Floats:
    normal = variates.standard_normal(count)
    normal *= _of(service.sigma)
    normal += math.log(_of(service.median))
    return np.exp(normal, out=normal)


def _between(quantiles: Sequence[float], chance: Floats) -> Floats:
    """By the inverse of a distribution function that is linear between its quantiles."""
    steps = len(quantiles) - 1
    return np.interp(chance * steps, np.arange(steps + 1), quantiles)


def _of(value: float | None) -> float:
    """A parameter that the profile's check has made sure of."""
    assert value is not None
    return value
