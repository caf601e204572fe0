"""How busy a load keeps its workers, before anything goes wrong: rate times work over workers.

Work is estimated from one fixed set of draws, so it is the same at each call and for each seed.
A queue whose utilisation is 1 or more grows for as long as the load lasts.
"""

from functools import lru_cache
from typing import Final

import numpy as np

from simlab.config import duration_s
from simlab.rng import stream
from simlab.workload.arrivals import Floats, intensity
from simlab.workload.profile import Profile, Service, Size
from simlab.workload.service import base_durations
from simlab.workload.size import batch_sizes

DRAWS: Final = 131_072
"""The mean of so many is off by 0.3 % of a standard deviation, which the limit keeps finite."""
_SEED: Final = 0
_HOUR_S: Final = 3_600.0
_WEEK_HOURS: Final = 168


def service_times_s(profile: Profile) -> Floats:
    """Many attempts' durations [s], ascending: of all sizes, at all warehouses, cut at the limit.

    Independent rows have neither sizes nor warehouses that differ. The array is shared: it
    cannot be written to.
    """
    size = None if profile.shape == "rows" else profile.batch.size
    return _drawn_s(profile.service, size)


def mean_service_s(profile: Profile) -> float:
    """The mean duration of an attempt [s]."""
    return float(service_times_s(profile).mean())


def timeout_share(profile: Profile) -> float:
    """The share of attempts that reach `service.limit`, 0 to 1."""
    return float(_timeout_shares(profile, np.ones(1))[0])


def mean_attempts(profile: Profile) -> float:
    """Attempts at a batch, on average: 1 + r + r² … for each that may be made.

    r is the share of attempts that another may follow: those that reach the limit, and of the
    others those that `outcome.retry` says. Independent rows are one attempt each.
    """
    return float(attempts_with(profile, retry=np.zeros(1), slowdown=np.ones(1))[0])


def attempts_with(profile: Profile, *, retry: Floats, slowdown: Floats) -> Floats:
    """`mean_attempts` in trouble, value by value.

    Args:
        profile: the load.
        retry: what is added to the probability that another attempt follows.
        slowdown: how many times longer attempts take, from 1.
    """
    if profile.shape == "rows":
        return np.ones(len(retry))
    late = _timeout_shares(profile, slowdown)
    again = np.minimum(late + (1 - late) * (profile.outcome.retry + retry), 1.0)
    powers = np.arange(profile.outcome.max_attempts)
    return np.asarray((again[:, None] ** powers).sum(axis=1))


def work_s(profile: Profile) -> float:
    """How long a batch keeps a worker busy, all its attempts together, on average [s]."""
    return mean_service_s(profile) * mean_attempts(profile)


def utilisation(profile: Profile) -> float:
    """The share of their time that the workers are busy, over a whole week; 1 or more is too much.

    Raises:
        ConfigError: rows are to be spread over hours whose factors are all 0.
    """
    return _share(profile, float(intensity(profile).mass[-1]) / _WEEK_HOURS)


def peak_utilisation(profile: Profile) -> float:
    """The same in the busiest of the hours that the load lasts; above 1 a queue builds up in it.

    Raises:
        ConfigError: rows are to be spread over hours whose factors are all 0.
    """
    return _share(profile, float(rates_per_hour(profile).max()))


def span_s(profile: Profile) -> float:
    """How long batches keep falling due [s]: as declared, or until the rows should be there."""
    if profile.limit_s is not None:
        return profile.limit_s
    batches = (profile.rows or 0) / mean_attempts(profile)
    return float(intensity(profile).moment(np.array(batches)))


def rates_per_hour(profile: Profile) -> Floats:
    """Batches expected an hour in each clock hour of the week that the load touches.

    They are in the order in which the load comes to them, so the first is the hour it begins in.
    """
    shape = intensity(profile)
    first = int(shape.origin_s // _HOUR_S)
    hours = int(np.ceil((shape.origin_s + span_s(profile)) / _HOUR_S)) - first
    return np.roll(np.diff(shape.mass), -first)[: min(max(1, hours), _WEEK_HOURS)]


def _share(profile: Profile, per_hour: float) -> float:
    """How busy the workers are at that many batches an hour."""
    return per_hour / _HOUR_S * work_s(profile) / profile.workers


def _timeout_shares(profile: Profile, slowdown: Floats) -> Floats:
    """The share of attempts that reach the limit where they take so many times longer."""
    drawn_s = service_times_s(profile)
    reached = np.searchsorted(drawn_s, duration_s(profile.service.limit) / slowdown)
    return 1 - reached / len(drawn_s)


@lru_cache(maxsize=16)
def _drawn_s(service: Service, size: Size | None) -> Floats:
    drawn_s = base_durations(service, DRAWS, stream(_SEED, "utilisation.service"))
    if size is not None:
        items = batch_sizes(size, DRAWS, stream(_SEED, "utilisation.size"))
        speed = stream(_SEED, "utilisation.warehouse").standard_normal(DRAWS)
        drawn_s = (drawn_s + service.per_item * items) * np.exp(service.warehouse_spread * speed)
    drawn_s = np.sort(np.minimum(drawn_s, duration_s(service.limit)))
    drawn_s.flags.writeable = False
    return drawn_s
