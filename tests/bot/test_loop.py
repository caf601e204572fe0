"""The bot is the queue it should be: against theory, against SimPy, and rule by rule."""

import math
from collections.abc import Generator, Sequence
from itertools import accumulate, pairwise

import numpy as np
import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st

from simlab.bot import loop
from simlab.bot.ledger import Ledger
from simlab.bot.loop import Worked, work
from simlab.clock import VirtualClock, WallClock
from simlab.dataset.batches import Batches
from simlab.events import Attempt

from .cases import SECOND, Notebook, batches, ready_us, start_us, told, tries, workloads

Tries = list[tuple[int, int]]


def erlang_c(servers: int, offered: float) -> float:
    """The probability to wait in M/M/c (Erlang 1917), term by term."""
    terms = [offered**k / math.factorial(k) for k in range(servers)]
    busy = offered**servers / math.factorial(servers) * servers / (servers - offered)
    return busy / (sum(terms) + busy)


@pytest.mark.parametrize(("workers", "load"), [(1, 0.6), (4, 0.8)])
def test_mean_wait_and_utilisation_are_those_of_erlang(workers: int, load: float) -> None:
    """Within four standard errors, which batch means give despite the waits' correlation."""
    count, rng = 100_000, np.random.default_rng(20)
    due_us = np.cumsum(rng.exponential(SECOND / (workers * load), count)).astype(np.int64)
    work_us = rng.exponential(SECOND, count).astype(np.int64)
    attempts = told(plain(due_us, work_us), workers=workers)
    waits = np.array([each.queue_wait for each in attempts])
    expected = erlang_c(workers, workers * load) / (workers - workers * load)
    error = waits.reshape(25, -1).mean(axis=1).std(ddof=1) / 5
    assert error < expected / 10
    assert abs(waits.mean() - expected) < 4 * error
    busy = sum(each.duration for each in attempts) / (workers * attempts[-1].time_us / SECOND)
    assert abs(busy - load) < 4 * load * math.sqrt(2 / count)


def plain(due_us: "np.ndarray[tuple[int], np.dtype[np.int64]]", work_us: object) -> Batches:
    """Batches that succeed at once."""
    count = len(due_us)
    done = batches([0], [[(0, 1)]])
    return Batches(
        due_us=due_us,
        batch_id=np.arange(count),
        warehouse_id=np.ones(count, np.int64),
        batch_size=np.ones(count, np.int64),
        first_attempt=np.arange(count + 1),
        work_us=np.asarray(work_us),
        pause_us=np.zeros(count, np.int64),
        goes_on=np.zeros(count, bool),
        status=done.status * count,
        error_type=done.error_type * count,
    )


def simulated(due_us: Sequence[int], all_tries: Sequence[Tries], workers: int) -> list[int]:
    """When each attempt ends, by SimPy, in the order of ends."""
    world = simpy.Environment()
    crew = simpy.Resource(world, workers)
    ends: list[int] = []

    def batch(due: int, attempts: Tries) -> Generator[simpy.Event, None, None]:
        yield world.timeout(due)
        for pause_us, work_us in attempts:
            yield world.timeout(pause_us)
            with crew.request() as turn:
                yield turn
                yield world.timeout(work_us)
            ends.append(int(world.now))

    for due, attempts in zip(due_us, all_tries, strict=True):
        world.process(batch(due, attempts))
    world.run()
    return ends


def test_every_attempt_ends_when_simpy_says() -> None:
    """The same arrivals, services and pauses, at a load that keeps a queue: equal to the us."""
    rng = np.random.default_rng(4)
    due_us = np.cumsum(rng.exponential(0.5 * SECOND, 3000)).astype(np.int64).tolist()
    counts = rng.integers(1, 4, 3000)
    all_tries = [
        [(0 if k == 0 else int(rng.exponential(2 * SECOND)), int(rng.exponential(0.7 * SECOND)))
         for k in range(count)]
        for count in counts
    ]  # fmt: skip
    ends = simulated(due_us, all_tries, workers=3)
    assert [each.time_us for each in told(batches(due_us, all_tries), workers=3)] == ends


def test_an_attempt_ends_before_another_begins_at_the_same_moment() -> None:
    attempts = told(batches([0, 10], [[(0, 10)], [(0, 5)]]), workers=1)
    assert [(each.time_us, each.queue_wait) for each in attempts] == [(10, 0.0), (15, 0.0)]


def test_one_worker_takes_batches_in_the_order_of_due_and_retries_when_they_are_ready() -> None:
    """A fails at 10 and is ready again at 12, after B (due 1) and before C (due 13)."""
    attempts = told(batches([0, 1, 13], [[(0, 10), (2, 10)], [(0, 10)], [(0, 10)]]), workers=1)
    assert [(each.batch_id, each.attempt, each.time_us) for each in attempts] == [
        (1, 1, 10), (2, 1, 20), (1, 2, 30), (3, 1, 40),
    ]  # fmt: skip
    assert [each.queue_wait for each in attempts] == [0.0, 9e-6, 8e-6, 17e-6]
    assert [each.status for each in attempts] == ["retry", "success", "success", "success"]


def test_no_work_ends_at_once() -> None:
    assert told(batches([], []), workers=3) == []
    nothing = work(Ledger.of(batches([], [])), workers=1, clock=VirtualClock(5))
    assert nothing == Worked(attempts=0, finished_us=0)


@given(workloads, st.integers(1, 3))
def test_every_attempt_ends_once_in_the_order_of_time_after_its_pause(
    workload: list[tuple[int, Tries]], workers: int
) -> None:
    due_us, all_tries = unzipped(workload)
    attempts = told(batches(due_us, all_tries), workers=workers)
    assert sorted((each.batch_id, each.attempt) for each in attempts) == [
        (batch, k) for batch, each in enumerate(all_tries, 1) for k in range(1, len(each) + 1)
    ]
    assert all(a.time_us <= b.time_us for a, b in pairwise(attempts))
    ends = {(each.batch_id, each.attempt): each.time_us for each in attempts}
    for each in attempts:
        pause_us, work_us = all_tries[each.batch_id - 1][each.attempt - 1]
        due = due_us[each.batch_id - 1]
        ready = due if each.attempt == 1 else ends[each.batch_id, each.attempt - 1] + pause_us
        assert ready_us(each) == ready <= start_us(each) == each.time_us - work_us


@given(workloads, st.integers(1, 3))
def test_workers_are_never_exceeded_and_never_idle_while_a_batch_waits(
    workload: list[tuple[int, Tries]], workers: int
) -> None:
    due_us, all_tries = unzipped(workload)
    attempts = told(batches(due_us, all_tries), workers=workers)
    for moment in range(max((each.time_us for each in attempts), default=0)):
        busy = sum(start_us(each) <= moment < each.time_us for each in attempts)
        waiting = sum(ready_us(each) <= moment < start_us(each) for each in attempts)
        assert busy <= workers
        assert not waiting or busy == workers


@given(workloads, st.integers(1, 3))
def test_who_is_ready_first_starts_first(workload: list[tuple[int, Tries]], workers: int) -> None:
    attempts = told(batches(*unzipped(workload)), workers=workers)
    for one in attempts:
        for other in attempts:
            assert ready_us(one) >= ready_us(other) or start_us(one) <= start_us(other)


@given(workloads, st.integers(1, 3), st.integers(0, 3))
def test_more_observers_change_nothing_and_all_are_told_the_same(
    workload: list[tuple[int, Tries]], workers: int, more: int
) -> None:
    load = batches(*unzipped(workload))
    others = [Notebook() for _ in range(more)]
    alone = told(load, workers=workers)
    assert told(load, workers=workers, others=others) == alone
    assert all(other.attempts == alone for other in others)
    unseen = work(Ledger.of(load), workers=workers, clock=VirtualClock(0))
    assert unseen == Worked(attempts=len(alone), finished_us=alone[-1].time_us if alone else 0)


def test_without_observers_no_event_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> Attempt:
        raise AssertionError

    monkeypatch.setattr(loop, "Attempt", refuse)
    load = batches([0], [[(0, 10)]])
    assert work(Ledger.of(load), workers=1, clock=VirtualClock(0)).attempts == 1
    with pytest.raises(AssertionError):
        work(Ledger.of(load), workers=1, clock=VirtualClock(0), observers=[Notebook()])


@given(st.lists(st.tuples(st.integers(0, 3000), tries), max_size=5), st.integers(1, 2))
def test_wall_time_gives_the_events_of_virtual_time(
    workload: list[tuple[int, Tries]], workers: int
) -> None:
    load = batches(*unzipped(workload))
    notebook = Notebook()
    work(Ledger.of(load), workers=workers, clock=WallClock(0, speed=10.0), observers=[notebook])
    assert notebook.attempts == told(load, workers=workers)


def test_in_wall_time_no_event_is_told_early() -> None:
    clock = WallClock(0, speed=100.0)
    late_us: list[int] = []

    class Watch:
        def emit(self, event: object) -> None:
            assert isinstance(event, Attempt)
            late_us.append(clock.now_us() - event.time_us)

    load = batches([0, SECOND, 2 * SECOND], [[(0, SECOND)], [(0, 3 * SECOND)], [(0, 10)]])
    work(Ledger.of(load), workers=1, clock=clock, observers=[Watch()])
    assert len(late_us) == 3
    assert min(late_us) >= 0


def unzipped(workload: list[tuple[int, Tries]]) -> tuple[list[int], list[Tries]]:
    """Due times, and the attempts at each batch."""
    return list(accumulate(gap for gap, _ in workload)), [each for _, each in workload]
