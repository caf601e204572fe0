"""What is wrong with a profile whose keys are right by themselves."""

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import combinations, pairwise
from typing import Final, TypeAlias

from simlab.config import duration_s
from simlab.workload.kinds import KINDS
from simlab.workload.profile import Arrivals, Injection, Outcome, Profile, Resources, Service
from simlab.workload.utilisation import utilisation

Problem: TypeAlias = tuple[str, str]
"""A path, and what is wrong there."""

_DIST_KEYS = {
    "lognormal": ("median", "sigma"),
    "gamma": ("shape", "scale"),
    "weibull": ("shape", "scale"),
    "pareto": ("shape", "scale"),
    "exponential": ("scale",),
    "uniform": ("low", "high"),
    "empirical": ("quantiles",),
}
MOST_HELD_ROWS: Final = 20_000_000
LONGEST_INCIDENT_S: Final = 365 * 86_400.0
_PARAMETERS = ("median", "sigma", "shape", "scale", "low", "high", "quantiles")
_CENTURY_S: Final = 100 * 365.25 * 86_400
YEAR_3000_US: Final = 32_503_680_000_000_000


def problems(profile: Profile) -> Iterator[Problem]:
    """Each problem there is; a check may rely on those before it."""
    yield from _length_problems(profile)
    yield from _arrival_problems(profile.arrivals)
    yield from span_problems(profile)
    yield from _service_problems(profile.service)
    yield from _outcome_problems(profile.outcome)
    yield from _resource_problems(profile.resources)
    yield from incident_problems(profile, "incident", profile.incident)
    yield from incident_problems(profile, "lookalike", profile.lookalike)
    yield from _shape_problems(profile)
    yield from _size_problems(profile)
    yield from _queue_problems(profile)


def _length_problems(profile: Profile) -> list[Problem]:
    given = [profile.duration, profile.rows, profile.arrivals.per_minute]
    if all(value is not None for value in given):
        return [("$.rows", "rows, duration and arrivals.per_minute are all set; leave one out")]
    if profile.arrivals.per_minute is None and not profile.spreads:
        return [("$.arrivals.per_minute", "missing: how many batches fall due a minute")]
    if profile.rows is None and profile.duration is None:
        return [("$.duration", "missing: set it like '1d', or set rows")]
    if profile.duration is not None and duration_s(profile.duration) <= 0:
        return [("$.duration", f"{profile.duration!r} is no time at all; write it like '1d'")]
    return []


def _arrival_problems(arrivals: Arrivals) -> list[Problem]:
    if arrivals.burstiness is not None and arrivals.process != "bursty":
        return [("$.arrivals.burstiness", f"process {arrivals.process!r} takes none; say 'bursty'")]
    factors = (arrivals.hourly or (1.0,), arrivals.weekday or (1.0,))
    if not all(any(group) for group in factors):
        return [("$.arrivals", "its factors are all 0: nothing would ever fall due")]
    return []


def _size_problems(profile: Profile) -> list[Problem]:
    """A slice of the load is held in memory, and lasts as long as a batch can live."""
    outcome = profile.outcome
    pauses_s = duration_s(outcome.backoff) * (2 ** (outcome.max_attempts - 1) - 1)
    life_s = outcome.max_attempts * duration_s(profile.service.limit) + pauses_s
    factors = _mean(profile.arrivals.hourly) * _mean(profile.arrivals.weekday)
    held = life_s * profile.per_minute / 60 * factors
    if held > MOST_HELD_ROWS:
        fault = f"{held:.1e} batches could be alive at once, more than {MOST_HELD_ROWS:.0e}"
        return [("$.arrivals.per_minute", f"{fault}; lower it, or service.limit")]
    return []


def _queue_problems(profile: Profile) -> list[Problem]:
    """A queue that grows for as long as the load lasts is no load that a bot could have."""
    if profile.shape == "rows":
        return []
    busy = utilisation(profile)
    if busy < 1:
        return []
    enough = math.floor(busy * profile.workers) + 1
    rate = profile.per_minute / busy
    fault = (
        f"found {profile.workers}, who would have to be busy {busy:.0%} of the time, so their "
        f"queue would grow without end; expected {enough} or more, or less work for them: "
        f"arrivals.per_minute below {rate:.4g}"
    )
    return [("$.workers", fault)]


def span_problems(profile: Profile) -> list[Problem]:
    """Why the load cannot begin when it should, or last as long."""
    if not 1970 <= profile.start.year < 3000:
        moment = profile.start.isoformat()
        return [("$.start", f"found {moment}, expected a moment from 1970 to 2999")]
    if profile.limit_s is not None:
        too_long = profile.limit_s > _CENTURY_S
        return [("$.duration", f"{profile.duration} is over a century")] * too_long
    arrivals, rows = profile.arrivals, profile.rows or 0
    factor = _mean(arrivals.hourly) * _mean(arrivals.weekday)
    if rows / (profile.per_minute / 60 * factor) > _CENTURY_S:
        return [("$.rows", f"{rows} rows at that rate would take over a century")]
    return []


def _mean(factors: tuple[float, ...] | None) -> float:
    return sum(factors) / len(factors) if factors else 1.0


def _service_problems(service: Service) -> list[Problem]:
    wanted = _DIST_KEYS[service.dist]
    for key in _PARAMETERS:
        value = getattr(service, key)
        if key in wanted and value is None:
            return [(f"$.service.{key}", f"missing; dist {service.dist!r} needs it")]
        if key not in wanted and value is not None:
            names = ", ".join(wanted)
            return [(f"$.service.{key}", f"dist {service.dist!r} takes {names}, not {key}")]
    if service.dist == "uniform" and not (service.low or 0.0) < (service.high or 0.0):
        return [("$.service.high", f"{service.high} is not above low, {service.low}")]
    steps = pairwise(service.quantiles or ())
    for index, (one, after) in enumerate(steps):
        if after < one:
            path = f"$.service.quantiles[{index + 1}]"
            return [(path, f"{after:g} is below the one before, {one:g}; list them in order")]
    if not 0 < duration_s(service.limit) <= 3600:
        return [("$.service.limit", f"{service.limit!r} is not between 0 and 1h")]
    return []


def _outcome_problems(outcome: Outcome) -> list[Problem]:
    if outcome.retry + outcome.error > 1:
        total = outcome.retry + outcome.error
        return [("$.outcome", f"retry + error is {total:g}; probabilities end at 1")]
    if not sum(outcome.error_types.values()) > 0:
        return [("$.outcome.error_types", "no error type has a weight above 0")]
    longest_s = duration_s(outcome.backoff) * 2 ** max(0, outcome.max_attempts - 2)
    if longest_s > 3600:
        return [("$.outcome.backoff", f"the last pause would be {longest_s:g} s; keep it to 1h")]
    return []


def _resource_problems(resources: Resources) -> list[Problem]:
    if not 1 <= duration_s(resources.interval) <= 86_400:
        return [("$.resources.interval", f"{resources.interval!r} is not from 1s to 1d")]
    return []


def incident_problems(profile: Profile, key: str, entries: Sequence[Injection]) -> list[Problem]:
    """Why one of the incidents, or look-alikes, cannot be; `key` names which they are."""
    for index, entry in enumerate(entries):
        path = f"$.{key}[{index}]"
        if (entry.per_day is None) == (entry.at is None):
            return [(path, "set one of per_day and at")]
        if entry.severity.low > entry.severity.high:
            return [(f"{path}.severity", "low is above high")]
        median = entry.duration.median
        if median is not None and not 0 < duration_s(median) <= LONGEST_INCIDENT_S:
            return [(f"{path}.duration.median", f"{median!r} is not between 0 and 365d")]
        outside = [w for w in _listed(entry) if w > profile.warehouses]
        if outside:
            most = profile.warehouses
            return [(f"{path}.warehouses", f"{outside[0]} is not one of the {most} warehouses")]
        if entry.at is not None and not _within(profile, entry.at):
            return [(f"{path}.at", f"{entry.at.isoformat()} is outside the profile's time")]
    return _overlap_problems(key, entries)


def _overlap_problems(key: str, entries: Sequence[Injection]) -> list[Problem]:
    """Two of one kind at the same time and place could not be told apart."""
    fixed = [(index, entry) for index, entry in enumerate(entries) if entry.at is not None]
    for (one, entry), (other, later) in combinations(fixed, 2):
        if entry.kind == later.kind and _meet(entry, later):
            fault = f"overlaps $.{key}[{one}], of the same kind at the same warehouses"
            return [(f"$.{key}[{other}].at", f"{fault}; move one, or have one that lasts longer")]
    return []


def _meet(one: Injection, other: Injection) -> bool:
    """Whether two that are to come at a given moment overlap, lasting as long as usual."""
    spans = [(_at_s(entry), _at_s(entry) + usual_s(entry)) for entry in (one, other)]
    places = [set(_listed(entry)) for entry in (one, other)]
    apart = all(places) and not places[0] & places[1]
    return not apart and spans[0][0] < spans[1][1] and spans[1][0] < spans[0][1]


def _at_s(entry: Injection) -> float:
    assert entry.at is not None
    return aware(entry.at).timestamp()


def usual_s(entry: Injection) -> float:
    """The median of how long it lasts [s]."""
    return duration_s(entry.duration.median or KINDS[entry.kind].median)


def _listed(entry: Injection) -> tuple[int, ...]:
    return entry.warehouses if isinstance(entry.warehouses, tuple) else ()


def _within(profile: Profile, moment: datetime) -> bool:
    after_s = (aware(moment) - aware(profile.start)).total_seconds()
    return 0 <= after_s < (profile.limit_s or _CENTURY_S)


def _shape_problems(profile: Profile) -> list[Problem]:
    if profile.shape == "batches":
        return []
    if profile.incident or profile.lookalike:
        return [("$.shape", "'rows' draws independent rows, so it takes no incidents")]
    if profile.outcome.retry and profile.outcome.max_attempts != 1:
        return [("$.outcome.max_attempts", "set it to 1: with shape 'rows' no attempt follows")]
    return []


def aware(moment: datetime) -> datetime:
    """The moment in its zone; UTC where it names none."""
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
