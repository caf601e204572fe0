"""What telemetry lost, by who lost it, and when that is to be told."""

from collections.abc import Callable, Mapping
from typing import Final

from simlab.clock import US_PER_S
from simlab.events import Degraded

AGAIN_US: Final = 60 * US_PER_S


class Losses:
    """Counts lost events, and tells of them: each part at most once a minute.

    A part is an observer or something beside them. The minute is one of the events' own time,
    so that a run in virtual time tells the same each time it is made.
    """

    def __init__(self, lost: Mapping[str, Callable[[], int]]) -> None:
        """Count what these parts say that they lost."""
        self._lost = dict(lost)
        self._failed: dict[str, int] = {}
        self._told: dict[str, Degraded] = {}

    def failed(self, part: str) -> None:
        """One more event is lost, since a part raised when it was told."""
        self._failed[part] = self._failed.get(part, 0) + 1

    def count(self, part: str, lost: Callable[[], int]) -> None:
        """Count what one more part says that it lost."""
        self._lost[part] = lost

    @property
    def by_part(self) -> dict[str, int]:
        """How many events were lost since the start; a part that lost none is not in it."""
        told = dict(self._failed)
        for part, lost in tuple(self._lost.items()):
            if count := lost():
                told[part] = told.get(part, 0) + count
        return told

    def news(self, time_us: int) -> list[Degraded]:
        """What is to be told now: parts that lost more, a minute or more after they were told of."""
        lost = self.by_part
        if not lost:
            return []
        news = [Degraded(time_us, part, lost[part], final=False) for part in lost]
        fresh = [each for each in news if self._is_due(each)]
        self._told.update((each.part, each) for each in fresh)
        return fresh

    def totals(self, time_us: int) -> list[Degraded]:
        """What is to be told at the end: all parts that lost anything."""
        return [Degraded(time_us, part, lost, final=True) for part, lost in self.by_part.items()]

    def _is_due(self, news: Degraded) -> bool:
        told = self._told.get(news.part)
        return told is None or (news.lost > told.lost and news.time_us - told.time_us >= AGAIN_US)
