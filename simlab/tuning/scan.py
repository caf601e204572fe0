"""When a rule fires at each point of its grid."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simlab.alerts.replay import firing
from simlab.alerts.rule import Rule
from simlab.alerts.signal import Series
from simlab.tuning.coverage import Times
from simlab.tuning.excess import long_enough, nested, observed, runs_of
from simlab.tuning.grid import Grid
from simlab.tuning.interval import Interval
from simlab.tuning.match import EVERY_WAREHOUSE, Windows, delays_s

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Against:
    """What episodes are held against.

    Attributes:
        incidents: what a true episode starts in.
        outside_before: how much time lies outside of incidents until a moment [s].
        interval: the judged interval.
        last_us: how far time is known to have gone on [µs since 1970].
    """

    incidents: Windows
    outside_before: Callable[[Times], Floats]
    interval: Interval
    last_us: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Fired:
    """The episodes of one point, an entry each, in the order of time.

    Attributes:
        start_us: when each started [µs since 1970].
        counted: whether that was in the judged interval, and raised a page: not within the
            rule's own cooldown.
        true: whether it was in an incident that concerns the episode's warehouse.
        free_s: how long it fired outside of incidents [s].
        delay_s: for each incident how long until the first episode in it that counts [s]; NaN
            when there is none.
    """

    start_us: Times
    counted: NDArray[np.bool_]
    true: NDArray[np.bool_]
    free_s: Floats
    delay_s: Floats


def scan(
    rule: Rule, judged: Sequence[Series], tried: Grid, against: Against
) -> Iterator[tuple[int, Fired]]:
    """Each point's position in the grid, the `for` changing fastest, and when it fires.

    Args:
        rule: whose grid it is.
        judged: its series, one or one a warehouse; their episodes are put together.
        tried: its grid.
        against: what its episodes are held against.
    """
    found = [_scanned(rule, each, tried, against) for each in judged]
    for each in zip(*found, strict=True):
        yield each[0][0], _together([fired for _, fired in each])


def _scanned(
    rule: Rule, judged: Series, tried: Grid, against: Against
) -> Iterator[tuple[int, Fired]]:
    every = judged.warehouse_id is None
    concerned = against.incidents.concerning(
        EVERY_WAREHOUSE if judged.warehouse_id is None else judged.warehouse_id
    )
    windows = against.incidents if every else against.incidents.at(concerned)
    known = observed(judged.time_us, windows, stale_after_us=rule.silence_us)
    fors = list(enumerate(tried.for_us.tolist()))
    for position, beyond in nested(judged.value, tried.threshold, above=rule.side == "above"):
        runs = runs_of(known, beyond)
        for place, for_us in fors:  # ascending, so what one leaves out the next need not see
            runs = long_enough(runs, for_us=for_us, keep_us=rule.keep_us)
            found = firing(
                runs, for_us=for_us, keep_firing_for_us=rule.keep_us, until_us=against.last_us
            )
            counted = _counted(found.start_us, found.end_us, rule, against.interval)
            delay_s = np.full(len(against.incidents.id), np.nan)
            delay_s[concerned] = delays_s(found.start_us[counted], windows)
            fired = Fired(
                start_us=found.start_us,
                counted=counted,
                true=known.in_incident[found.first],
                free_s=against.outside_before(found.end_us)
                - against.outside_before(found.start_us),
                delay_s=delay_s,
            )
            yield position * len(fors) + place, fired


def _counted(start_us: Times, end_us: Times, rule: Rule, interval: Interval) -> NDArray[np.bool_]:
    """Which episodes count; `simlab.alerts.group` has what is held back."""
    counted = (start_us >= interval.start_us) & (start_us < interval.until_us)
    if rule.is_grouped:
        fired_us = np.maximum.accumulate(end_us)
        counted[1:] &= start_us[1:] - rule.cooldown_us > fired_us[:-1]
    return counted


def _together(parts: Sequence[Fired]) -> Fired:
    if len(parts) == 1:
        return parts[0]
    start_us = np.concatenate([part.start_us for part in parts])
    order = np.argsort(start_us, kind="stable")
    return Fired(
        start_us=start_us[order],
        counted=np.concatenate([part.counted for part in parts])[order],
        true=np.concatenate([part.true for part in parts])[order],
        free_s=np.concatenate([part.free_s for part in parts])[order],
        delay_s=np.fmin.reduce([part.delay_s for part in parts]),
    )
