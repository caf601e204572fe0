"""Thresholds chosen without incidents: as low as data taken to be normal allow, and a margin.

Each rule keeps its `for`, and gets the same part of the caps. Its threshold goes from the
strictest of its grid toward the loosest, as long as it fires no oftener than a share of its part
of the cap. How small that share has to be is found by cross-validation: on each block thresholds
chosen on the others are tried, and the largest share is taken with which these false alarms meet
the cap. `simlab.tuning.choose` is where other ways of choosing without labels would join.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from simlab.tuning.budget import Budget
from simlab.tuning.join import Floats, Ints
from simlab.tuning.score import S_PER_DAY
from simlab.tuning.search import upper_alarms
from simlab.tuning.sweep import Points, Sweep

SHARES: Final = (1.0, 0.7, 0.5, 0.35, 0.25, 0.15, 0.1, 0.05, 0.0)
"""Of a rule's part of the cap, how much may be used where its threshold is chosen."""
UNTRIED: Final = 0.5
"""The share where there is one block only, and nothing to try others on."""


@dataclass(frozen=True, kw_only=True, eq=False)
class _Ladder:
    """A rule's points at its own `for`, strictest first: a row a block, a column a point."""

    point: Ints
    alarms: Floats
    firing_s: Floats
    span_s: Floats
    outside_s: Floats
    cap_per_day: float
    cap_ratio: float

    def without(self, block: int) -> "_Ladder":
        kept = np.arange(self.span_s.size) != block
        return _Ladder(
            point=self.point,
            alarms=self.alarms[kept],
            firing_s=self.firing_s[kept],
            span_s=self.span_s[kept],
            outside_s=self.outside_s[kept],
            cap_per_day=self.cap_per_day,
            cap_ratio=self.cap_ratio,
        )


def quietest_enough(
    sweep: Sweep, budget: Budget, *, surely: bool = False, folds: bool = False
) -> tuple[tuple[int, ...], ...]:
    """The position of each rule's point, chosen without a look at what is caught.

    Args:
        sweep: what each point does; only false alarms and times firing count.
        budget: the caps, of which each rule gets the same part.
        surely: whether the upper limit of the held-out false alarms has to meet the cap.
        folds: whether to choose once more for each block that is left out.

    Returns:
        The choice over all blocks, then with `folds` for each block the one over the others. A
        rule that exceeds its part at every point gets its strictest.
    """
    ladders = [_ladder(points, sweep, budget) for points in sweep.points]
    whole = tuple(_chosen(ladder, surely=surely) for ladder in ladders)
    if not folds:
        return (whole,)
    left_out = [
        tuple(_chosen(ladder.without(block), surely=surely) for ladder in ladders)
        for block in range(sweep.span_s.size)
    ]
    return (whole, *left_out)


def _ladder(points: Points, sweep: Sweep, budget: Budget) -> _Ladder:
    own = np.flatnonzero(np.array(points.for_) == points.rule.for_)
    strict = own[np.argsort(points.threshold[own], kind="stable")]
    if points.rule.side == "above":
        strict = strict[::-1]
    return _Ladder(
        point=strict,
        alarms=points.false_alarms[:, strict].astype(np.float64),
        firing_s=points.firing_s[:, strict],
        span_s=sweep.span_s,
        outside_s=sweep.outside_s,
        cap_per_day=budget.max_false_alarms_per_day / len(sweep.points),
        cap_ratio=budget.max_firing_ratio / len(sweep.points),
    )


def _chosen(ladder: _Ladder, *, surely: bool) -> int:
    step = _loosest(ladder, _share(ladder, surely=surely))
    return int(ladder.point[step])


def _share(ladder: _Ladder, *, surely: bool) -> float:
    """The largest share with which thresholds chosen on other blocks meet the cap on each."""
    blocks = ladder.span_s.size
    if blocks < 2:
        return UNTRIED
    others = [ladder.without(block) for block in range(blocks)]
    for share in SHARES:
        steps = [_loosest(other, share) for other in others]
        alarms = ladder.alarms[np.arange(blocks), steps]
        if _meets(alarms, ladder, surely=surely):
            return share
    return 0.0


def _meets(alarms: Floats, ladder: _Ladder, *, surely: bool) -> bool:
    most = ladder.cap_per_day * float(ladder.span_s.sum()) / S_PER_DAY
    if not surely:
        return bool(alarms.sum() <= most)
    every = np.ones((1, alarms.size))
    return bool(upper_alarms(alarms[None, :], ladder.span_s, every).item() <= most)


def _loosest(ladder: _Ladder, share: float) -> int:
    """How far from the strictest point on all meet the caps; 0 where not even that one does."""
    most = share * ladder.cap_per_day * float(ladder.span_s.sum()) / S_PER_DAY
    longest_s = ladder.cap_ratio * float(ladder.outside_s.sum())
    met = (ladder.alarms.sum(axis=0) <= most) & (ladder.firing_s.sum(axis=0) <= longest_s)
    return max(0, int(np.logical_and.accumulate(met).sum()) - 1)
