"""Arrivals that come in bursts: a rate of its own for each minute."""

import numpy as np

from simlab.workload.arrivals import Floats, Intensity
from simlab.workload.load import Load

USUAL_BURSTINESS = 1.0
_MINUTE_S = 60.0


def bursts(load: Load, shape: Intensity, *, start_s: float, end_s: float) -> tuple[Floats, Floats]:
    """The minutes' edges within a stretch of the load [s], and batches expected up to each.

    The declared rate times a gamma variable a minute, of mean 1 and variance `burstiness`: so
    the counts a minute are negative binomial (Greenwood and Yule 1920).
    """
    burstiness = load.profile.arrivals.burstiness or USUAL_BURSTINESS
    first, last = int(start_s // _MINUTE_S), int(np.ceil(end_s / _MINUTE_S))
    factors = load.series(
        "arrivals.bursts",
        lambda rng, count: rng.standard_gamma(1 / burstiness, count) * burstiness,
        first=first,
        count=last - first,
    )
    edges_s = np.clip(np.arange(first, last + 1) * _MINUTE_S, start_s, end_s)
    mass = np.diff(shape.expected(edges_s)) * factors
    return edges_s, np.concatenate([[0.0], np.cumsum(mass)])
