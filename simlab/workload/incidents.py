"""Injected trouble: drawn once from the seed, and what it does to attempts and samples."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from simlab.config import duration_s
from simlab.rng import stream
from simlab.workload.arrivals import Floats
from simlab.workload.kinds import KINDS, Effect, Shape
from simlab.workload.problems import LONGEST_INCIDENT_S, usual_s
from simlab.workload.profile import Injection, Profile

Mask = npt.NDArray[np.bool_]
_DAY_S: Final = 86_400.0


VISIBLE_ARRIVALS: Final = 0.1
"""The load shows what adds a tenth to its arrivals, or more."""


@dataclass(frozen=True)
class Trouble:
    """One drawn incident or look-alike; times are seconds since the load began.

    `warehouses` is None when it touches them all.
    """

    id: str
    kind: str
    start_s: float
    end_s: float
    severity: float
    warehouses: tuple[int, ...] | None
    ramp_s: float
    lookalike: bool

    @property
    def effect(self) -> Effect:
        """What its kind does at full strength."""
        return KINDS[self.kind].effect

    @property
    def shape(self) -> Shape:
        """How its strength goes."""
        return KINDS[self.kind].shape

    def strength(self, time_s: Floats) -> Floats:
        """Its strength at each time: 0 outside it, up to its severity within.

        The start is within, the end is not. What humps grows evenly over the ramp, and dies down
        over as long; both ramps are cut to half its length at most. A step only grows, over a
        ramp cut to its length; what grows does so from the start to the end.
        """
        begun_s, left_s = time_s - self.start_s, self.end_s - time_s
        inside = (begun_s >= 0) & (left_s > 0)
        ramp_s = self._ramp_s
        if ramp_s <= 0:
            return np.where(inside, self.severity, 0.0)
        risen_s = np.minimum(begun_s, left_s) if self.shape == "hump" else begun_s
        return np.where(inside, self.severity * np.minimum(risen_s / ramp_s, 1.0), 0.0)

    def strength_at(self, time_s: float) -> float:
        """Its strength at one moment, as `strength` has it, in a tenth of the time."""
        begun_s, left_s = time_s - self.start_s, self.end_s - time_s
        if begun_s < 0 or left_s <= 0:
            return 0.0
        if self._ramp_s <= 0:
            return self.severity
        risen_s = min(begun_s, left_s) if self.shape == "hump" else begun_s
        return self.severity * min(risen_s / self._ramp_s, 1.0)

    def span_above(self, strength: float) -> tuple[float, float] | None:
        """From when to when it is at least so strong [s]; None when it never is."""
        if strength > self.severity:
            return None
        inside_s = self._ramp_s * strength / self.severity
        return self.start_s + inside_s, self.end_s - (inside_s if self.shape == "hump" else 0.0)

    @property
    def _ramp_s(self) -> float:
        """How long it takes to full strength."""
        length_s = self.end_s - self.start_s
        match self.shape:
            case "hump":
                return min(self.ramp_s, length_s / 2)
            case "step":
                return min(self.ramp_s, length_s)
            case "growth":
                return length_s

    def touches(self, warehouse_id: npt.NDArray[np.int32]) -> Mask:
        """Which of these warehouses it touches."""
        if self.warehouses is None:
            return np.ones(len(warehouse_id), bool)
        chosen = np.zeros(max(*self.warehouses, int(warehouse_id.max(initial=0))) + 1, bool)
        chosen[list(self.warehouses)] = True
        return np.asarray(chosen[warehouse_id])


def draw_troubles(profile: Profile, *, seed: int, until_s: float) -> tuple[Trouble, ...]:
    """All incidents and look-alikes that start before `until_s`, in the order of their start.

    A longer `until_s` only adds later ones: each day of each entry has its own stream.
    """
    drawn: list[Trouble] = []
    for lookalike, entries in ((False, profile.incident), (True, profile.lookalike)):
        for index, entry in enumerate(entries):
            name = f"{'lookalike' if lookalike else 'incident'}.{index}"
            drawn += _of_entry(profile, entry, name, seed=seed, until_s=until_s, benign=lookalike)
    drawn.sort(key=lambda trouble: (trouble.start_s, trouble.kind))
    return tuple(_numbered(drawn))


def _of_entry(
    profile: Profile, entry: Injection, name: str, *, seed: int, until_s: float, benign: bool
) -> Iterator[Trouble]:
    if entry.at is not None:
        at_s = (entry.at - profile.start).total_seconds()
        if at_s < until_s:
            yield _drawn(profile, entry, at_s, stream(seed, name), benign=benign)
        return
    for day in range(math.ceil(until_s / _DAY_S)):
        rng = stream(seed, name, day)
        starts_s = (day + np.sort(rng.random(rng.poisson(entry.per_day or 0.0)))) * _DAY_S
        for start_s in starts_s:
            if start_s < until_s:  # in order, so none that comes after needs this day's stream
                yield _drawn(profile, entry, float(start_s), rng, benign=benign)


def _drawn(
    profile: Profile, entry: Injection, start_s: float, rng: np.random.Generator, *, benign: bool
) -> Trouble:
    kind = KINDS[entry.kind]
    length_s = usual_s(entry) * math.exp(entry.duration.sigma * rng.standard_normal())
    length_s = min(length_s, LONGEST_INCIDENT_S)
    severity = float(rng.uniform(entry.severity.low, entry.severity.high))
    return Trouble(
        id="",
        kind=entry.kind,
        start_s=_to_us(start_s),
        end_s=_to_us(start_s + length_s),
        severity=round(severity, 4),
        warehouses=_chosen(entry, profile.warehouses, rng),
        ramp_s=duration_s(kind.ramp if entry.ramp is None else entry.ramp),
        lookalike=benign,
    )


def _chosen(entry: Injection, warehouses: int, rng: np.random.Generator) -> tuple[int, ...] | None:
    told = KINDS[entry.kind].warehouses if entry.warehouses is None else entry.warehouses
    if told == "all":
        return None
    if isinstance(told, tuple):
        return tuple(sorted(set(told)))
    count = max(1, round(told * warehouses))
    picked = rng.choice(warehouses, size=count, replace=False) + 1
    return tuple(sorted(int(w) for w in picked))


def _numbered(troubles: Sequence[Trouble]) -> Iterator[Trouble]:
    """The same, each with an id that says its kind and which of the kind it is."""
    seen: dict[str, int] = {}
    for trouble in troubles:
        number = seen[trouble.kind] = seen.get(trouble.kind, 0) + 1
        yield replace(trouble, id=f"{trouble.kind}-{number}")


def _to_us(time_s: float) -> float:
    """Cut to whole microseconds, as the dataset stores it."""
    return math.floor(time_s * 1e6) / 1e6
