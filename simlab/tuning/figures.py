"""The figures that rules are judged by, each with how far chance may move it."""

from typing import Final

import numpy as np
from msgspec import Struct

from simlab.rng import stream
from simlab.tuning.join import Floats
from simlab.tuning.limit import upper_count
from simlab.tuning.score import S_PER_DAY
from simlab.tuning.tally import Tally

DRAWS: Final = 1000
LEVEL: Final = 0.90
"""Of the intervals: 5 % of what chance may do lies below, 5 % above."""
SEED: Final = 20_260_105
"""The same figures give the same intervals."""


class Figure(Struct, frozen=True):
    """A figure and its 90 % interval; NaN is undefined, the interval with fewer than two blocks."""

    value: float
    low: float = np.nan
    high: float = np.nan


class Figures(Struct, frozen=True, kw_only=True):
    """What rules together did.

    Attributes:
        recall: the share of incidents caught, 0 to 1; NaN without incidents.
        delay_median_s: from when an incident shows to its first episode, over those caught [s].
        delay_p90_s: the same, the 0.9 quantile.
        false_alarms_per_day: episodes that start in no incident, over all rules.
        pages_per_day: episodes, over all rules.
        firing_ratio: the time spent firing outside of incidents, added up over rules, as a share
            of the time outside.
        incidents: how many there were to catch.
        days: over how much time.
        blocks: how many blocks the intervals rest on.
        over_cap: the share of draws in which false alarms exceed the cap, 0 to 1; NaN where
            there is no interval, or no cap was told.
    """

    recall: Figure
    delay_median_s: Figure
    delay_p90_s: Figure
    false_alarms_per_day: Figure
    pages_per_day: Figure
    firing_ratio: Figure
    incidents: int
    days: float
    blocks: int
    over_cap: float = np.nan


def figures(told: Tally, *, cap_per_day: float | None = None, draws: int = DRAWS) -> Figures:
    """The figures of a tally, with intervals by block bootstrap.

    Blocks are drawn with replacement, as many as there are, again and again (Efron 1979), and
    the interval is that of the middle 90 % of the draws (percentiles). Where all draws must
    agree, at no event at all or at a recall of 0 or 1, the exact limit of counts stands in: for
    n incidents all caught the low end is 0.05 to the power of 1/n, and for no event the high end
    is that of `limit.upper_count`.

    Args:
        told: what rules did, block by block.
        cap_per_day: the cap on false alarms, to tell how often draws exceed it [1/day].
        draws: how many; 0 leaves intervals out.
    """
    blocks = told.span_s.size
    weights = _weights(blocks, draws)
    caught = np.isfinite(told.delay_s)
    known = np.bincount(told.block, minlength=blocks).astype(np.float64)
    found = np.bincount(told.block[caught], minlength=blocks).astype(np.float64)
    alarms = weights @ told.false_alarms * S_PER_DAY / (weights @ told.span_s)
    exceeding = alarms > (np.nan if cap_per_day is None else cap_per_day)
    rated = exceeding.size > 0 and cap_per_day is not None
    return Figures(
        recall=_recall(found, known, weights),
        delay_median_s=_delay(told, 0.5, weights),
        delay_p90_s=_delay(told, 0.9, weights),
        false_alarms_per_day=_rate(told.false_alarms, told.span_s, weights),
        pages_per_day=_rate(told.episodes, told.span_s, weights),
        firing_ratio=_figure(told.firing_s, told.outside_s, weights),
        incidents=told.block.size,
        days=told.days,
        blocks=blocks,
        over_cap=float(np.mean(exceeding)) if rated else np.nan,
    )


def _weights(blocks: int, draws: int) -> Floats:
    """How often each block (a column) comes in each draw (a row); none with fewer than two."""
    if blocks < 2:
        return np.empty((0, blocks))
    even = np.full(blocks, 1 / blocks)
    drawn = stream(SEED, "tuning.bootstrap").multinomial(blocks, even, size=draws)
    return drawn.astype(np.float64)


def _figure(part: Floats, whole: Floats, weights: Floats) -> Figure:
    drawn = _ratio(weights @ part, weights @ whole)
    value = float(_ratio(part.sum(), whole.sum()))
    return Figure(value, *_middle(drawn))


def _rate(count: Floats, span_s: Floats, weights: Floats) -> Figure:
    figure = _figure(count * S_PER_DAY, span_s, weights)
    if count.any() or not len(weights):
        return figure
    none = float(upper_count(np.array(0.0)))
    return Figure(figure.value, 0.0, none * S_PER_DAY / float(span_s.sum()))


def _recall(found: Floats, known: Floats, weights: Floats) -> Figure:
    figure = _figure(found, known, weights)
    if not len(weights) or not known.any() or 0 < figure.value < 1:
        return figure
    edge = ((1 - LEVEL) / 2) ** (1 / float(known.sum()))
    return Figure(1.0, edge, 1.0) if figure.value == 1 else Figure(0.0, 0.0, 1 - edge)


def _delay(told: Tally, quantile: float, weights: Floats) -> Figure:
    """A quantile of the delays of what was caught, interpolated as numpy does by default."""
    caught = np.isfinite(told.delay_s)
    order = np.argsort(told.delay_s[caught], kind="stable")
    delay_s, block = told.delay_s[caught][order], told.block[caught][order]
    if not delay_s.size:
        return Figure(np.nan)
    times = weights[:, block].astype(np.int64)
    drawn = [_quantile(np.repeat(delay_s, each), quantile) for each in times]
    return Figure(_quantile(delay_s, quantile), *_middle(np.array(drawn)))


def _quantile(ascending: Floats, quantile: float) -> float:
    if not ascending.size:
        return np.nan
    place = quantile * (ascending.size - 1)
    below = int(place)
    above = min(below + 1, ascending.size - 1)
    return float(ascending[below] + (place - below) * (ascending[above] - ascending[below]))


def _middle(drawn: Floats) -> tuple[float, float]:
    """The middle 90 % of the draws in which the figure is defined."""
    known = drawn[~np.isnan(drawn)]
    if not known.size:
        return np.nan, np.nan
    edge = (1 - LEVEL) / 2
    low, high = np.quantile(known, [edge, 1 - edge])
    return float(low), float(high)


def _ratio(part: Floats, whole: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(whole > 0, np.true_divide(part, whole), np.nan))
