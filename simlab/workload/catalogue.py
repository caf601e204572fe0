"""The profiles that come with simlab, each in a few figures."""

from collections.abc import Sequence
from dataclasses import dataclass

from simlab.config import shipped_names
from simlab.workload.loading import load_profile
from simlab.workload.plan import usual_rows
from simlab.workload.profile import Injection, Profile
from simlab.workload.utilisation import peak_utilisation, span_s, utilisation


@dataclass(frozen=True, kw_only=True)
class Listed:
    """One profile.

    Attributes:
        name: to ask for it by.
        description: what it is.
        span_s: how long its batches keep falling due [s].
        rows: about how many it makes, without what incidents and load peaks add.
        incidents_per_day: on average.
        incident_kinds: those it may bring, in the profile's order.
        lookalikes_per_day: on average.
        lookalike_kinds: those it may bring.
        workers: bots side by side.
        utilisation: the share of their time that they are busy, over a week.
        peak_utilisation: the same in the busiest hour.
    """

    name: str
    description: str
    span_s: float
    rows: int
    incidents_per_day: float
    incident_kinds: tuple[str, ...]
    lookalikes_per_day: float
    lookalike_kinds: tuple[str, ...]
    workers: int
    utilisation: float
    peak_utilisation: float


def profiles() -> tuple[Listed, ...]:
    """Those that come with simlab, by name."""
    return tuple(_listed(load_profile(name)) for name in shipped_names("profiles"))


def _listed(profile: Profile) -> Listed:
    length_s = span_s(profile)
    return Listed(
        name=profile.name,
        description=profile.description,
        span_s=length_s,
        rows=usual_rows(profile),
        incidents_per_day=_per_day(profile.incident, length_s),
        incident_kinds=_kinds(profile.incident),
        lookalikes_per_day=_per_day(profile.lookalike, length_s),
        lookalike_kinds=_kinds(profile.lookalike),
        workers=profile.workers,
        utilisation=utilisation(profile),
        peak_utilisation=peak_utilisation(profile),
    )


def _per_day(entries: Sequence[Injection], length_s: float) -> float:
    """How many begin in a day, those at a given moment shared out over all days."""
    once = sum(entry.at is not None for entry in entries)
    return sum(entry.per_day or 0.0 for entry in entries) + once / (length_s / 86_400)


def _kinds(entries: Sequence[Injection]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(entry.kind for entry in entries))
