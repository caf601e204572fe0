"""Who works on what at a moment: the state of a bot between two events."""

from collections import deque
from dataclasses import dataclass
from heapq import heappush
from typing import Final, TypeAlias

from simlab.bot.faults import Faults
from simlab.bot.ledger import NEVER, Entry, Ledger

Running: TypeAlias = tuple[int, int, int, int]
"""When an attempt ends, which it is, its batch, and when it was ready [us]."""
Waiting: TypeAlias = tuple[int, int, int]
"""When an attempt was ready, or will be [us], which it is, and its batch."""
_NO_ONE: Final = (NEVER, 0, 0, NEVER)
_NOTHING: Final = (NEVER, 0, 0)


@dataclass(frozen=True)
class State:
    """All that what comes next hangs on, beside the batches and the faults.

    Two runs in equal states go on in the same way.

    Attributes:
        time_us: the moment.
        arriving: index of the batch that is the next to fall due.
        running: attempts under way, sorted.
        retries: attempts that wait for their pause to end, sorted.
        queue: attempts that wait for a worker, in their order.
        entries: what the ledger holds for those under way, in the same order.
    """

    time_us: int
    arriving: int
    running: tuple[Running, ...]
    retries: tuple[Waiting, ...]
    queue: tuple[Waiting, ...]
    entries: tuple[Entry, ...]


class Crew:
    """Workers, their queue, and attempts to be made later.

    `running` and `retries` are heaps with an entry at `NEVER` that stays, so that the loop need
    not ask whether they are empty.
    """

    def __init__(self, ledger: Ledger, faults: Faults, *, workers: int) -> None:
        self.running: list[Running] = [_NO_ONE]
        self.retries: list[Waiting] = [_NOTHING]
        self.queue: deque[Waiting] = deque()
        self._ledger = ledger
        self._faults = faults
        self._workers = workers

    def resume(self, state: State) -> None:
        """Be as at another moment."""
        self.running[:] = [*state.running, _NO_ONE]
        self.retries[:] = [*state.retries, _NOTHING]
        self.queue.clear()
        self.queue.extend(state.queue)
        for (_, attempt, _, _), entry in zip(state.running, state.entries, strict=True):
            self._ledger.put(attempt, entry)

    def state(self, time_us: int, arriving: int) -> State:
        """What it is now."""
        running = tuple(sorted(self.running)[:-1])
        return State(
            time_us=time_us,
            arriving=arriving,
            running=running,
            retries=tuple(sorted(self.retries)[:-1]),
            queue=tuple(self.queue),
            entries=tuple(self._ledger.entry(attempt) for _, attempt, _, _ in running),
        )

    def worked_us(self, now_us: int) -> int:
        """How long attempts under way have worked so far, all together."""
        under_way = (one for one in self.running if one is not _NO_ONE)
        return sum(now_us - one[0] + self._ledger.work_us[one[1]] for one in under_way)

    def stop(self, now_us: int) -> int:
        """Everyone stops: attempts under way are to be begun anew, before what is in the queue.

        Returns:
            How long they had worked, all together [us].
        """
        worked_us = self.worked_us(now_us)
        under_way = sorted(self.running)[:-1]
        under_way.sort(key=lambda one: one[0] - self._ledger.work_us[one[1]], reverse=True)
        for _, attempt, batch, ready_us in under_way:
            self._faults.spare(attempt, self._ledger)
            self.queue.appendleft((ready_us, attempt, batch))
        self.running[:] = [_NO_ONE]
        return worked_us

    def start(self, now_us: int) -> None:
        """Everyone takes up what is first in the queue."""
        while self.queue and len(self.running) <= self._workers:
            ready_us, attempt, batch = self.queue.popleft()
            self._faults.strike(now_us, attempt, batch, self._ledger)
            ends_us = now_us + self._ledger.work_us[attempt]
            heappush(self.running, (ends_us, attempt, batch, ready_us))
