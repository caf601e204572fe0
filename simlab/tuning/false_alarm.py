"""What lay where a false alarm was raised."""

import math
from collections.abc import Iterator
from typing import Final, Literal, TypeAlias

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from simlab.clock import US_PER_S
from simlab.tuning.interval import Interval
from simlab.tuning.match import EVERY_WAREHOUSE, Truth, Windows, match
from simlab.tuning.watched import Watched

Lay: TypeAlias = Literal["look-alike", "tail", "before", "elsewhere", "nothing"]
LAYS: Final[tuple[Lay, ...]] = (
    "look-alike",  # one showed when the rule fired
    "tail",  # the rule's window still held what a label left, or its condition had held since
    "before",  # an incident began to show while the rule fired: it fired too early
    "elsewhere",  # an incident showed, at other warehouses
    "nothing",  # no label is near
)

_LOOKING_BACK: Final = frozenset(
    {"mean", "max", "min", "range", "ratio", "count", "p50", "p95", "p99", "rate"}
)
"""Aggregates that fire for what came before, for as long as their window reaches back."""


class FalseAlarm(Struct, frozen=True, kw_only=True):
    """An alert that began in no incident.

    Attributes:
        rule: which rule raised it.
        warehouse_id: for which warehouse; None when the rule tells none apart.
        start_us: when it began [µs since 1970].
        end_us: when it was over.
        lay: what lay there, one of `LAYS`.
        label: the id of the look-alike or incident; None for nothing.
        apart_s: for a tail how long ago the label had ceased to show, and for an alarm before an
            incident how long until it began to [s]; else NaN.
    """

    rule: str
    warehouse_id: int | None
    start_us: int
    end_us: int
    lay: Lay
    label: str | None = None
    apart_s: float = math.nan


def false_alarms(watched: Watched, truth: Truth, interval: Interval) -> Iterator[FalseAlarm]:
    """The false alarms of a rule that began in the interval, in order.

    A tail is a false alarm whose window, when its condition began to hold, reached back to when
    a label still showed; the means and shares of a window do that. With several explanations
    the first of `LAYS` is told, and incidents come before look-alikes.
    """
    fired = watched.fired
    warehouse = watched.series.warehouse_id
    key = EVERY_WAREHOUSE if warehouse is None else warehouse
    of = np.full(fired.start_us.size, key, dtype=np.int64)
    matched = match(fired.start_us, truth, warehouse_id=of)
    counted = (fired.start_us >= interval.start_us) & (fired.start_us < interval.until_us)
    for episode in np.flatnonzero(counted & ~watched.held & (matched.incident < 0)).tolist():
        start_us, end_us = int(fired.start_us[episode]), int(fired.end_us[episode])
        fooling = int(matched.lookalike[episode])
        reach_us = _reach_us(watched, episode)
        lay, label, apart_s = (
            _beside(truth, key, reach_us, start_us, end_us)
            if fooling < 0
            else ("look-alike", truth.lookalikes.id[fooling], math.nan)
        )
        yield FalseAlarm(
            rule=watched.rule.name,
            warehouse_id=warehouse,
            start_us=start_us,
            end_us=end_us,
            lay=lay,
            label=label,
            apart_s=apart_s,
        )


def _beside(
    truth: Truth, warehouse: int, reach_us: int, start_us: int, end_us: int
) -> tuple[Lay, str | None, float]:
    for windows in (truth.incidents, truth.lookalikes):
        near = windows.at(windows.concerning(warehouse))
        for place in _last((near.end_us >= reach_us) & (near.end_us < start_us)):
            return "tail", near.id[place], (start_us - int(near.end_us[place])) / US_PER_S
    ahead = truth.incidents.at(truth.incidents.concerning(warehouse))
    for place in np.flatnonzero((ahead.start_us > start_us) & (ahead.start_us < end_us))[:1]:
        return "before", ahead.id[place], (int(ahead.start_us[place]) - start_us) / US_PER_S
    for place in _last(_showing(truth.incidents, start_us)):
        return "elsewhere", truth.incidents.id[place], math.nan
    return "nothing", None, math.nan


def _showing(windows: Windows, moment_us: int) -> NDArray[np.bool_]:
    return np.asarray((windows.start_us <= moment_us) & (windows.end_us >= moment_us))


def _last(where: NDArray[np.bool_]) -> list[int]:
    """The last position of all, if there is any."""
    return [int(place) for place in np.flatnonzero(where)[-1:]]


def _reach_us(watched: Watched, episode: int) -> int:
    """How far back the window reached when the condition began to hold [µs since 1970]."""
    rule, time_us = watched.rule, watched.series.time_us
    first = watched.crossed(episode)
    since_us = int(time_us[first]) - (rule.smooth_us or 0)
    if rule.aggregate not in _LOOKING_BACK:
        return since_us
    if rule.window_us is not None:
        return since_us - rule.window_us
    oldest = max(0, first + 1 - (rule.window_count or 1))
    return int(time_us[oldest]) - (rule.smooth_us or 0)
