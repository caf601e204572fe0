"""How many workers there must have been."""

import math
from typing import Final

import numpy as np
import polars as pl

from simlab.config import duration_s
from simlab.rng import stream
from simlab.workload.profile import Profile
from simlab.workload.service import base_durations

MOST_WORKERS: Final = 10_000
_MOST_LOAD: Final = 0.8
_DRAWS: Final = 131_072


def enough_workers(profile: Profile, rows: pl.DataFrame) -> int:
    """Workers enough for what was seen, and for the load that was fitted.

    So many attempts were at work side by side when one began, in 99.9 % of cases; and so many
    that they are at work for 80 % of the time on average, or queues would grow long.

    Args:
        profile: the load, its workers not known yet.
        rows: attempts with `start_us`, `end_us` and `duration`.
    """
    worked = rows.drop_nulls("duration")
    starts, ends = (np.sort(worked[name].to_numpy()) for name in ("start_us", "end_us"))
    at_work = np.arange(1, len(starts) + 1) - np.searchsorted(ends, starts, side="right")
    seen = int(np.quantile(at_work, 0.999, method="higher"))
    return min(max(1, seen, math.ceil(_busy(profile) / _MOST_LOAD)), MOST_WORKERS)


def _busy(profile: Profile) -> float:
    """How many workers the fitted load keeps busy on average."""
    service, limit_s = profile.service, duration_s(profile.service.limit)
    rng = stream(0, "fit.workers")
    speed = np.exp(service.warehouse_spread * rng.standard_normal(_DRAWS))
    items_s = service.per_item * profile.batch.size.mean
    worked_s = np.minimum((base_durations(service, _DRAWS, rng) + items_s) * speed, limit_s)
    late = float((worked_s >= limit_s).mean())
    again = late + (1 - late) * profile.outcome.retry
    attempts = sum(again**k for k in range(profile.outcome.max_attempts))
    return profile.per_minute / 60 * float(worked_s.mean()) * attempts
