"""Do rules still meet their budget of false alarms?"""

import math
from collections.abc import Sequence
from typing import Literal, TypeAlias

from msgspec import Struct

from simlab.alerts.rule import Rule
from simlab.clock import US_PER_S
from simlab.dataset.schema import Dataset
from simlab.errors import InputError
from simlab.tuning.backtest import Backtest, backtest
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
        low, high: its 95 % interval, as far as they are independent of each other.
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
    count = _count(found, known=known)
    days = (found.until_us - found.start_us) / US_PER_S / S_PER_DAY
    low, high = (each / days for each in poisson_interval(count))
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


def _count(found: Backtest, *, known: bool) -> int:
    score = _any(found)
    return int(score.false_episodes if known else score.episodes)


def _any(found: Backtest) -> Score:
    return found.scores[-1]
