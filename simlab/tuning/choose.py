"""One point a rule: by what incidents cost where there are enough, else by normal data alone."""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np

from simlab.errors import CheckFailedError, InputError
from simlab.tuning.budget import Budget
from simlab.tuning.join import Ints
from simlab.tuning.limit import upper_count
from simlab.tuning.normal import quietest_enough
from simlab.tuning.score import S_PER_DAY
from simlab.tuning.select import select
from simlab.tuning.sweep import Sweep
from simlab.tuning.tally import tally

ChooseBy: TypeAlias = Literal["auto", "labels", "normal"]
"""`labels` weighs what incidents cost, `normal` looks at false alarms alone; `auto` is by
`labels` from `ENOUGH` incidents on."""

ENOUGH: Final = 5
"""Fewer incidents than that say less about the next ones than normal data do about alarms."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Choice:
    """The points chosen.

    Attributes:
        points: the position of each rule's point, in the choice over all blocks.
        folds: the same for each block that was left out (a row); None without folds.
        chosen_by: what it was chosen by.
        surely: whether the false alarms' upper limit meets the cap, not just their number.
        notes: what to know about how it was chosen, a sentence each.
    """

    points: tuple[int, ...]
    folds: Ints | None
    chosen_by: Literal["labels", "normal"]
    surely: bool
    notes: tuple[str, ...]


def choose(
    sweep: Sweep, budget: Budget, *, by: ChooseBy, surely: bool, folds: bool = False
) -> Choice:
    """Choose one point of each rule's grid.

    Where even no false alarm at all would leave an upper limit above the cap, because the data
    are too short, the cap is held against the number itself.

    Args:
        sweep: what each point does, block by block.
        budget: the caps and costs.
        by: what to choose by.
        surely: whether the upper limit of false alarms is to meet the cap.
        folds: whether to choose once more for each block that is left out.

    Raises:
        InputError: there is no incident to choose by.
        CheckFailedError: nothing meets the caps.
        ConfigError: there are more combinations than can be tried.
    """
    incidents = sweep.block.size
    if by == "labels" and not incidents:
        raise InputError("found no incident to choose by, expected one or more")
    notes = []
    if surely and not budget.can_be_sure(_shortest_s(sweep, folds=folds)):
        surely = False
        notes.append(_too_short(sweep, budget))
    chosen_by: Literal["labels", "normal"] = "labels"
    if by == "normal" or (by == "auto" and incidents < ENOUGH):
        chosen_by = "normal"
        notes.append(_without_labels(incidents, asked=by == "normal"))
        points, *left_out = quietest_enough(sweep, budget, surely=surely, folds=folds)
        _check_caps(sweep, budget, points)
    else:
        found = select(sweep, budget, surely=surely, folds=folds)
        points = _whole(found)
        left_out = [points if each is None else each for each in found[1:]]
        if missing := sum(each is None for each in found[1:]):
            notes.append(
                f"without one of the datasets nothing met the caps, {missing} times: "
                "there the choice over all of them is judged, which has seen what it is judged on"
            )
    return Choice(
        points=points,
        folds=np.array(left_out) if folds else None,
        chosen_by=chosen_by,
        surely=surely,
        notes=tuple(notes),
    )


def _check_caps(sweep: Sweep, budget: Budget, points: tuple[int, ...]) -> None:
    """Refuse a choice without labels that exceeds the cap even where it was made."""
    told = tally(sweep, np.array(points))
    alarms = float(told.false_alarms.sum()) * S_PER_DAY / float(told.span_s.sum())
    firing_s, outside_s = float(told.firing_s.sum()), float(told.outside_s.sum())
    if alarms > budget.max_false_alarms_per_day or firing_s > budget.longest_firing_s(outside_s):
        raise CheckFailedError(
            "no thresholds meet the caps on normal data: the strictest of the grid have "
            f"{alarms:.3g} false alarms per day (at most {budget.max_false_alarms_per_day:g}) "
            f"and a firing ratio of {firing_s / outside_s if outside_s else 0.0:.3g} (at most "
            f"{budget.max_firing_ratio:g}); raise a cap, let [rule.search] go further, or give "
            "rules a longer `for`"
        )


def _whole(found: tuple[tuple[int, ...] | None, ...]) -> tuple[int, ...]:
    points = found[0]
    assert points is not None  # or `select` would have raised
    return points


def _shortest_s(sweep: Sweep, *, folds: bool) -> float:
    """The least time that a choice is made on [s]."""
    longest = float(sweep.span_s.max()) if folds else 0.0
    return float(sweep.span_s.sum()) - longest


def _too_short(sweep: Sweep, budget: Budget) -> str:
    days = float(sweep.span_s.sum()) / S_PER_DAY
    none = float(upper_count(np.array(0.0))) / days
    return (
        f"{days:.3g} days are too short to be sure of {budget.max_false_alarms_per_day:g} false "
        f"alarms a day: none at all could still mean {none:.2g}; the point estimate was held "
        "against the cap"
    )


def _without_labels(incidents: int, *, asked: bool) -> str:
    why = "as asked" if asked else f"{incidents} incidents to choose by are too few"
    return (
        f"thresholds were chosen without labels, {why}: as low as normal data allow within the "
        "cap on false alarms, with a margin by cross-validation; what they catch was not weighed"
    )
