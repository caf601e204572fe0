"""The bot's loop: workers, one queue, retries, and events to whoever observes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush, heapreplace

from simlab.bot.crew import Crew, State
from simlab.bot.faults import Faults, Outages
from simlab.bot.ledger import NEVER, Ledger
from simlab.bot.machine import Machine
from simlab.bot.ticks import Ticks, Watch
from simlab.clock import US_PER_S, Clock
from simlab.events import Attempt, Observer


@dataclass(frozen=True, kw_only=True)
class Worked:
    """What came of it: how many attempts ended, and when the last one did [us]."""

    attempts: int
    finished_us: int


def work(  # noqa: C901, PLR0912, PLR0915  # a call for each step would halve its speed
    ledger: Ledger,
    *,
    workers: int,
    clock: Clock,
    observers: Sequence[Observer] = (),
    machine: Machine | None = None,
    faults: Faults | None = None,
    since: State | None = None,
    watch: Watch | None = None,
) -> Worked:
    """Take every batch through its attempts.

    A batch joins the queue when it is due, and again after each pause for a retry; the first in
    the queue goes to the first free worker. Where several things fall on one moment, the bot
    goes down or up before the machine is read, and attempts end before others begin. Each
    attempt is told to the observers when it ends, in the order of time; without observers no
    event is made. What an outage cuts short is begun anew afterwards, before all that waits.

    Args:
        ledger: the work, in the order of due. Faults change it.
        workers: how many batches are worked on side by side.
        clock: paces the loop: jumping, or as time goes by.
        observers: told of each attempt and, if there is a machine, of each sample.
        machine: read at each of its intervals.
        faults: what befalls the bot; nothing by default.
        since: the state to go on from, in which the bot is up; by default nothing has begun.
        watch: shown the state at each reading of the machine, and may stop the work there.
    """
    faults = faults or Outages()
    crew = Crew(ledger, faults, workers=workers)
    if since is not None:
        crew.resume(since)
    ticks = Ticks(
        crew, faults, clock, workers=workers, machine=machine, observers=observers, watch=watch,
        from_us=-NEVER if since is None else since.time_us,
    )  # fmt: skip
    running, retries, queue = crew.running, crew.retries, crew.queue
    first, due_us, work_us = ledger.first, ledger.due_us, ledger.work_us
    pause_us, goes_on = ledger.pause_us, ledger.goes_on
    tell, strike = _teller(ledger, observers, clock), faults.strike
    wait = clock.sleep_until_us if clock.paced else None
    arriving = 0 if since is None else since.arriving
    taken_up = len(running) - 1 + len(queue) - arriving
    now = worked_us = again = asked_us = 0
    next_due, tick_us, free = due_us[arriving], ticks.next_us, ticks.workers
    while True:
        moment = retries[0][0]
        moment = min(next_due, moment)
        ends = running[0][0]
        if tick_us <= moment and tick_us <= ends:
            if ticks.enough or (moment == ends == NEVER and not queue):
                break
            worked_us = ticks.happen(worked_us, arriving)
            tick_us, free = ticks.next_us, ticks.workers
            continue
        if ends <= moment:
            if ends == NEVER:
                break
            now = ends
            if wait is not None:
                wait(now)
            _, attempt, batch, ready = running[0]
            worked_us += work_us[attempt]
            if queue:
                waited, taken, its_batch = queue.popleft()
                if now >= asked_us:
                    asked_us = strike(now, taken, its_batch, ledger)
                heapreplace(running, (now + work_us[taken], taken, its_batch, waited))
            else:
                heappop(running)
            if goes_on[attempt]:
                heappush(retries, (now + pause_us[attempt + 1], attempt + 1, batch))
            if tell is not None:
                tell(now, attempt, batch, ready)
            continue
        now = moment
        if wait is not None:
            wait(now)
        if now == next_due:
            attempt, batch = first[arriving], arriving
            arriving += 1
            next_due = due_us[arriving]
        else:
            _, attempt, batch = heappop(retries)
            again += 1
        if len(running) <= free:
            if now >= asked_us:
                asked_us = strike(now, attempt, batch, ledger)
            heappush(running, (now + work_us[attempt], attempt, batch, now))
        else:
            queue.append((now, attempt, batch))
    clock.sleep_until_us(now)
    ended = taken_up + arriving + again - (len(running) - 1 + len(queue))
    return Worked(attempts=ended, finished_us=now)


def _teller(
    ledger: Ledger, observers: Sequence[Observer], clock: Clock
) -> Callable[[int, int, int, int], None] | None:
    """A function that tells the observers of an attempt that ended now; None without any."""
    if not observers:
        return None
    emits = [observer.emit for observer in observers]
    first, work_us = ledger.first, ledger.work_us
    batch_id, warehouse_id, batch_size = ledger.batch_id, ledger.warehouse_id, ledger.batch_size
    status, error_type = ledger.status, ledger.error_type

    def tell(now: int, attempt: int, batch: int, ready: int) -> None:
        clock.sleep_until_us(now)
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
