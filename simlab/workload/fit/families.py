"""The families of service times: how each is fitted, and how likely it makes a duration."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from simlab.workload.fit.spans import Floats

Parameters: TypeAlias = Mapping[str, float]
SCALES: Final = frozenset({"median", "scale", "low", "high"})
"""The parameters that are lengths of time; the others are numbers."""

MOST_SHAPE: Final = 1e6
"""Durations that would need more are all but the same."""


@dataclass(frozen=True, kw_only=True)
class Ends:
    """The least and the greatest duration of all there are [s], those held out included.

    A family that begins or ends somewhere must reach over all rows: one row beyond would rule
    out the very family that made it.
    """

    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Family:
    """A family of distributions.

    Attributes:
        fit: its parameters for durations above 0, by maximum likelihood or as near as a closed
            form comes.
        log_density: the logarithm of its density at each duration [1/s].
        errors: the standard error of each parameter. Of the end of a range it is a third of the
            distance that the true end exceeds one time in 20, on either side.
    """

    fit: Callable[[Floats, Ends], dict[str, float]]
    log_density: Callable[[Floats, Parameters], Floats]
    errors: Callable[[Floats, Parameters], dict[str, float]]


def _fit_lognormal(x: Floats, _: Ends) -> dict[str, float]:
    logs = np.log(x)
    return {"median": float(np.exp(logs.mean())), "sigma": float(logs.std())}


def _lognormal(x: Floats, p: Parameters) -> Floats:
    sigma = max(p["sigma"], 1e-12)
    off = np.log(x / p["median"]) / sigma
    return np.asarray(-(off**2) / 2 - np.log(x * (sigma * math.sqrt(2 * math.pi))))


def _lognormal_errors(x: Floats, p: Parameters) -> dict[str, float]:
    n = len(x)
    error = p["sigma"] / math.sqrt(n)
    return {"median": p["median"] * error, "sigma": error / math.sqrt(2)}


def _fit_gamma(x: Floats, _: Ends) -> dict[str, float]:
    """By the closed form of Ye and Chen (2017), with their correction of the shape's bias."""
    logs, n = np.log(x), len(x)
    scale = max(float(np.mean((x - x.mean()) * (logs - logs.mean()))), 1e-12)
    shape = float(x.mean()) / scale
    bias = 3 * shape - 2 / 3 * shape / (1 + shape) - 0.8 * shape / (1 + shape) ** 2
    shape = min(max(shape - bias / n, 1 / MOST_SHAPE), MOST_SHAPE)
    return {"shape": shape, "scale": float(x.mean()) / shape}


def _gamma(x: Floats, p: Parameters) -> Floats:
    shape, scaled = p["shape"], x / p["scale"]
    whole = math.lgamma(shape) + math.log(p["scale"])
    return np.asarray((shape - 1) * np.log(scaled) - scaled - whole)


def _gamma_errors(x: Floats, p: Parameters) -> dict[str, float]:
    """From the influence of each duration on the closed form."""
    off = x - x.mean()
    on_scale = off * (np.log(x) - np.log(x).mean()) - p["scale"]
    on_shape = (off - p["shape"] * on_scale) / p["scale"]
    root = math.sqrt(len(x))
    return {"shape": float(on_shape.std()) / root, "scale": float(on_scale.std()) / root}


def _fit_weibull(x: Floats, _: Ends) -> dict[str, float]:
    """By Newton's steps on the likelihood's equation for the shape."""
    logs = np.log(x)
    mean, top = float(logs.mean()), float(logs.max())
    shape = math.pi / math.sqrt(6) / max(float(logs.std()), 1e-9)  # by the moments of the logs
    for _step in range(50):
        powers = np.exp(shape * (logs - top))
        zeroth, first, second = (float((powers * logs**k).mean()) for k in range(3))
        slope = second / zeroth - (first / zeroth) ** 2 + shape**-2
        step = (first / zeroth - mean - 1 / shape) / slope
        shape = min(max(shape - step, shape / 2), MOST_SHAPE)
        if abs(step) < 1e-10 * shape:
            break
    scale = math.exp(top + math.log(float(np.exp(shape * (logs - top)).mean())) / shape)
    return {"shape": shape, "scale": scale}


def _weibull(x: Floats, p: Parameters) -> Floats:
    logs = np.log(x / p["scale"])
    with np.errstate(over="ignore"):
        return np.asarray(
            math.log(p["shape"] / p["scale"]) + (p["shape"] - 1) * logs - np.exp(p["shape"] * logs)
        )


def _weibull_errors(x: Floats, p: Parameters) -> dict[str, float]:
    """By the information matrix (Harter and Moore 1965)."""
    n = len(x)
    shape = p["shape"] * math.sqrt(0.6079 / n)
    return {"shape": shape, "scale": p["scale"] / p["shape"] * math.sqrt(1.1087 / n)}


def _fit_pareto(x: Floats, ends: Ends) -> dict[str, float]:
    mean = float(np.log(x / ends.low).mean())
    return {"shape": 1 / max(mean, 1 / MOST_SHAPE), "scale": ends.low}


def _pareto(x: Floats, p: Parameters) -> Floats:
    shape, scale = p["shape"], p["scale"]
    inside = math.log(shape / scale) - (shape + 1) * np.log(x / scale)
    return np.where(x >= scale, inside, -np.inf)


def _pareto_errors(x: Floats, p: Parameters) -> dict[str, float]:
    n = len(x)
    return {"shape": p["shape"] / math.sqrt(n), "scale": p["scale"] / (n * p["shape"]) * 1.5}


def _fit_exponential(x: Floats, _: Ends) -> dict[str, float]:
    return {"scale": float(x.mean())}


def _exponential(x: Floats, p: Parameters) -> Floats:
    return np.asarray(-x / p["scale"] - math.log(p["scale"]))


def _exponential_errors(x: Floats, p: Parameters) -> dict[str, float]:
    return {"scale": p["scale"] / math.sqrt(len(x))}


def _fit_uniform(_: Floats, ends: Ends) -> dict[str, float]:
    return {"low": ends.low, "high": max(ends.high, ends.low * (1 + 1e-5))}


def _uniform(x: Floats, p: Parameters) -> Floats:
    inside = (x >= p["low"]) & (x <= p["high"])
    return np.where(inside, -math.log(p["high"] - p["low"]), -np.inf)


def _uniform_errors(x: Floats, p: Parameters) -> dict[str, float]:
    error = (p["high"] - p["low"]) / len(x) * 1.5
    return {"low": error, "high": error}


FAMILIES: Final[Mapping[str, Family]] = {
    "exponential": Family(
        fit=_fit_exponential, log_density=_exponential, errors=_exponential_errors
    ),
    "lognormal": Family(fit=_fit_lognormal, log_density=_lognormal, errors=_lognormal_errors),
    "gamma": Family(fit=_fit_gamma, log_density=_gamma, errors=_gamma_errors),
    "weibull": Family(fit=_fit_weibull, log_density=_weibull, errors=_weibull_errors),
    "pareto": Family(fit=_fit_pareto, log_density=_pareto, errors=_pareto_errors),
    "uniform": Family(fit=_fit_uniform, log_density=_uniform, errors=_uniform_errors),
}
