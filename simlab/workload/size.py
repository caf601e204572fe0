"""How many items a batch holds."""

import numpy as np
import numpy.typing as npt

from simlab.workload.arrivals import Floats
from simlab.workload.profile import Size

_TAIL = 1e-9


def batch_sizes(size: Size, count: int, rng: np.random.Generator) -> npt.NDArray[np.int32]:
    """`count` sizes, each at least 1, of mean `size.mean` [items]."""
    if size.dist == "fixed" or size.mean == 1:
        return np.full(count, round(size.mean), np.int32)
    table = np.cumsum(negative_binomial(mean=size.mean - 1, dispersion=size.dispersion))
    return (1 + np.searchsorted(table, rng.random(count), side="right")).astype(np.int32)


def negative_binomial(*, mean: float, dispersion: float) -> Floats:
    """The probabilities of 0, 1, 2 … until all but 1e-9 is told; variance mean + mean²/dispersion.

    By the recurrence P(k + 1) = P(k) * (k + r) / (k + 1) * q with r the dispersion and
    q = mean / (mean + r). A table is quicker to draw from than numpy's gamma mixture.
    """
    q = mean / (mean + dispersion)
    spread = np.sqrt(mean + mean**2 / dispersion)
    reach = mean + 40 * spread + 25 * mean / dispersion  # the tail falls as exp(-k * r / mean)
    k = np.arange(int(reach) + 20)
    log_ratio = np.log((k[:-1] + dispersion) / (k[:-1] + 1) * q)
    first = dispersion * np.log1p(-q)
    p = np.exp(first + np.concatenate([[0.0], np.cumsum(log_ratio)]))
    needed = int(np.searchsorted(np.cumsum(p), 1 - _TAIL)) + 1
    return np.asarray(p[:needed] / p[:needed].sum())
