"""How many workers there must have been."""

import math
from typing import Final

import numpy as np
import polars as pl

from simlab.workload.profile import Profile
from simlab.workload.utilisation import utilisation

MOST_WORKERS: Final = 10_000
_MOST_LOAD: Final = 0.8


def enough_workers(profile: Profile, rows: pl.DataFrame) -> int:
    """Workers enough for what was seen, and for the load that was fitted.

    So many attempts were at work side by side when one began, in 99.9 % of cases; and so many
    that they are at work for 80 % of the time on average, or queues would grow long.

    Args:
        profile: the load; what it says of workers does not matter.
        rows: attempts with `start_us`, `end_us` and `duration`.
    """
    worked = rows.drop_nulls("duration")
    starts, ends = (np.sort(worked[name].to_numpy()) for name in ("start_us", "end_us"))
    at_work = np.arange(1, len(starts) + 1) - np.searchsorted(ends, starts, side="right")
    seen = int(np.quantile(at_work, 0.999, method="higher"))
    busy = utilisation(profile) * profile.workers
    return min(max(1, seen, math.ceil(busy / _MOST_LOAD)), MOST_WORKERS)
