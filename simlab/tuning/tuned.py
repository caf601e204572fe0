"""What tuning found, whatever it was tuned on."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Literal

import msgspec
import polars as pl

from simlab.alerts.rule import Rule
from simlab.tuning.budget import Budget
from simlab.tuning.figures import Figures
from simlab.tuning.sweep import Points
from simlab.tuning.unseen import Unseen


@dataclass(frozen=True, kw_only=True, eq=False)
class Tuned:
    """Rules before and after tuning, and what both do where tuning did not look.

    Attributes:
        budget: the caps and costs.
        rules_before: the rules as given.
        rules_after: the same with their chosen threshold and `for`. A rule that cannot be
            judged is as it was.
        combinations: how many combinations were compared.
        incidents: how many there were to choose by.
        silent: the names of chosen rules that never fired where they were chosen.
        chosen_by: `labels`, by what incidents cost, or `normal`, by false alarms alone.
        surely: whether the upper limit of false alarms meets the cap, not just their number.
        promised: the chosen rules' figures where they were chosen, without intervals: by how
            much these look better than `unseen.tuned` is how far the choice does not carry over.
        unseen: figures on unseen data, with intervals: those to believe.
        blocks_are: what the intervals' blocks are: `day`, `hour` or `dataset`.
        front: the Pareto front where the rules were chosen; `simlab.tuning.front` has its
            columns.
        notes: what to know about how the choice was made, a sentence each.
    """

    budget: Budget
    rules_before: tuple[Rule, ...]
    rules_after: tuple[Rule, ...]
    combinations: int
    incidents: int
    silent: frozenset[str]
    chosen_by: Literal["labels", "normal"]
    surely: bool
    promised: Figures
    unseen: Unseen
    blocks_are: Literal["day", "hour", "dataset"]
    front: pl.DataFrame
    notes: tuple[str, ...]


def moved(rule: Rule, points: Points, position: int) -> Rule:
    """The rule at one of its points."""
    for_ = points.for_[position]
    if rule.aggregate == "absent":  # its window says it all
        return msgspec.structs.replace(rule, for_=for_)
    return rule.at(limit=float(points.threshold[position]), for_=for_)


def all_moved(points: Sequence[Points], positions: Sequence[int]) -> list[Rule]:
    """Each rule at one of its points."""
    pairs = zip(points, positions, strict=True)
    return [moved(swept.rule, swept, position) for swept, position in pairs]


def in_place(rules: Sequence[Rule], chosen: Sequence[Rule]) -> tuple[Rule, ...]:
    """The rules with those chosen in the place of those of their names."""
    by_name = {rule.name: rule for rule in chosen}
    return tuple(by_name.get(rule.name, rule) for rule in rules)


def silent(points: Sequence[Points], positions: Sequence[int]) -> frozenset[str]:
    """The names of the rules that never fire at these points."""
    pairs = zip(points, positions, strict=True)
    return frozenset(
        swept.rule.name for swept, position in pairs if not swept.episodes[:, position].any()
    )


def combinations(points: Sequence[Points]) -> int:
    """How many combinations of one point a rule there are."""
    return prod(swept.threshold.size for swept in points)
