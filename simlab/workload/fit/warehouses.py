"""How much the warehouses differ in speed."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from simlab.workload.fit.arrivals import rare_chi_square
from simlab.workload.fit.spans import Floats

_LEAST_WAREHOUSES: Final = 3
_STEPS: Final = 30
_LEAST_NOISE: Final = 1e-12


@dataclass(frozen=True, kw_only=True)
class Spread:
    """The sigma of warehouses' lognormal factors, and the factors themselves.

    Attributes:
        sigma: 0 where they differ no more than by chance.
        error: its standard error; NaN where there are too few warehouses.
        centre_error: the standard error of the typical warehouse's level, relative.
        factors: by warehouse, shrunk towards 1 by as much as they are noise; 1 for others.
    """

    sigma: float
    error: float
    centre_error: float
    factors: Mapping[int, float]

    def factor(self, attempts: pl.DataFrame) -> Floats:
        """The factor of each attempt's warehouse."""
        if not self.factors:
            return np.ones(len(attempts))
        ids = attempts["warehouse_id"]
        found = ids.replace_strict(self.factors, default=1.0, return_dtype=pl.Float64)
        return found.fill_null(1.0).to_numpy()


def fit_spread(attempts: pl.DataFrame) -> Spread:
    """How much warehouses differ, by a one-way random effects model of log durations.

    The variance between them is the one that, with what noise adds, explains how far their means
    lie apart (Paule and Mandel 1982, by the steps of DerSimonian and Kacker 2007). It is taken
    for 0 unless noise alone would put them so far apart less than one time in 1,000. Factors are
    best linear unbiased predictions.
    """
    groups = (
        attempts.drop_nulls("warehouse_id")
        .group_by("warehouse_id")
        .agg(n=pl.len(), mean=pl.col("duration").log().mean(), var=pl.col("duration").log().var())
        .filter(pl.col("n") >= 2)
        .sort("warehouse_id")
    )
    if len(groups) < _LEAST_WAREHOUSES:
        return Spread(sigma=0.0, error=np.nan, centre_error=0.0, factors={})
    n, mean, var = (groups[name].to_numpy().astype(np.float64) for name in ("n", "mean", "var"))
    return _spread(groups["warehouse_id"].to_list(), n, mean, var)


def _spread(ids: list[int], n: Floats, mean: Floats, var: Floats) -> Spread:
    noise = max(float((var * (n - 1)).sum() / (n.sum() - len(n))), _LEAST_NOISE) / n
    if _excess(0.0, mean, noise)[0] <= rare_chi_square(len(n) - 1) - (len(n) - 1):
        error = (2 / float((noise**-2).sum())) ** 0.25
        return Spread(sigma=0.0, error=error, centre_error=0.0, factors={})
    square = _between(mean, noise)
    weight = 1 / (square + noise)
    centre = float((weight * mean).sum() / weight.sum())
    effects = square / (square + noise) * (mean - centre)
    sigma = math.sqrt(square)
    return Spread(
        sigma=sigma,
        error=math.sqrt(2 / float((weight**2).sum())) / (2 * sigma),
        centre_error=1 / math.sqrt(float(weight.sum())),
        factors=dict(zip(ids, np.exp(effects).tolist(), strict=True)),
    )


def _between(mean: Floats, noise: Floats) -> float:
    """The variance at which the weighted squares are as many as they should be."""
    square = 0.0
    for _ in range(_STEPS):
        excess, slope = _excess(square, mean, noise)
        square = max(0.0, square + excess / slope)
    return square


def _excess(square: float, mean: Floats, noise: Floats) -> tuple[float, float]:
    """By how much the weighted squares of means exceed their degrees of freedom; its slope."""
    weight = 1 / (square + noise)
    off = (mean - (weight * mean).sum() / weight.sum()) ** 2
    return float((weight * off).sum()) - (len(mean) - 1), float((weight**2 * off).sum())
