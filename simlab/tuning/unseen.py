"""What chosen rules do on data that the choice did not see, as they are and a little off."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from simlab.alerts.rule import Rule, duration_us
from simlab.tuning.figures import Figures, figures
from simlab.tuning.grid import Grid
from simlab.tuning.join import Floats, Ints
from simlab.tuning.sweep import Points, Sweep
from simlab.tuning.tally import tally

FACTORS: Final = (0.8, 1.2)
"""What each threshold is multiplied by to see how much hangs on it."""

SENSITIVITY: Final = pl.Schema(
    {
        "rule": pl.String(),  # whose threshold is moved, null for none
        "factor": pl.Float64(),  # what it is multiplied by
        "recall": pl.Float64(),
        "delay_median_s": pl.Float64(),
        "false_alarms_per_day": pl.Float64(),
        "pages_per_day": pl.Float64(),
        "firing_ratio": pl.Float64(),
    }
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Unseen:
    """Figures on unseen data.

    Attributes:
        tuned: of the chosen rules.
        given: of the rules as they were given, on the same data.
        sensitivity: how the tuned rules' figures move when one threshold is multiplied by 0.8
            or 1.2 and the others stay: the columns of `SENSITIVITY`, the unmoved rules first.
    """

    tuned: Figures
    given: Figures
    sensitivity: pl.DataFrame


def tries(rule: Rule, chosen: Sequence[Rule]) -> Grid:
    """A grid with a rule as it is and as it was chosen, each also a little off."""
    limits = np.array([rule.limit, *(each.limit for each in chosen)])
    moved = limits if rule.aggregate == "absent" else np.outer(limits, (1.0, *FACTORS)).ravel()
    texts = {duration_us(each.for_): each.for_ for each in (rule, *chosen)}
    fors = dict(sorted(texts.items()))
    threshold = np.unique(moved)
    return Grid(
        threshold=threshold,
        for_=tuple(fors.values()),
        for_us=np.array(list(fors), dtype=np.int64),
        threshold_at=int(np.searchsorted(threshold, rule.limit)),
        for_at=list(fors).index(rule.for_us),
    )


def judged(sweep: Sweep, chosen: Sequence[Sequence[Rule]], *, cap_per_day: float) -> Unseen:
    """The figures of chosen rules.

    Args:
        sweep: of the grids of `tries`, over unseen blocks.
        chosen: the rules chosen: one list for all blocks, or one for each.
        cap_per_day: the cap on false alarms [1/day].
    """
    plain = _places(sweep, chosen)
    given = [int(points.steps.argmin()) for points in sweep.points]
    rows = [_row(None, 1.0, figures(tally(sweep, plain), draws=0))]
    for place, points in enumerate(sweep.points):
        for factor in FACTORS if points.rule.aggregate != "absent" else ():
            moved = plain.copy()
            moved[:, place] = [_at(points, rules[place], factor) for rules in chosen]
            found = figures(tally(sweep, moved), draws=0)
            rows.append(_row(points.rule.name, factor, found))
    return Unseen(
        tuned=figures(tally(sweep, plain), cap_per_day=cap_per_day),
        given=figures(tally(sweep, np.array(given)), cap_per_day=cap_per_day),
        sensitivity=pl.DataFrame(rows, schema=SENSITIVITY, orient="row"),
    )


def _places(sweep: Sweep, chosen: Sequence[Sequence[Rule]]) -> Ints:
    return np.array(
        [
            [_at(points, rule, 1.0) for points, rule in zip(sweep.points, rules, strict=True)]
            for rules in chosen
        ]
    )


def _at(points: Points, rule: Rule, factor: float) -> int:
    """Where a grid of `tries` has a rule with its threshold multiplied."""
    fors = np.array([duration_us(text) for text in points.for_])
    found = (points.threshold == rule.limit * factor) & (fors == rule.for_us)
    return int(np.flatnonzero(found)[0])


def _row(rule: str | None, factor: float, found: Figures) -> tuple[str | float | None, ...]:
    names = [name for name in SENSITIVITY.names() if name not in ("rule", "factor")]
    values: Floats = np.array([getattr(found, name).value for name in names])
    return (rule, factor, *values.tolist())
