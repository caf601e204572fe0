"""Where datasets come from, so that a worker can fetch its own."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from simlab.dataset.read import read
from simlab.dataset.schema import Dataset
from simlab.workload.draw import draw
from simlab.workload.profile import Profile


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A profile's dataset of one seed, drawn when it is called for."""

    profile: Profile
    seed: int

    def __call__(self) -> Dataset:
        """Draw it."""
        found = draw(self.profile, seed=self.seed)
        return replace(found, name=f"{self.profile.name}, seed {self.seed}")


@dataclass(frozen=True, kw_only=True)
class Saved:
    """A dataset on disk, read when it is called for; `simlab.read` explains the options."""

    path: Path
    time: str | None = None
    mapping: Mapping[str, str] | None = None
    max_rejected: float = 0.01

    def __call__(self) -> Dataset:
        """Read it."""
        return read(self.path, time=self.time, mapping=self.mapping, max_rejected=self.max_rejected)
