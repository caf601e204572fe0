"""Do rules still meet their budget of false alarms?"""

import math
from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np
import polars as pl
from msgspec import Struct

from simlab.alerts.rule import Rule
from simlab.clock import US_PER_S
from simlab.dataset.schema import Dataset
from simlab.errors import InputError
from simlab.tuning.backtest import Backtest, backtest
from simlab.tuning.blocks import block_of, blocks
from simlab.tuning.coverage import Times
from simlab.tuning.episodes import moments_us
from simlab.tuning.interval import Interval
from simlab.tuning.limit import dispersion
from simlab.tuning.poisson import poisson_interval
from simlab.tuning.score import S_PER_DAY, Score

BudgetVerdict: TypeAlias = Literal["met", "unsure", "broken"]


class Alarms(Struct, frozen=True, kw_only=True):
    """What rules raise on the logs.

    Attributes:
        counted: `false alarms` where the logs' incidents are known; else `pages`, all of them,
            of which false alarms are a part.
        count: how many there were.
        per_day: how many a day.
        low, high: its 95 % interval; alarms that come in bursts are less sure than single ones.
        reference_per_day: how many a day there are of the same in the reference; NaN where its
            incidents are unknown and those of the logs are not.
        most_per_day: the budget.
        verdict: `met` when the whole interval is within the budget, `broken` when none of it is,
            else `unsure`.
    """

    counted: Literal["false alarms", "pages"]
    count: int
    per_day: float
    low: float
    high: float
    reference_per_day: float
    most_per_day: float
    verdict: BudgetVerdict


def alarms_on(
    logs: Dataset, reference: Dataset, rules: Sequence[Rule], *, most_per_day: float
) -> Alarms:
    """What the rules raise on the logs, all together, against their budget.

    Args:
        logs: what came in.
        reference: what it is held against.
        rules: to be tried.
        most_per_day: their budget of false alarms [1/day].

    Raises:
        InputError: the logs tell nothing that the rules watch.
    """
    found = backtest(logs, rules)
    known = logs.incidents is not None
    start_us = _alarms_us(found, known=known)
    span = Interval(start_us=found.start_us, until_us=found.until_us)
    days, count = span.span_s / S_PER_DAY, len(start_us)
    low, high = (each / days for each in _interval(start_us, span))
    return Alarms(
        counted="false alarms" if known else "pages",
        count=count,
        per_day=count / days,
        low=low,
        high=high,
        reference_per_day=_reference_per_day(reference, rules, known=known),
        most_per_day=most_per_day,
        verdict=_verdict(low, high, most_per_day),
    )


def _verdict(low: float, high: float, most: float) -> BudgetVerdict:
    if high <= most:
        return "met"
    return "broken" if low > most else "unsure"


def _reference_per_day(reference: Dataset, rules: Sequence[Rule], *, known: bool) -> float:
    if known and reference.incidents is None:
        return math.nan
    try:
        score = _any(backtest(reference, rules))
    except InputError:  # it does not tell what the rules watch
        return math.nan
    return score.false_alarms_per_day if known else score.pages_per_day


def _alarms_us(found: Backtest, *, known: bool) -> Times:
    """When the alerts that count began [µs since 1970]."""
    counted = ~pl.col("held") & (pl.col("incident").is_null() if known else pl.lit(value=True))
    return moments_us(found.episodes.filter(counted)["start"])


def _interval(start_us: Times, within: Interval) -> tuple[float, float]:
    """What so many are expected to be, at 95 %; those that come in bursts count as bursts.

    How large bursts are is told by how much more the counts of days, or hours, vary than those
    of single events would.
    """
    count, edges_us = len(start_us), blocks(within).edges_us
    counts = np.bincount(block_of(start_us, edges_us), minlength=len(edges_us) - 1)
    squares = float((counts**2 / (np.diff(edges_us) / US_PER_S)).sum())
    burst = float(
        dispersion(
            np.array(count, dtype=np.float64),
            np.array(squares),
            span_s=within.span_s,
            blocks=len(counts),
        )
    )
    bursts = max(1, round(count / burst)) if count else 0
    low, high = poisson_interval(bursts)
    each = count / bursts if bursts else 1.0
    return low * each, high * each


def _any(found: Backtest) -> Score:
    return found.scores[-1]
