"""Quantiles of a histogram, as Prometheus' `histogram_quantile` finds them."""

import math
from collections.abc import Sequence

import numpy as np

from simlab.report.sources.told import Values


def quantile(share: float, edges: Sequence[float], upto: Values) -> Values:
    """The quantile of each of several histograms.

    Within a bucket values are taken as evenly spread, from 0 in the first one; a quantile beyond
    the last finite edge is that edge.

    Args:
        share: which quantile, 0 to 1.
        edges: the buckets' upper ends, ascending, the last one infinite.
        upto: a row an edge, a column a histogram: how many values are no higher than the edge.

    Returns:
        A value a histogram; NaN where it is empty or unknown.
    """
    counts = np.maximum.accumulate(np.nan_to_num(upto), axis=0)
    rank = share * counts[-1]
    place = np.minimum((counts < rank).sum(axis=0), len(edges) - 1)
    ends = np.array([0.0, *edges])
    column = np.arange(counts.shape[1])
    below = np.where(place > 0, counts[np.maximum(place - 1, 0), column], 0.0)
    within = counts[place, column] - below
    low, high = ends[place], ends[place + 1]
    with np.errstate(invalid="ignore", divide="ignore"):
        found = low + (high - low) * (rank - below) / within
    found = np.where(np.isinf(high), low, found)
    known = np.isfinite(upto[-1]) & (counts[-1] > 0)
    return np.where(known, found, math.nan)
