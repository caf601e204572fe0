"""How many items a batch holds."""

from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from simlab.workload.arrivals import Floats
from simlab.workload.profile import Size

_TAIL: Final = 1e-9
_WHOLE: Final = 1 << 32
_CELL_BITS: Final = 18


def batch_sizes(size: Size, count: int, rng: np.random.Generator) -> npt.NDArray[np.int32]:
    """`count` sizes, each at least 1, of mean `size.mean` [items]."""
    if size.dist == "fixed" or size.mean == 1:
        return np.full(count, round(size.mean), np.int32)
    table, guide = _guided(size)
    chance = rng.integers(0, _WHOLE, count, dtype=np.uint32)
    cell = (chance >> np.uint32(_CELL_BITS)).astype(np.intp)
    drawn = guide[cell]
    open_ = np.flatnonzero(drawn != guide[cell + 1])
    drawn[open_] = np.searchsorted(table, chance[open_], side="right")
    return np.asarray(drawn + np.int32(1))


@lru_cache(maxsize=4)
def _guided(size: Size) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int32]]:
    """The distribution function in steps of 2^-32, and where in it each of 16,384 cells begins.

    A search of the whole table for each draw would cost as much as all else that is drawn; most
    cells lie within one value (Chen and Asau 1974).
    """
    shares = np.cumsum(negative_binomial(mean=size.mean - 1, dispersion=size.dispersion))
    table = np.minimum(np.rint(shares * _WHOLE), _WHOLE - 1).astype(np.uint32)
    edges = np.arange(_WHOLE >> _CELL_BITS, dtype=np.uint32) << np.uint32(_CELL_BITS)
    guide = np.searchsorted(table, edges, side="right")
    return table, np.append(guide, len(table) - 1).astype(np.int32)


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
