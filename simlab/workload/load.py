"""One concrete load: a profile, a seed, and the trouble they bring."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from simlab.errors import ConfigError
from simlab.rng import stream
from simlab.workload.arrivals import Floats, Intensity, intensity
from simlab.workload.incidents import Trouble, draw_troubles
from simlab.workload.outages import Outages
from simlab.workload.profile import Profile
from simlab.workload.service import warehouse_factors

_CHUNK: Final = 4096


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

    @cached_property
    def intensity(self) -> Intensity:
        """The rate at which batches usually fall due."""
        return intensity(self.profile)

    @cached_property
    def warehouse_factors(self) -> Floats:
        """How much slower than usual each warehouse is; index 0 is unused."""
        return warehouse_factors(self.profile.service, self.profile.warehouses, seed=self.seed)

    @cached_property
    def outages(self) -> Outages:
        """When the bot is down."""
        return Outages.of((t.start_s, t.end_s) for t in self.troubles if t.effect.down)

    @cached_property
    def _spans_s(self) -> tuple[Floats, Floats]:
        """When troubles start, and when they end."""
        spans = [(trouble.start_s, trouble.end_s) for trouble in self.troubles]
        starts_s, ends_s = np.array(spans, np.float64).reshape(-1, 2).T
        return starts_s, ends_s

    def near(self, start_s: float, end_s: float) -> tuple[Trouble, ...]:
        """The troubles at work at some moment from `start_s` to `end_s`, in their order."""
        starts_s, ends_s = self._spans_s
        return tuple(
            self.troubles[at] for at in np.flatnonzero((starts_s < end_s) & (ends_s > start_s))
        )

    def stream(self, name: str, index: int = 0) -> np.random.Generator:
        """The random stream of that name for one slice."""
        return stream(self.seed, name, index)

    def series(
        self,
        name: str,
        draw: Callable[[np.random.Generator, int], Floats],
        *,
        first: int,
        count: int,
    ) -> Floats:
        """Numbers `first` to `first + count` of an endless series, whichever are asked for.

        Args:
            name: of the stream.
            draw: draws as many numbers as it is told.
            first: index of the first, 0 or more.
            count: how many.
        """
        chunks = range(first // _CHUNK, -(-(first + count) // _CHUNK))
        drawn = [draw(self.stream(name, chunk), _CHUNK) for chunk in chunks]
        skipped = first % _CHUNK
        return np.concatenate([*drawn, np.empty(0)])[skipped : skipped + count]


def load_of(
    profile: Profile,
    *,
    seed: int,
    incidents: bool = True,
    without: Collection[str] = (),
    span_s: float | None = None,
) -> Load:
    """The load that a profile and a seed name.

    Args:
        profile: its shape.
        seed: 0 or more.
        incidents: whether to inject the profile's incidents; look-alikes always come.
        without: ids of incidents that are left out; all else is as with them.
        span_s: draw the troubles that begin within so many seconds; by default all that can
            matter, which by rows alone is twice the time they should take, and two days.

    Raises:
        ConfigError: there is no incident of an id in `without`.
    """
    if span_s is None:
        span_s = profile.limit_s or _ample_s(profile)
    drawn = draw_troubles(profile, seed=seed, until_s=span_s)
    known = [t.id for t in drawn if not t.lookalike]
    for name in without:
        if name not in known:
            raise ConfigError(f"without {name!r}: {_among(known)}")
    kept = (t for t in drawn if t.lookalike or (incidents and t.id not in without))
    return Load(profile, seed, tuple(kept))


def _among(known: list[str]) -> str:
    if not known:
        return "this load has no incidents to leave out"
    shown = ", ".join(known[:8])
    return f"no such incident; there are {shown}{', …' if len(known) > 8 else ''}"


def _ample_s(profile: Profile) -> float:
    assert profile.rows is not None
    return 2 * profile.rows / (profile.per_minute / 60) + 2 * 86_400
