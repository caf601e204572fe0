"""What a family of rules does on the first part of a series, for every K that is tried."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simlab.alerts.replay import Episodes, episodes
from simlab.alerts.rule import DAY_US, Rule
from simlab.alerts.signal import Series, series
from simlab.dataset.schema import Dataset
from simlab.tuning.interval import Interval
from simlab.tuning.match import Truth, match
from simlab.tuning.plain.family import FAMILY, Family, Frozen, record_rule, smoothed_rule, z_rules
from simlab.tuning.plain.pages import Pages, elapsed, pages

Floats = NDArray[np.float64]
_S_PER_DAY: Final = 86_400.0

KS: Final[Floats] = np.round(np.arange(2.5, 8.01, 0.1), 1)
"""The K that are tried, ascending: below 2.5 everything fires, above 8 records alone do."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Evidence:
    """Pages and time firing, an entry for each of `KS`.

    A page is an episode that its group did not hold back.

    Attributes:
        days: how long was judged [d].
        false: pages that started outside of all labels.
        true: pages that started in a label.
        caught: incidents in whose window a page started.
        firing_days: time firing outside of labels [d].
        firing_squares: the sum of squares of that time, page by page [d²].
        inside_days: time firing inside of labels [d].
        normal_days: how long there was a signal outside of labels [d]; one number.
        labelled: whether there were labels; without, all counts as outside of them.
    """

    days: float
    false: Floats
    true: Floats
    caught: Floats
    firing_days: Floats
    firing_squares: Floats
    inside_days: Floats
    normal_days: float
    labelled: bool


def evidence(
    part: Dataset,
    frozen: Frozen,
    *,
    interval: Interval,
    truth: Truth | None,
    family: Family = FAMILY,
) -> Evidence:
    """What the family does in an interval of a series.

    Args:
        part: the series; what comes after the interval is not looked at.
        frozen: what its rules freeze.
        interval: what is judged.
        truth: its labels, None when they are unknown.
        family: which rules.
    """
    zs = [(rule, series(rule, part)[0]) for rule in z_rules(frozen, k=1.0, family=family)]
    record = record_rule(frozen, family=family)
    records = _episodes(record, series(record, part)[0], interval, limit=record.limit)
    time = elapsed(interval, truth)
    rows = []
    for k in KS.tolist():
        found = [records, *(_episodes(rule, seen, interval, limit=k) for rule, seen in zs)]
        told = pages(
            np.concatenate([episodes.start_us for episodes in found]),
            np.concatenate([episodes.end_us for episodes in found]),
            cooldown_us=record.cooldown_us,
            elapsed=time,
        )
        rows.append(_row(told, interval, truth))
    false, true, caught, firing, squares, inside = np.array(rows).T
    return Evidence(
        days=interval.span_s / _S_PER_DAY,
        false=false,
        true=true,
        caught=caught,
        firing_days=firing,
        firing_squares=squares,
        inside_days=inside,
        normal_days=_normal_days(part, frozen, interval, truth),
        labelled=truth is not None,
    )


def _episodes(rule: Rule, seen: Series, interval: Interval, *, limit: float) -> Episodes:
    return episodes(
        seen.time_us,
        seen.value,
        threshold=limit,
        direction=rule.side,
        for_us=rule.for_us,
        keep_firing_for_us=rule.keep_us,
        stale_after_us=rule.silence_us,
        until_us=interval.until_us,
    )


def _row(told: Pages, interval: Interval, truth: Truth | None) -> tuple[float, ...]:
    """The figures of one K, in the order of `Evidence`."""
    start_us = told.start_us
    judged = start_us[(start_us >= interval.start_us) & (start_us < interval.until_us)]
    true = caught = 0
    if truth is not None:
        matched = match(judged, truth)
        true = int(np.count_nonzero(matched.incident >= 0))
        caught = int(np.count_nonzero(~np.isnan(matched.delay_s[truth.incidents.judged])))
    outside_days = told.outside_s / _S_PER_DAY
    inside_days = float(told.inside_s.sum()) / _S_PER_DAY
    squares = float(np.square(outside_days).sum())
    return judged.size - true, true, caught, float(outside_days.sum()), squares, inside_days


def _normal_days(part: Dataset, frozen: Frozen, interval: Interval, truth: Truth | None) -> float:
    """How long there was an averaged signal outside of labels, in evaluations of the grid [d]."""
    rule = smoothed_rule(frozen.step, frozen.smooth)
    (seen,) = series(rule, part)
    assert rule.step_us is not None
    moment_us = seen.time_us[~np.isnan(seen.value)]
    within = moment_us[(moment_us >= interval.start_us) & (moment_us < interval.until_us)]
    normal = within.size
    if truth is not None:
        normal = int(np.count_nonzero(match(within, truth).incident < 0))
    return normal * rule.step_us / DAY_US
