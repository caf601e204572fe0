"""How many items batches hold."""

import math
from typing import Final

import numpy as np

from simlab.workload.fit.estimate import Learned, normal, rounded
from simlab.workload.fit.evidence import Evidence
from simlab.workload.fit.spans import Floats

_MOST_ITEMS: Final = 10_000
_LEAST_DISPERSION: Final = 0.1
_MOST_DISPERSION: Final = 1e6
"""A negative binomial as good as Poisson."""


def fit_sizes(evidence: Evidence) -> Learned:
    """The `[batch]` of a profile: 1 + a negative binomial by its moments, or one size.

    Sizes that are unknown are taken for 1.
    """
    opening = evidence.ended(evidence.learn).filter("opens")["batch_size"].drop_nulls()
    size = opening.to_numpy().astype(np.float64)
    if not len(size):
        return _fixed(1.0, "batch sizes are unknown: every batch is taken for one item")
    if np.ptp(size) == 0:
        return _fixed(float(size[0]), *_cut(float(size[0])))
    return _negative_binomial(size)


def _negative_binomial(size: Floats) -> Learned:
    """By moments: the mean less 1, and the variance beyond that of a Poisson variable."""
    n, mean, var = len(size), float(size.mean()), float(size.var(ddof=1))
    above, extra = mean - 1, var - (mean - 1)
    estimates, notes = [normal("$.batch.size.mean", mean, math.sqrt(var / n))], _cut(mean)
    dispersion = _MOST_DISPERSION
    if extra > above**2 / _MOST_DISPERSION:
        dispersion = above**2 / extra
        error = _dispersion_error(size - mean, above=above, extra=extra)
        estimates.append(normal("$.batch.size.dispersion", dispersion, error))
    else:
        notes.append("batch sizes vary no more than Poisson's do")
    told = {
        "dist": "negative_binomial",
        "mean": rounded(min(mean, _MOST_ITEMS)),
        "dispersion": rounded(max(dispersion, _LEAST_DISPERSION)),
    }
    return Learned(table={"size": told}, estimates=tuple(estimates), notes=tuple(notes))


def _dispersion_error(off: Floats, *, above: float, extra: float) -> float:
    """From the influence of each size on above² / extra."""
    ratio = above / extra
    influence = (2 * ratio + ratio**2) * off - ratio**2 * (off**2 - (off**2).mean())
    return float(influence.std()) / math.sqrt(len(off))


def _fixed(mean: float, *notes: str) -> Learned:
    told = {"dist": "fixed", "mean": min(max(1.0, mean), float(_MOST_ITEMS))}
    return Learned(table={"size": told}, notes=notes)


def _cut(mean: float) -> list[str]:
    if 1 <= mean <= _MOST_ITEMS:
        return []
    return [f"batches hold {mean:,.0f} items on average; a profile has 1 to {_MOST_ITEMS:,}"]
