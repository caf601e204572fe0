"""How far apart two samples are, with what drawing whole stretches of time again tells."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np
from msgspec import Struct

from simlab.tuning.resample import Again, Side, sides_of
from simlab.tuning.traits import BLOCKS, Trait
from simlab.workload.fit.spans import Floats, Times

Measure: TypeAlias = Literal["ks", "change", "mix"]
Counts: TypeAlias = tuple[Floats, Floats]

_POINTS: Final = 257
_MOST_IDS: Final = 500
_COMMON, _RARE = 0.95, 0.999


class Apart(Struct, frozen=True, kw_only=True):
    """How far two samples of one quantity are apart.

    Attributes:
        quantity: its name.
        measure: `ks`, the greatest distance of the two distribution functions, 0 to 1; `mix`,
            the share that would have to go to another warehouse, 0 to 1; `change`, by how much
            the logs' figure is greater, relative: 0.1 is 10 %.
        there: the median, the share or the rate of the reference.
        here: the same of the logs.
        distance: how far apart they are, by the measure.
        low, high: its 95 % interval.
        chance: what two samples of one workload would exceed five times in 100.
        rare: what they would exceed once in 1,000.
    """

    quantity: str
    measure: Measure
    there: float
    here: float
    distance: float
    low: float
    high: float
    chance: float
    rare: float


@dataclass(frozen=True, kw_only=True, eq=False)
class _Way:
    """How counts become a description, and the difference of two descriptions a distance."""

    measure: Measure
    describe: Callable[[Floats], Floats]
    size: Callable[[Floats], Floats]


def ks_apart(quantity: str, here: Trait, there: Trait, *, again: Again) -> Apart:
    """The distance of two distributions (Kolmogorov and Smirnov), at 514 of their quantiles.

    Args:
        quantity: its name.
        here: the logs' values.
        there: the reference's.
        again: how stretches are drawn again.
    """
    shares = np.linspace(0, 1, _POINTS)
    points = [np.quantile(each.value, shares, method="inverted_cdf") for each in (here, there)]
    edges = np.unique(np.concatenate(points))
    sides = sides_of(*(_tally(each, edges) for each in (here, there)), again=again)
    return _apart(quantity, _KS, sides, *(float(np.median(each.value)) for each in (here, there)))


def mix_apart(quantity: str, here: Trait, there: Trait, *, again: Again) -> Apart:
    """The total variation distance of two mixes: half the sum of the shares' differences.

    Of more than 500 ids the rarest count as one. `here` and `there` of the result are how many
    ids there are. The arguments are those of `ks_apart`.
    """
    ids, counts = np.unique(np.concatenate([here.value, there.value]), return_counts=True)
    common = np.sort(ids[np.argsort(-counts, kind="stable")[:_MOST_IDS]])
    sides = sides_of(*(_tally_ids(each, common) for each in (here, there)), again=again)
    return _apart(
        quantity, _MIX, sides, *(float(np.unique(each.value).size) for each in (here, there))
    )


def change_apart(quantity: str, here: Counts, there: Counts, *, again: Again) -> Apart:
    """How much greater a share, or a rate, is than that of the reference, relative.

    Logarithms are compared, and half an event is added on either side, so that none at all can
    be compared too.

    Args:
        quantity: its name.
        here: for each stretch of the logs how many events there were; and among how many, or in
            what time.
        there: the same of the reference.
        again: how stretches are drawn again.
    """
    sides = sides_of(*(np.column_stack(each) for each in (here, there)), again=again)
    figures = [float(counts[0].sum() / counts[1].sum()) for counts in (here, there)]
    return _apart(quantity, _CHANGE, sides, *figures)


def per_stretch(trait: Trait) -> Counts:
    """For each stretch the sum of its values, and how many there are."""
    sums = np.bincount(trait.block, weights=trait.value, minlength=BLOCKS)
    counts = np.bincount(trait.block, minlength=BLOCKS)
    return sums.astype(np.float64), counts.astype(np.float64)


def _tally(trait: Trait, edges: Floats) -> Floats:
    """A row a stretch: how many values lie above one edge and up to the next."""
    return _counted(trait.block, np.searchsorted(edges, trait.value), len(edges))


def _tally_ids(trait: Trait, ids: Floats) -> Floats:
    """A row a stretch: how often each id was seen, and last all others together."""
    place = np.minimum(np.searchsorted(ids, trait.value), len(ids) - 1)
    other = ids[place] != trait.value
    return _counted(trait.block, np.where(other, len(ids), place), len(ids) + 1)


def _counted(block: Times, column: Times, columns: int) -> Floats:
    flat = np.bincount(block * columns + column, minlength=BLOCKS * columns)
    return flat.reshape(BLOCKS, columns).astype(np.float64)


def _apart(quantity: str, way: _Way, sides: tuple[Side, Side], here: float, there: float) -> Apart:
    """The distance; its basic bootstrap interval; and what is left when the means are alike."""
    gap = way.describe(sides[0].total) - way.describe(sides[1].total)
    again = way.describe(sides[0].again) - way.describe(sides[1].again)
    distance, drawn = float(way.size(gap)), way.size(again)
    upper, lower = np.quantile(drawn, [0.975, 0.025]).tolist()
    chance, rare = np.quantile(np.abs(way.size(again - gap)), [_COMMON, _RARE]).tolist()
    low, high = min(distance, 2 * distance - upper), max(distance, 2 * distance - lower)
    if way.measure == "change":
        told = [math.expm1(each) for each in (distance, low, high, chance, rare)]
    else:
        told = [min(1.0, max(0.0, each)) for each in (distance, low, high, chance, rare)]
    return Apart(
        quantity=quantity,
        measure=way.measure,
        there=there,
        here=here,
        distance=told[0],
        low=told[1],
        high=told[2],
        chance=told[3],
        rare=told[4],
    )


def _shared(counts: Floats) -> Floats:
    return np.asarray(counts / counts.sum(axis=-1, keepdims=True))


def _cumulated(counts: Floats) -> Floats:
    return np.cumsum(_shared(counts), axis=-1)


def _logged(counts: Floats) -> Floats:
    return np.log((counts[..., :1] + 0.5) / counts[..., 1:])


_KS: Final = _Way(measure="ks", describe=_cumulated, size=lambda gap: np.abs(gap).max(axis=-1))
_MIX: Final = _Way(measure="mix", describe=_shared, size=lambda gap: np.abs(gap).sum(axis=-1) / 2)
_CHANGE: Final = _Way(measure="change", describe=_logged, size=lambda gap: gap[..., 0])
