"""When the bot is down: nothing is processed then, and nothing is logged."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simlab.workload.micros import Int64s


@dataclass(frozen=True)
class Outages:
    """Stretches of time, apart and in order: from each of `start_us` to before each of `end_us`.

    In microseconds since the load began.
    """

    start_us: Int64s
    end_us: Int64s

    @classmethod
    def of(cls, spans_s: Iterable[tuple[float, float]]) -> "Outages":
        """Those of given spans [s]; what overlaps or touches is one outage."""
        spans_us = merged((round(a * 1e6), round(b * 1e6)) for a, b in spans_s)
        pairs = np.array(list(spans_us), np.int64).reshape(-1, 2)
        return cls(start_us=pairs[:, 0], end_us=pairs[:, 1])

    def __bool__(self) -> bool:
        return len(self.start_us) > 0

    def up_again_us(self, start_us: Int64s, end_us: Int64s) -> Int64s:
        """When each attempt, tried from `start_us` to `end_us`, has to begin instead.

        One that an outage cuts short is begun anew when the bot is up again; so is one that
        ends the moment it goes down. The others begin when they did.
        """
        ahead = np.searchsorted(self.end_us, start_us, side="right")
        reached = ahead < len(self.start_us)
        outage = np.minimum(ahead, len(self.start_us) - 1)
        cut = reached & (self.start_us[outage] <= end_us)
        return np.where(cut, self.end_us[outage], start_us)

    def over_us(self, time_us: int) -> int:
        """When the outage is over that lies over a moment, or is the next after it."""
        return int(self.end_us[np.searchsorted(self.end_us, time_us, side="right")])

    def covers(self, time_us: Int64s) -> npt.NDArray[np.bool_]:
        """Whether the bot is down at each moment."""
        ahead = np.searchsorted(self.end_us, time_us, side="right")
        outage = np.minimum(ahead, len(self.start_us) - 1)
        return np.asarray((ahead < len(self.start_us)) & (self.start_us[outage] <= time_us))

    def done_by_s(self, due_s: float, *, life_s: float) -> float:
        """By when a batch due then is done that would take up to `life_s` without outages.

        Each outage may cost it all that it had done.
        """
        by_s = due_s + life_s
        ahead = int(np.searchsorted(self.end_us, due_s * 1e6, side="right"))
        while ahead < len(self.start_us) and self.start_us[ahead] / 1e6 <= by_s:
            by_s = float(self.end_us[ahead]) / 1e6 + life_s
            ahead += 1
        return by_s

    def due_from_s(self, done_s: float, *, life_s: float) -> float:
        """Batches due before then are done before `done_s`, however many outages they meet."""
        from_s = done_s - life_s
        behind = int(np.searchsorted(self.start_us, done_s * 1e6, side="right")) - 1
        while behind >= 0 and self.end_us[behind] / 1e6 >= from_s:
            from_s = min(from_s, float(self.start_us[behind]) / 1e6 - life_s)
            behind -= 1
        return from_s


def merged(spans_us: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The same stretches of time, apart and in order: what overlaps or touches is one."""
    current: tuple[int, int] | None = None
    for start_us, end_us in sorted(spans_us):
        if current is not None and start_us <= current[1]:
            current = (current[0], max(current[1], end_us))
            continue
        if current is not None:
            yield current
        current = (start_us, end_us)
    if current is not None:
        yield current
