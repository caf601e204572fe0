"""One concrete load: a profile, a seed, and the trouble they bring."""

from dataclasses import dataclass

import numpy as np

from simlab.rng import stream
from simlab.workload.incidents import Trouble, draw_troubles
from simlab.workload.profile import Profile


@dataclass(frozen=True)
class Load:
    """All that a row depends on.

    `troubles` are the incidents and look-alikes, in the order of their start.
    """

    profile: Profile
    seed: int
    troubles: tuple[Trouble, ...]

    @property
    def rows_wanted(self) -> int | None:
        """How many rows there must be; None where the time decides."""
        return self.profile.rows if self.profile.limit_s is None else None

    def stream(self, name: str, index: int = 0) -> np.random.Generator:
        """The random stream of that name for one slice."""
        return stream(self.seed, name, index)


def load_of(
    profile: Profile, *, seed: int, incidents: bool = True, span_s: float | None = None
) -> Load:
    """The load that a profile and a seed name.

    Args:
        profile: its shape.
        seed: 0 or more.
        incidents: whether to inject the profile's incidents; look-alikes always come.
        span_s: draw the troubles that begin within so many seconds; by default all that can
            matter, which by rows alone is twice the time they should take, and two days.
    """
    if span_s is None:
        span_s = profile.limit_s or _ample_s(profile)
    drawn = draw_troubles(profile, seed=seed, until_s=span_s)
    return Load(profile, seed, tuple(t for t in drawn if incidents or t.lookalike))


def _ample_s(profile: Profile) -> float:
    assert profile.rows is not None
    return 2 * profile.rows / (profile.per_minute / 60) + 2 * 86_400
