"""How many workers there must have been."""

import math
from typing import Final

import numpy as np
import polars as pl

_MOST_LOAD: Final = 0.8
_MOST_WORKERS: Final = 10_000


def fit_workers(rows: pl.DataFrame, *, span_s: float) -> int:
    """Workers enough for what was seen.

    So many attempts were at work side by side when one began, in 99.9 % of cases; and so many
    that they are at work for at most 80 % of the time, or queues would grow long.

    Args:
        rows: attempts with `start_us`, `end_us` and `duration`.
        span_s: the time that they were seen in [s].
    """
    worked = rows.drop_nulls("duration")
    starts, ends = (np.sort(worked[name].to_numpy()) for name in ("start_us", "end_us"))
    at_work = np.arange(1, len(starts) + 1) - np.searchsorted(ends, starts, side="right")
    seen = int(np.quantile(at_work, 0.999, method="higher"))
    offered = float(worked["duration"].sum()) / span_s
    return min(max(1, seen, math.ceil(offered / _MOST_LOAD)), _MOST_WORKERS)
