"""What a fit gives."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simlab.workload.fit.distances import Distance
from simlab.workload.fit.estimate import Estimate
from simlab.workload.fit.service import Candidate
from simlab.workload.profile import Profile


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """A profile fitted to a log, how sure it is, and how close.

    Attributes:
        source: the name of the log.
        profile: the profile, checked as one that is read from a file.
        table: the same as a table of TOML, with what was fitted and nothing else.
        estimates: parameters with their 95 % intervals.
        candidates: the families of service times that were tried, best first.
        distances: of data drawn from the profile, from the part of the log held out.
        attempts: how many attempts it was fitted to.
        held_out: how many were held out.
        notes: what was left out, and what could not be told.
    """

    source: str
    profile: Profile
    table: Mapping[str, Any]
    estimates: tuple[Estimate, ...]
    candidates: tuple[Candidate, ...]
    distances: tuple[Distance, ...]
    attempts: int
    held_out: int
    notes: tuple[str, ...]

    @property
    def cautions(self) -> list[str]:
        """The quantities in which the log and the profile differ by more than chance explains."""
        return [
            f"{distance.quantity}: a KS distance of {distance.ks:.3f}, where chance exceeds "
            f"{distance.rare:.3f} once in 1,000: the log is not quite as the profile says"
            for distance in self.distances
            if not distance.explained
        ]
