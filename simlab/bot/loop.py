"""The bot's loop: workers, one queue, retries, and events to whoever observes."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush, heapreplace
from typing import Final, TypeAlias

from simlab.bot.machine import Machine
from simlab.clock import US_PER_S, Clock
from simlab.dataset.batches import Batches
from simlab.events import Attempt, Observer, Status

_NEVER: Final = 1 << 62
_Running: TypeAlias = tuple[int, int, int, int]
"""When an attempt ends, which it is, its batch, and when it was ready [us]."""


@dataclass(frozen=True, kw_only=True)
class Worked:
    """What came of it: how many attempts ended, and when the last one did [us]."""

    attempts: int
    finished_us: int


def work(
    batches: Batches,
    *,
    workers: int,
    clock: Clock,
    observers: Sequence[Observer] = (),
    machine: Machine | None = None,
) -> Worked:
    """Take every batch through its attempts.

    A batch joins the queue when it is due, and again after each pause for a retry; the first in
    the queue goes to the first free worker. Where two things fall on one moment, attempts end
    before others begin. Each attempt is told to the observers when it ends, in the order of
    time; without observers no event is made.

    Args:
        batches: the work, in the order of due.
        workers: how many batches are worked on side by side.
        clock: paces the loop: jumping, or as time goes by.
        observers: told of each attempt and, if there is a machine, of each sample.
        machine: read at each of its intervals.
    """
    first, due_us = batches.first_attempt.tolist(), [*batches.due_us.tolist(), _NEVER]
    work_us, pause_us = batches.work_us.tolist(), batches.pause_us.tolist()
    running: list[_Running] = []  # a heap
    retries: list[tuple[int, int, int]] = []  # ready, attempt, batch: a heap
    queue: deque[tuple[int, int, int]] = deque()  # ready, attempt, batch
    tell = _teller(batches, observers)
    sample = _sampler(machine, observers, clock, running, queue, work_us)
    wait = clock.sleep_until_us
    sample_us = sample(0, 0)
    arriving = now = worked_us = 0
    next_due = due_us[0]
    while True:  # one long loop, because a call for each step would halve its speed
        ready = retries[0][0] if retries and retries[0][0] <= next_due else next_due
        finishing = bool(running) and running[0][0] <= ready
        moment = running[0][0] if finishing else ready
        if moment == _NEVER:
            return Worked(attempts=len(work_us), finished_us=now)
        if sample_us <= moment:
            sample_us = sample(moment, worked_us)
        now = moment
        wait(now)
        if finishing:
            _, attempt, batch, ready = running[0]
            worked_us += work_us[attempt]
            if queue:
                waited, taken, its_batch = queue.popleft()
                heapreplace(running, (now + work_us[taken], taken, its_batch, waited))
            else:
                heappop(running)
            if attempt + 1 < first[batch + 1]:
                heappush(retries, (now + pause_us[attempt + 1], attempt + 1, batch))
            if tell is not None:
                tell(now, attempt, batch, ready)
            continue
        if ready == next_due:
            attempt, batch = first[arriving], arriving
            arriving += 1
            next_due = due_us[arriving]
        else:
            _, attempt, batch = heappop(retries)
        if len(running) < workers:
            heappush(running, (now + work_us[attempt], attempt, batch, now))
        else:
            queue.append((now, attempt, batch))


def _teller(
    batches: Batches, observers: Sequence[Observer]
) -> Callable[[int, int, int, int], None] | None:
    """A function that tells the observers of an attempt that ended now; None without any."""
    if not observers:
        return None
    emits = [observer.emit for observer in observers]
    first, work_us = batches.first_attempt.tolist(), batches.work_us.tolist()
    batch_id, warehouse_id = batches.batch_id.tolist(), batches.warehouse_id.tolist()
    batch_size = batches.batch_size.tolist()
    status: list[Status] = batches.status  # type: ignore[assignment]  # the reader checked them
    error_type = batches.error_type

    def tell(now: int, attempt: int, batch: int, ready: int) -> None:
        event = Attempt(
            now,
            work_us[attempt] / US_PER_S,
            status[attempt],
            warehouse_id[batch],
            batch_id[batch],
            attempt - first[batch] + 1,
            batch_size[batch],
            (now - work_us[attempt] - ready) / US_PER_S,
            error_type[attempt],
        )
        for emit in emits:
            emit(event)

    return tell


def _sampler(
    machine: Machine | None,
    observers: Sequence[Observer],
    clock: Clock,
    running: list[_Running],
    queue: deque[tuple[int, int, int]],
    work_us: list[int],
) -> Callable[[int, int], int]:
    """A function that reads the machine at each interval up to a moment.

    It is given the moment and the time worked by attempts that ended, and returns when the
    machine is to be read next; never, when there is no machine.
    """
    booked_us = 0

    def sample(moment: int, ended_us: int) -> int:
        nonlocal booked_us
        if machine is None:
            return _NEVER
        while machine.next_us <= moment:
            now = machine.next_us
            clock.sleep_until_us(now)
            underway_us = sum(now - ends + work_us[taken] for ends, taken, _, _ in running)
            reading = machine.read(busy_us=ended_us + underway_us - booked_us, waiting=len(queue))
            booked_us = ended_us + underway_us
            for observer in observers:
                observer.emit(reading)
        return machine.next_us

    return sample
