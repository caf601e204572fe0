"""When batches fall due: a rate that follows the hour and the weekday."""

from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from simlab.errors import ConfigError
from simlab.workload.profile import Profile

Floats: TypeAlias = npt.NDArray[np.float64]
_WEEK_S = 7 * 86_400.0
_HOUR_S = 3_600.0


@dataclass(frozen=True)
class Intensity:
    """A rate that repeats each week, constant within each hour.

    Attributes:
        origin_s: how far into a week, Monday 00:00 UTC being 0, the load begins [s].
        edges_s: the 169 hour edges of a week [s].
        mass: batches expected from the week's start to each edge.
    """

    origin_s: float
    edges_s: Floats
    mass: Floats

    def expected(self, time_s: Floats | float) -> Floats:
        """Batches expected from the load's beginning to each time [s since the beginning]."""
        total = self._from_monday(np.asarray(time_s) + self.origin_s)
        return total - self._from_monday(np.asarray(self.origin_s))

    def moment(self, expected: Floats) -> Floats:
        """The inverse of `expected`, in order: when so many batches are expected [s]."""
        target = np.asarray(expected + self._from_monday(np.asarray(self.origin_s)))
        a_week = self.mass[-1]
        weeks: Floats | float = target.flat[0] // a_week if target.size else 0.0
        if target.size and target.flat[-1] // a_week > weeks:
            weeks = target // a_week  # costs more than all the rest, and is seldom needed
        inside_s = np.interp(target - weeks * a_week, self.mass, self.edges_s)
        return np.asarray(inside_s + (weeks * _WEEK_S - self.origin_s))

    def rate(self, time_s: Floats) -> Floats:
        """Batches expected a second at each time."""
        hour = ((time_s + self.origin_s) % _WEEK_S // _HOUR_S).astype(np.int64)
        return np.asarray(np.diff(self.mass)[hour] / _HOUR_S)

    def _from_monday(self, time_s: Floats) -> Floats:
        weeks, rest = np.divmod(time_s, _WEEK_S)
        return np.asarray(weeks * self.mass[-1] + np.interp(rest, self.edges_s, self.mass))


def intensity(profile: Profile) -> Intensity:
    """The rate that a profile declares; for rows spread over a duration, the one that gives them.

    Raises:
        ConfigError: rows are to be spread over hours whose factors are all 0.
    """
    shape = _declared(profile)
    if not profile.spreads:
        return shape
    expected = float(shape.expected(profile.limit_s or 0.0))
    if expected == 0:
        raise ConfigError(f"{profile.name}: $.arrivals: its factors are 0 for all of the duration")
    return replace(shape, mass=shape.mass * ((profile.rows or 0) / expected))


def _declared(profile: Profile) -> Intensity:
    hourly = np.asarray(profile.arrivals.hourly or (1.0,) * 24)
    weekday = np.asarray(profile.arrivals.weekday or (1.0,) * 7)
    per_hour = profile.per_minute * 60 * np.outer(weekday, hourly).ravel()
    start = profile.start
    since_midnight_s = start.hour * _HOUR_S + start.minute * 60 + start.second
    return Intensity(
        origin_s=start.weekday() * 86_400.0 + since_midnight_s + start.microsecond / 1e6,
        edges_s=np.arange(0.0, 169 * _HOUR_S, _HOUR_S),
        mass=np.concatenate([[0.0], np.cumsum(per_hour)]),
    )


def rows_expected(profile: Profile) -> int:
    """About how many rows a load will have: one a batch, retries left out."""
    if profile.rows is not None:
        return profile.rows
    return int(intensity(profile).expected(profile.limit_s or 0.0))


def evenly_random(count: int, rng: np.random.Generator) -> Floats:
    """`count` points uniform on [0, 1), in order, without sorting.

    The points of a Poisson process, scaled by the one after the last, are the order statistics
    of a uniform sample (Rényi 1953).
    """
    sums = np.cumsum(rng.standard_exponential(count + 1))
    return np.asarray(sums[:-1] / sums[-1])


def place(
    shape: Intensity, *, start_s: float, end_s: float, count: int, rng: np.random.Generator
) -> Floats:
    """`count` arrivals of the process within [start_s, end_s), in order [s]."""
    low, high = shape.expected(np.array([start_s, end_s]))
    wanted = evenly_random(count, rng)
    wanted *= high - low
    wanted += low
    times_s = shape.moment(wanted)
    np.maximum(times_s, start_s, out=times_s)
    return np.minimum(times_s, np.nextafter(end_s, start_s), out=times_s)


def place_evenly(shape: Intensity, *, start_s: float, end_s: float) -> Floats:
    """The arrivals within [start_s, end_s) of a process that expects one between each two [s].

    The first batch falls due when half a batch is expected, so counts are right on average.
    """
    low, high = shape.expected(np.array([start_s, end_s]))
    return shape.moment(np.arange(np.ceil(low - 0.5), np.ceil(high - 0.5)) + 0.5)
