"""Where workers get what is to be done next, and leave what they have done."""

import threading
from collections import deque
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Final, NamedTuple

from simlab.bot.failures import FailedError
from simlab.bot.faults import Faults
from simlab.bot.ledger import Ledger
from simlab.clock import WallClock
from simlab.dataset.schema import ERROR_TYPES
from simlab.events import Status


class Turn(NamedTuple):
    """An attempt to be made: number `number` at a batch, from 1; `slot` is its ledger entry.

    It has been ready since `ready_us`.
    """

    ready_us: int
    batch: int
    number: int
    slot: int


@dataclass(frozen=True)
class Job:
    """An attempt that was taken up, and what is to befall it.

    Attributes:
        turn: which.
        start_us: when.
        work_us: how long it is to work.
        extra_us: the part of that which trouble added.
        status: how it is to end, as far as the workload says.
        error_type: what it is to be told as having failed of, maybe unknown.
        cause: what is to fail it; None for nothing.
        goes_on: whether another is to follow.
    """

    turn: Turn
    start_us: int
    work_us: int
    extra_us: int
    status: Status
    error_type: str | None
    cause: str | None
    goes_on: bool


@dataclass(frozen=True)
class Done:
    """An attempt that ended, and why it failed if it did."""

    job: Job
    end_us: int
    failure: FailedError | None


class Desk:
    """One queue that all workers share, first come, first served.

    Attributes:
        cut: set while the bot is down; whoever waits in the middle of an attempt gives it up.
    """

    def __init__(
        self, ledger: Ledger, faults: Faults, clock: WallClock, *, most: int | None
    ) -> None:
        """At which at most so many attempts are made; None for no limit."""
        self.cut = threading.Event()
        self._ledger, self._faults, self._clock = ledger, faults, clock
        self._left = -1 if most is None else most
        self._queue: deque[Turn] = deque()
        self._closed = False
        self._ready = threading.Condition()
        self._ending = threading.Lock()
        self._done: Final[SimpleQueue[Done | BaseException | None]] = SimpleQueue()

    @property
    def waiting(self) -> int:
        """How many attempts wait for a worker."""
        return len(self._queue)

    def put(self, turn: Turn) -> None:
        """Queue an attempt that is ready."""
        with self._ready:
            self._queue.append(turn)
            self._ready.notify()

    def take(self) -> Job | None:
        """The next attempt, as soon as there is one; None when it is time to go home."""
        with self._ready:
            while not self._closed:
                if self._queue and self._left and not self.cut.is_set():
                    self._left -= 1
                    return self._begun(self._queue.popleft())
                self._ready.wait()
            return None

    def give_back(self, job: Job) -> None:
        """An attempt that was cut short: it comes first when the bot is up again."""
        with self._ready:
            self._left += 1
            self._queue.appendleft(job.turn)
            self._faults.spare(job.turn.slot, self._ledger)

    def end(self, job: Job, failure: FailedError | None) -> None:
        """An attempt ended now; they come out in the order of that."""
        with self._ending:
            self._done.put(Done(job, self._clock.now_us(), failure))

    def complain(self, error: BaseException) -> None:
        """A worker cannot go on."""
        self._done.put(error)

    def wake(self) -> None:
        """Have whoever waits in `ended` look around; from a signal too."""
        self._done.put(None)

    def ended(self, within_s: float) -> tuple[list[Done], int]:
        """What has ended, as soon as anything has, and until when that is all.

        Raises:
            BaseException: what a worker could not go on for.
        """
        found = [self._got(within_s)] if within_s > 0 else []
        with self._ending:
            now_us = self._clock.now_us()
        while (more := self._got(0)) is not None or not self._done.empty():
            found.append(more)
        return [each for each in found if each is not None], now_us

    def down(self) -> None:
        """The bot goes down."""
        self.cut.set()

    def up(self) -> None:
        """It is up again."""
        with self._ready:
            self.cut.clear()
            self._ready.notify_all()

    def close(self) -> None:
        """Send the workers home once they are through with what they have at hand."""
        with self._ready:
            self._closed = True
            self._ready.notify_all()

    def _begun(self, turn: Turn) -> Job:
        ledger, slot, now_us = self._ledger, turn.slot, self._clock.now_us()
        usual_us = ledger.work_us[slot]
        self._faults.strike(now_us, slot, turn.batch, ledger)
        work_us, goes_on, status, error_type = ledger.entry(slot)
        extra_us, cause = max(0, work_us - usual_us), _cause(status, error_type)
        return Job(turn, now_us, work_us, extra_us, status, error_type, cause, goes_on)

    def _got(self, within_s: float) -> Done | None:
        try:
            got = self._done.get(timeout=within_s) if within_s > 0 else self._done.get_nowait()
        except Empty:
            return None
        if isinstance(got, BaseException):
            raise got
        return got


def _cause(status: Status, error_type: str | None) -> str | None:
    """What an attempt fails of; one that is recorded as failed of something unknown crashes."""
    if status == "success":
        return None
    return error_type if error_type in ERROR_TYPES else "crash"
