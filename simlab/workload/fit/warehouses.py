"""How much the warehouses differ in speed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from simlab.workload.fit.arrivals import rare_chi_square
from simlab.workload.fit.spans import Floats

_LEAST_WAREHOUSES: Final = 3


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

    The variance between them is the analysis-of-variance estimator (Searle 1971): the spread of
    their means less what noise adds to it. It is taken for 0 unless chance exceeds it less than
    one time in 1,000. Factors are best linear unbiased predictions.
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
    count, total = len(n), float(n.sum())
    noise = float((var * (n - 1)).sum() / (total - count))
    between = float((n * (mean - (n * mean).sum() / total) ** 2).sum())
    weight = total - float((n**2).sum()) / total
    square = (between - (count - 1) * noise) / weight
    typical = noise / (total / count)
    square_error = np.sqrt(2 / (count - 1)) * (max(square, 0.0) + typical)
    if square <= 0 or between <= rare_chi_square(count - 1) * noise:
        error = float(np.sqrt(max(square, 0.0) + 1.96 * square_error)) / 1.96
        return Spread(sigma=0.0, error=error, centre_error=0.0, factors={})
    centre = float(mean.mean())
    effects = square / (square + noise / n) * (mean - centre)
    sigma = float(np.sqrt(square))
    return Spread(
        sigma=sigma,
        error=float(square_error) / (2 * sigma),
        centre_error=float(np.sqrt((square + typical) / count)),
        factors=dict(zip(ids, np.exp(effects).tolist(), strict=True)),
    )
