"""The bot in wall time: real workers at a real database, batches handed out as they fall due.

It does what the loop of virtual time does, but for what things really take. A batch is due when
the workload says so, whatever the workers are doing then (an open loop), and how long it waited
counts from there: a stall shows in every batch that fell due meanwhile.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Final

from simlab.bot.desk import Desk, Done, Turn
from simlab.bot.faults import Faults
from simlab.bot.ledger import NEVER, Ledger
from simlab.bot.machine import Machine
from simlab.bot.retry import pause_after
from simlab.clock import US_PER_S, WallClock
from simlab.events import Attempt, Observer, Status

_MOST_WAIT_S: Final = 3600.0


@dataclass(frozen=True, kw_only=True)
class WorkedForReal:
    """What came of it.

    Attributes:
        attempts: how many ended.
        finished_us: when the last one did.
        drawn_us: how long attempts were to work, all together.
        taken_us: how long they did.
        stopped: whether it was asked to stop, and left batches undone.
    """

    attempts: int
    finished_us: int
    drawn_us: int
    taken_us: int
    stopped: bool


class WallBot:
    """A bot that can be asked to stop, from a signal too.

    Args:
        ledger: the work, in the order of due.
        workers: what each thread does with the desk until it is sent home.
        clock: by which batches fall due.
        faults: what the workload has befall attempts, and when the bot is down.
        observers: told of each attempt and each sample, in the order of time, by this thread.
        machine: read at each of its intervals.
        most_tries: attempts there may be at a batch.
        most_attempts: ends with so many attempts; None for no limit.
    """

    def __init__(
        self,
        ledger: Ledger,
        *,
        workers: Sequence[Callable[[Desk], None]],
        clock: WallClock,
        faults: Faults,
        observers: Sequence[Observer] = (),
        machine: Machine | None = None,
        most_tries: int,
        most_attempts: int | None = None,
    ) -> None:
        self._ledger, self._clock, self._machine = ledger, clock, machine
        self._observers = observers
        self._workers = workers
        self._most_tries = most_tries
        self._left = NEVER if most_attempts is None else most_attempts
        self._desk = Desk(ledger, faults, clock, most=most_attempts)
        self._switches = [moment for outage in faults.outages_us for moment in outage] + [NEVER]
        self._retries: list[tuple[int, Turn]] = []
        self._arriving = self._out = self._attempts = 0
        self._drawn_us = self._taken_us = self._finished_us = 0
        self._stopping = False

    def stop(self) -> None:
        """Finish the attempts at hand, and begin no others."""
        self._stopping = True
        self._desk.close()
        self._desk.wake()

    def work(self) -> WorkedForReal:
        """Take every batch through its attempts.

        Raises:
            Exception: whatever a worker could not begin for; what fails in an attempt is that
                attempt's failure.
        """
        threads = [
            threading.Thread(
                target=self._at_work, args=(worker,), name=f"simlab-worker-{number}", daemon=True
            )
            for number, worker in enumerate(self._workers, 1)
        ]
        for thread in threads:
            thread.start()
        try:
            while not self._all_done:
                self._turn()
        except BaseException:
            self._desk.down()  # whoever waits need not
            raise
        finally:
            self._desk.close()
            for thread in threads:
                thread.join()
        self._tell(*self._desk.ended(0))
        return WorkedForReal(
            attempts=self._attempts,
            finished_us=self._finished_us,
            drawn_us=self._drawn_us,
            taken_us=self._taken_us,
            stopped=self._stopping,
        )

    @property
    def _all_done(self) -> bool:
        if self._stopping:
            return True
        nothing_left = self._ledger.due_us[self._arriving] == NEVER and not self._retries
        return self._left <= 0 or (nothing_left and not self._out)

    @property
    def _next_us(self) -> int:
        retry_us = self._retries[0][0] if self._retries else NEVER
        return min(
            self._ledger.due_us[self._arriving], retry_us, self._sample_us, self._switches[0]
        )

    @property
    def _sample_us(self) -> int:
        return NEVER if self._machine is None else self._machine.next_us

    def _turn(self) -> None:
        """Wait for what comes next, and see to all that has come."""
        wait_s = _MOST_WAIT_S
        if self._next_us != NEVER:
            wait_s = min(self._clock.left_s(self._next_us), _MOST_WAIT_S)
        done, now_us = self._desk.ended(wait_s)
        self._tell(done, now_us)
        ledger = self._ledger
        while ledger.due_us[self._arriving] <= now_us:
            batch = self._arriving
            self._arriving += 1
            self._hand_out(Turn(ledger.due_us[batch], batch, 1, ledger.first[batch]))
        while self._retries and self._retries[0][0] <= now_us:
            self._hand_out(heappop(self._retries)[1])

    def _hand_out(self, turn: Turn) -> None:
        self._out += 1
        self._desk.put(turn)

    def _tell(self, done: Sequence[Done], now_us: int) -> None:
        """Tell of what ended and what the clock brought up to now, in the order of time."""
        for each in done:
            self._tick(each.end_us)
            self._ended(each)
        self._tick(now_us)

    def _tick(self, now_us: int) -> None:
        while (moment_us := min(self._sample_us, self._switches[0])) <= now_us:
            if self._switches[0] == moment_us:
                self._switches.pop(0)
                self._desk.up() if self._desk.cut.is_set() else self._desk.down()
            else:
                self._sample()

    def _sample(self) -> None:
        assert self._machine is not None
        sample = self._machine.read(busy_us=self._taken_us, waiting=self._desk.waiting)
        for observer in () if self._desk.cut.is_set() else self._observers:
            observer.emit(sample)

    def _ended(self, done: Done) -> None:
        job = done.job
        self._out -= 1
        self._left -= 1
        self._attempts += 1
        self._finished_us = done.end_us
        self._drawn_us += job.work_us
        self._taken_us += done.end_us - job.start_us
        again = self._again(done)
        if self._observers:
            event = self._event(done, again=again)
            for observer in self._observers:
                observer.emit(event)

    def _again(self, done: Done) -> bool:
        """Whether another attempt follows, which is then planned."""
        turn, ledger = done.job.turn, self._ledger
        if done.failure is None:
            return False
        last = ledger.first[turn.batch + 1] - 1

        def pause_us(number: int) -> int:
            return ledger.pause_us[min(ledger.first[turn.batch] + number, last)]

        tries = max(self._most_tries, last + 1 - ledger.first[turn.batch])
        pause = pause_after(done.failure, number=turn.number, most=tries, pause_us=pause_us)
        if pause is None:
            return False
        ready_us = done.end_us + pause
        slot = min(turn.slot + 1, last)
        heappush(self._retries, (ready_us, Turn(ready_us, turn.batch, turn.number + 1, slot)))
        return True

    def _event(self, done: Done, *, again: bool) -> Attempt:
        job, turn, ledger = done.job, done.job.turn, self._ledger
        failure = done.failure
        status: Status = "retry" if again else "success" if failure is None else "error"
        error_type = None if failure is None else failure.error_type
        if error_type is not None and error_type == job.cause:  # as the workload has it
            status, error_type = job.status, job.error_type
        return Attempt(
            done.end_us,
            (done.end_us - job.start_us) / US_PER_S,
            status,
            ledger.warehouse_id[turn.batch],
            ledger.batch_id[turn.batch],
            turn.number,
            ledger.batch_size[turn.batch],
            max(0, job.start_us - turn.ready_us) / US_PER_S,
            error_type,
        )

    def _at_work(self, worker: Callable[[Desk], None]) -> None:
        try:
            worker(self._desk)
        except BaseException as error:  # noqa: BLE001  # the thread that hands out work raises it
            self._desk.complain(error)
