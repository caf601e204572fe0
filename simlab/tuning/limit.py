"""How high a rate may really be, given how many events were counted."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SURENESS: Final = 0.95
_NORMAL_95: Final = 1.6448536269514722
"""The 0.95 quantile of the standard normal distribution."""


def upper_count(count: Floats, dispersion: Floats | float = 1.0) -> Floats:
    """The upper limit of the mean of which a count was drawn, at 95 % sureness, one-sided.

    With a dispersion of 1 the count is Poisson's, and the limit is Garwood's (1936): half the
    0.95 quantile of chi-square with 2 (count + 1) degrees of freedom. Events that come in
    bursts count as bursts of `dispersion` events each: the limit of count / dispersion, times
    the dispersion. The quantile is that of Wilson and Hilferty (1931), within 1 % of the exact
    one from a count of 0 on. Where nothing was counted nothing is known of bursts either, and the
    limit is that of single events.

    >>> round(float(upper_count(np.array(0.0))), 2)  # the rule of three
    2.97
    """
    degrees = 2 * (count / dispersion + 1)
    spread = 2 / (9 * degrees)
    quantile = degrees * (1 - spread + _NORMAL_95 * np.sqrt(spread)) ** 3
    return np.asarray(dispersion * quantile / 2)


def dispersion(count: Floats, squares: Floats, *, span_s: float, blocks: int) -> Floats:
    """How many times a Poisson process' variance counts over blocks have; at least 1.

    Pearson's statistic over its degrees of freedom, for blocks of which each expects its share
    of the span. Below 1 counts are too few to be told from Poisson's, or come more evenly.

    Args:
        count: over all blocks.
        squares: the sum over blocks of count² / length [1/s].
        span_s: the blocks' length together [s].
        blocks: how many there are; with fewer than two the dispersion is taken to be 1.
    """
    if blocks < 2:
        return np.ones_like(count)
    known = np.maximum(count, 1e-300)
    excess = squares * span_s / known - count
    return np.where(count > 0, np.maximum(1.0, excess / (blocks - 1)), 1.0)
