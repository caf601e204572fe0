"""How a load is cut: slices of time that are drawn apart, parts of them that are written."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice, takewhile
from typing import Final

import numpy as np

from simlab.config import duration_s
from simlab.workload.arrivals import Floats, Intensity, intensity, place_evenly
from simlab.workload.bursts import bursts
from simlab.workload.incidents import Trouble
from simlab.workload.load import Load
from simlab.workload.profile import Outcome, Profile

ROWS_PER_SLICE: Final = 65_536
ROWS_PER_PART: Final = 1_048_576
SLICES_PER_PART: Final = 64
"""At most: a slow load has few rows to a slice, and each slice costs some time."""
LONGEST_SLICE_S: Final = 7 * 86_400.0


@dataclass(frozen=True)
class Slice:
    """The batches that fall due from `start_s` to `end_s`, seconds since the load began.

    `batches` of them come at the usual rate, `extra` on top of it from load peaks; their ids
    begin at `first_batch`.
    """

    index: int
    start_s: float
    end_s: float
    first_batch: int
    batches: int
    extra: int


@dataclass(frozen=True)
class Part:
    """Slices written together: the rows that end from `start_s` to before `end_s`.

    `slices` begin with `before` slices that lie before the part, for the attempts that reach
    over the edge; `end_s` is infinite for the last part.
    """

    index: int
    start_s: float
    end_s: float
    slices: tuple[Slice, ...]
    before: int

    @property
    def batches(self) -> int:
        """How many batches fall due within the part."""
        return sum(cut.batches + cut.extra for cut in self.slices[self.before :])


def parts(load: Load) -> Iterator[Part]:
    """The parts of a load in order; without end when its rows alone decide."""
    profile, cut = load.profile, _slices(load)
    size = round(ROWS_PER_PART / (slice_s(profile) * _mean_rate(profile)))
    size = min(max(1, size), SLICES_PER_PART)
    before: tuple[Slice, ...] = ()
    for index in count():
        own = tuple(islice(cut, size))
        if not own:
            return
        last = profile.limit_s is not None and own[-1].end_s >= profile.limit_s
        end_s = float("inf") if last else own[-1].end_s
        yield Part(index, own[0].start_s, end_s, (*before, *own), len(before))
        if last:
            return
        before = _reaching((*before, *own), load)


def acting(load: Load, part: Part) -> tuple[Trouble, ...]:
    """The troubles that may act on the attempts at a part's batches."""
    life_s = longest_life_s(load.profile)
    done_s = load.outages.done_by_s(part.slices[-1].end_s, life_s=life_s)
    return load.near(part.slices[0].start_s, done_s)


def _reaching(slices: Sequence[Slice], load: Load) -> tuple[Slice, ...]:
    """The slices at the end whose batches may end beyond the last of them."""
    edge_s, life_s = slices[-1].end_s, longest_life_s(load.profile)
    reach = takewhile(
        lambda cut: load.outages.done_by_s(cut.end_s, life_s=life_s) >= edge_s, reversed(slices)
    )
    return tuple(reversed(list(reach)))


def slice_s(profile: Profile) -> float:
    """How long a slice is [s]: about 65,536 rows, up to a week of them.

    It is no shorter than a batch can live.
    """
    usual_s = min(LONGEST_SLICE_S, ROWS_PER_SLICE / _mean_rate(profile))
    return float(np.ceil(max(longest_life_s(profile), usual_s)))


def longest_life_s(profile: Profile) -> float:
    """The longest a batch can take from due to done when no one queues [s]."""
    limit_s = duration_s(profile.service.limit)
    return profile.outcome.max_attempts * limit_s + sum(pauses_s(profile.outcome))


def pauses_s(outcome: Outcome) -> list[float]:
    """The pause after each attempt that another may follow [s]."""
    return [duration_s(outcome.backoff) * 2**k for k in range(outcome.max_attempts - 1)]


def peak_arrivals(
    shape: Intensity, troubles: Sequence[Trouble], *, start_s: float, end_s: float
) -> tuple[Floats, Floats]:
    """Arrivals on top of the usual ones: minute edges [s], and those expected up to each."""
    edges_s = np.append(np.arange(start_s, end_s, 60.0), end_s)
    middle_s = (edges_s[1:] + edges_s[:-1]) / 2
    share = np.zeros(len(middle_s))
    for trouble in troubles:
        share += trouble.effect.arrivals * trouble.strength(middle_s)
    extra = shape.rate(middle_s) * share * np.diff(edges_s)
    return edges_s, np.concatenate([[0.0], np.cumsum(extra)])


def _slices(load: Load) -> Iterator[Slice]:
    profile, shape = load.profile, load.intensity
    length_s, limit_s = slice_s(profile), profile.limit_s or float("inf")
    spread = _spread_counts(load, shape)
    first = 1
    for index in count():
        start_s = index * length_s
        if start_s >= limit_s:
            return
        end_s = min(start_s + length_s, limit_s)
        usual = spread[index] if spread else _usual(load, shape, start_s, end_s, index)
        extra = _extra(load, shape, start_s, end_s, index)
        yield Slice(index, start_s, end_s, first, usual, extra)
        first += usual + extra


def _usual(load: Load, shape: Intensity, start_s: float, end_s: float, index: int) -> int:
    if load.profile.arrivals.process == "fixed":
        return len(place_evenly(shape, start_s=start_s, end_s=end_s))
    if load.profile.arrivals.process == "bursty":
        _, expected = bursts(load, shape, start_s=start_s, end_s=end_s)
    else:
        expected = np.diff(shape.expected(np.array([start_s, end_s])))
    return int(load.stream("arrivals.count", index).poisson(expected[-1]))


def _extra(load: Load, shape: Intensity, start_s: float, end_s: float, index: int) -> int:
    near = load.near(start_s, end_s)
    peaks = [trouble for trouble in near if trouble.effect.arrivals]
    if not peaks:
        return 0
    _, expected = peak_arrivals(shape, peaks, start_s=start_s, end_s=end_s)
    return int(load.stream("arrivals.extra", index).poisson(expected[-1]))


def _spread_counts(load: Load, shape: Intensity) -> list[int] | None:
    """How many of a given number of rows fall into each slice of a given time."""
    profile = load.profile
    if profile.rows is None or profile.limit_s is None:
        return None
    edges_s = np.append(np.arange(0, profile.limit_s, slice_s(profile)), profile.limit_s)
    mass = np.diff(shape.expected(edges_s))
    drawn = load.stream("arrivals.spread").multinomial(profile.rows, mass / mass.sum())
    return [int(rows) for rows in drawn]


def _mean_rate(profile: Profile) -> float:
    """Batches a second, averaged over a week."""
    return float(intensity(profile).mass[-1] / (7 * 86_400.0))
