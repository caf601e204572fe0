"""How far data of a fitted profile are from the part of the log that was held out."""

import math
from collections.abc import Mapping
from typing import Final

import msgspec
import numpy as np
from msgspec import Struct

from simlab.clock import US_PER_S
from simlab.workload.draw import draw
from simlab.workload.fit.arrivals import gaps_s
from simlab.workload.fit.evidence import Evidence, durations
from simlab.workload.fit.lengths import length_text
from simlab.workload.fit.spans import Floats
from simlab.workload.profile import Profile, Resources
from simlab.workload.service import warehouse_factors

_LEAST_DRAWN: Final = 50_000
_MOST_MORE: Final = 1_500_000
_LEAST_S: Final = 60.0
_DRAWS_OF_WAREHOUSES: Final = 10
_MOST_LOADS: Final = 40
_FEW_SAMPLES: Final = Resources(interval="1d")
"""Drawing the machine takes time, and no one looks at it."""
_QUANTILES: Final = (0.5, 0.95, 0.99)
_C_5_PERCENT, _C_1_PER_MILLE = 1.358, 1.949
"""Kolmogorov's distribution exceeds them five times in 100, and once in 1,000."""
_LEAST_VALUES: Final = 20


class Distance(Struct, frozen=True, kw_only=True):
    """One quantity of the held-out part against the same of drawn data.

    Attributes:
        quantity: `duration` [s], `gap` between batches falling due [s], or `batch_size`.
        held: how many values were held out.
        drawn: how many were drawn.
        ks: the greatest distance of the two distribution functions (Kolmogorov and Smirnov).
        chance: the distance that two samples of so many from one distribution exceed five times
            in 100 (Smirnov 1948).
        rare: what they exceed once in 1,000.
        p50, p95, p99: how much greater the drawn quantile is, relative: 0.1 is 10 %. NaN where
            the held-out one is 0.
    """

    quantity: str
    held: int
    drawn: int
    ks: float
    chance: float
    rare: float
    p50: float
    p95: float
    p99: float

    @property
    def explained(self) -> bool:
        """Whether sampling alone may account for it, but for one time in 1,000."""
        return self.ks <= self.rare


def distances(evidence: Evidence, profile: Profile, *, seed: int) -> tuple[Distance, ...]:
    """The distances of each quantity that the log knows.

    Drawn are 50,000 attempts, or as many as the log has, in up to 40 loads that begin with the
    log; of gaps, those at the times that were held out. Where warehouses differ, there are ten
    loads, each with warehouses of its own, of which the typical one is made as fast as the log's:
    or their luck would hide how good the fit is.
    """
    held = _held(evidence)
    drawn = _drawn(evidence, profile, seed=seed)
    return tuple(
        _distance(name, values, drawn[name])
        for name, values in held.items()
        if len(values) >= _LEAST_VALUES and len(drawn[name])
    )


def _held(evidence: Evidence) -> dict[str, Floats]:
    attempts = evidence.ended(evidence.held)
    sizes = attempts.filter("opens")["batch_size"].drop_nulls()
    return {
        "duration": durations(attempts),
        "gap": gaps_s(*evidence.due(evidence.held)),
        "batch_size": sizes.to_numpy().astype(np.float64),
    }


def _drawn(evidence: Evidence, profile: Profile, *, seed: int) -> Mapping[str, Floats]:
    """Of each load as many durations; gaps of those that are as long as the log."""
    calm = msgspec.structs.replace(profile, resources=_FEW_SAMPLES)
    lengths = [length_text(length_s) for length_s in _lengths_s(profile, len(evidence.rows))]
    cuts = [msgspec.structs.replace(calm, duration=length) for length in lengths]
    loads = [_load(evidence, cut, seed=seed + number) for number, cut in enumerate(cuts)]
    fewest = min(len(load["duration"]) for load in loads)
    whole = loads[: lengths.count(lengths[0])]
    return {
        "duration": np.concatenate([load["duration"][:fewest] for load in loads]),
        "gap": np.concatenate([load["gap"] for load in whole]),
        "batch_size": np.concatenate([load["batch_size"] for load in loads]),
    }


def _lengths_s(profile: Profile, attempts: int) -> list[float]:
    """How long each load is [s]: the first as long as the log; more of them shorter if it is long.

    A shorter one is a minute at least.
    """
    wanted = math.ceil(_LEAST_DRAWN / attempts)
    if profile.service.warehouse_spread:
        wanted = max(wanted, _DRAWS_OF_WAREHOUSES)
    more, whole_s = min(wanted, _MOST_LOADS) - 1, profile.limit_s or 0.0
    share = min(1.0, _MOST_MORE / (attempts * max(more, 1)))
    return [whole_s, *[max(_LEAST_S, whole_s * share)] * more]


def _load(evidence: Evidence, profile: Profile, *, seed: int) -> dict[str, Floats]:
    rows = draw(profile, seed=seed).rows
    first = rows.filter(rows["attempt"] == 1)
    worked_us = (first["duration"] * US_PER_S).round().cast(int)
    due_us = np.sort((first["timestamp"].dt.epoch("us") - worked_us).to_numpy())
    factors = warehouse_factors(profile.service, profile.warehouses, seed=seed)[1:]
    held = evidence.held
    return {
        "duration": rows["duration"].to_numpy() / np.exp(np.log(factors).mean()),
        "gap": gaps_s(due_us[held.cover(due_us)], held),
        "batch_size": first["batch_size"].to_numpy().astype(np.float64),
    }


def _distance(quantity: str, held: Floats, drawn: Floats) -> Distance:
    chance = math.sqrt(1 / len(held) + 1 / len(drawn))
    there, here = (np.quantile(values, _QUANTILES) for values in (held, drawn))
    known = np.where(there > 0, there, np.nan)
    p50, p95, p99 = ((here - known) / known).tolist()
    return Distance(
        quantity=quantity,
        held=len(held),
        drawn=len(drawn),
        ks=ks_distance(held, drawn),
        chance=_C_5_PERCENT * chance,
        rare=_C_1_PER_MILLE * chance,
        p50=p50,
        p95=p95,
        p99=p99,
    )


def ks_distance(one: Floats, other: Floats) -> float:
    """The greatest distance between the distribution functions of two samples, 0 to 1.

    Values count as equal that agree in four digits, so that even gaps are not told apart by
    microseconds.

    >>> ks_distance(np.array([1.0, 2.0]), np.array([1.0, 3.0]))
    0.5
    """
    first, second = np.sort(four_digits(one)), np.sort(four_digits(other))
    every = np.concatenate([first, second])
    apart = [
        np.searchsorted(values, every, side="right") / len(values) for values in (first, second)
    ]
    return float(np.abs(apart[0] - apart[1]).max())


def four_digits(values: Floats) -> Floats:
    """The values, rounded to four digits each."""
    sized = np.where(values > 0, values, 1.0)
    unit = 10.0 ** (np.floor(np.log10(sized)) - 3)
    return np.asarray(np.rint(values / unit) * unit)
