"""What one combination of points did, block by block."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simlab.tuning.join import Floats, Ints
from simlab.tuning.sweep import Sweep


@dataclass(frozen=True, kw_only=True, eq=False)
class Tally:
    """What rules did in blocks of time.

    Attributes:
        span_s: how long each block is [s].
        outside_s: how much of it is outside of incidents [s].
        episodes: how many start in it, over all rules.
        false_alarms: how many of them start in no incident.
        firing_s: how long rules fire outside of incidents, added up [s].
        block: for each incident the block in which it begins to show.
        delay_s: how long until its first episode [s], infinite when there is none.
    """

    span_s: Floats
    outside_s: Floats
    episodes: Floats
    false_alarms: Floats
    firing_s: Floats
    block: Ints
    delay_s: Floats

    @property
    def days(self) -> float:
        """How long all blocks are together [days]."""
        return float(self.span_s.sum()) / 86_400


def tally(sweep: Sweep, points: Ints) -> Tally:
    """What the rules did at some of their points.

    Args:
        sweep: what each point does.
        points: the position of each rule's point: one for all blocks, or a row a block.
    """
    chosen = np.broadcast_to(points, (sweep.span_s.size, len(sweep.points)))
    blocks = np.arange(sweep.span_s.size)

    def summed(name: str) -> Floats:
        columns = [
            getattr(rule, name)[blocks, chosen[:, place]] for place, rule in enumerate(sweep.points)
        ]
        return np.asarray(np.sum(columns, axis=0, dtype=np.float64))

    incidents = np.arange(sweep.block.size)
    delays = [
        rule.delay_s[incidents, chosen[sweep.block, place]]
        for place, rule in enumerate(sweep.points)
    ]
    return Tally(
        span_s=sweep.span_s,
        outside_s=sweep.outside_s,
        block=sweep.block,
        delay_s=np.minimum.reduce(delays),
        episodes=summed("episodes"),
        false_alarms=summed("false_alarms"),
        firing_s=summed("firing_s"),
    )


def without(told: Tally, block: int) -> Tally:
    """The tally of all blocks but one."""
    kept, seen = np.arange(told.span_s.size) != block, told.block != block
    renumbered = told.block[seen] - (told.block[seen] > block)
    return Tally(
        span_s=told.span_s[kept],
        outside_s=told.outside_s[kept],
        episodes=told.episodes[kept],
        false_alarms=told.false_alarms[kept],
        firing_s=told.firing_s[kept],
        block=renumbered,
        delay_s=told.delay_s[seen],
    )


def together(parts: Sequence[Tally]) -> Tally:
    """The blocks of several tallies in one."""
    offsets = np.cumsum([0, *(part.span_s.size for part in parts[:-1])])
    pairs = zip(parts, offsets, strict=True)
    return Tally(
        span_s=np.concatenate([part.span_s for part in parts]),
        outside_s=np.concatenate([part.outside_s for part in parts]),
        episodes=np.concatenate([part.episodes for part in parts]),
        false_alarms=np.concatenate([part.false_alarms for part in parts]),
        firing_s=np.concatenate([part.firing_s for part in parts]),
        block=np.concatenate([part.block + offset for part, offset in pairs]),
        delay_s=np.concatenate([part.delay_s for part in parts]),
    )
