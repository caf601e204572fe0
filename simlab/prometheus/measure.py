"""By how much a meaning of a rule differs from the rule itself, on a dataset."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from simlab.alerts.spans import Times
from simlab.prometheus.exposed import Flags, Labels
from simlab.prometheus.promql import duration
from simlab.prometheus.timeline import Timeline

_SOON_US: Final = 60_000_000


@dataclass(frozen=True, kw_only=True)
class Difference:
    """How a meaning of a rule and the rule itself compare.

    Attributes:
        evaluations: at how many evaluations they were compared; a warehouse counts by itself.
        differing: at how many of them one fired and the other did not.
        episodes: how many episodes the rule has, those between two evaluations among them.
        seen: during how many of them, or soon after they began, the meaning fires.
        soon_us: how soon that is [µs]: a minute, or a step if that is longer.
    """

    evaluations: int
    differing: int
    episodes: int
    seen: int
    soon_us: int

    @property
    def score(self) -> float:
        """The share of episodes missed plus that of evaluations that differ, 0 to 2."""
        missed = (self.episodes - self.seen) / max(self.episodes, 1)
        return missed + self.differing / max(self.evaluations, 1)

    def __str__(self) -> str:
        """For an annotation."""
        share = self.differing / max(self.evaluations, 1)
        return (
            f"disagrees at {self.differing:,} of {self.evaluations:,} evaluations ({share:.2%}); "
            f"fires within {duration(self.soon_us)} of {self.seen:,} of {self.episodes:,} starts"
        )


def difference(
    fires: Mapping[Labels, Flags],
    own: Mapping[Labels, Flags],
    starts_us: Mapping[Labels, Times],
    timeline: Timeline,
) -> Difference:
    """How a meaning differs from the rule itself; what one of them lacks never fires there.

    Args:
        fires: when the meaning fires, evaluation by evaluation.
        own: when the rule itself does.
        starts_us: when the rule's episodes began [µs since 1970].
        timeline: the evaluations.
    """
    silent = np.zeros(timeline.count, dtype=bool)
    pairs = [(fires.get(one, silent), own.get(one, silent)) for one in {*fires, *own}]
    soon_us = max(_SOON_US, timeline.step_us)
    return Difference(
        evaluations=sum(len(ours) for ours, _ in pairs),
        differing=sum(int(np.count_nonzero(ours != theirs)) for ours, theirs in pairs),
        episodes=sum(map(len, starts_us.values())),
        seen=sum(
            _seen(start_us, fires.get(labels, silent), timeline, soon_us)
            for labels, start_us in starts_us.items()
        ),
        soon_us=soon_us,
    )


def _seen(start_us: Times, fires: Flags, timeline: Timeline, soon_us: int) -> int:
    """For how many of the starts it fires at an evaluation from then to soon after."""
    fired = np.append(0, np.cumsum(fires))
    elapsed_us = start_us - timeline.origin_us
    first = np.clip(-(-elapsed_us // timeline.step_us), 0, timeline.count)
    stop = np.clip((elapsed_us + soon_us) // timeline.step_us + 1, 0, timeline.count)
    return int(np.count_nonzero(fired[stop] > fired[first]))
