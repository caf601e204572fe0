"""A bot that trouble befalls: cut short and begun anew, slowed when it starts, gone on with."""

from collections.abc import Generator, Sequence
from itertools import accumulate

import numpy as np
import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st

from simlab.bot.crew import State
from simlab.bot.faults import Faults, Outages
from simlab.bot.ledger import NEVER, Ledger
from simlab.bot.loop import Worked, work
from simlab.bot.machine import MachineModel, SimulatedMachine
from simlab.bot.ticks import Watch
from simlab.clock import VirtualClock
from simlab.dataset.batches import Batches
from simlab.events import Event

from .cases import SECOND, Notebook, batches, start_us, told, workloads

Tries = list[tuple[int, int]]
Spans = list[tuple[int, int]]
Row = tuple[int, int, int, int]
"""When an attempt ended and started, its batch and its number."""
LENGTHS = st.lists(st.tuples(st.integers(1, 8), st.integers(1, 8)), max_size=3)
"""Outages: up for so long, then down for so long [us]."""


class Slowed:
    """Attempts that start within a stretch take 3 us longer; the bot is down at times."""

    def __init__(self, load: Batches, outages_us: Spans, slow_us: tuple[int, int]) -> None:
        self.outages_us: Sequence[tuple[int, int]] = outages_us
        self.struck: list[tuple[int, int]] = []
        self._work_us = load.work_us.tolist()
        self._slow_us = slow_us

    def strike(self, now_us: int, attempt: int, batch: int, ledger: Ledger) -> int:
        first, last = self._slow_us
        if now_us < first:
            return first
        if now_us >= last:
            return NEVER
        assert ledger.first[batch] <= attempt < ledger.first[batch + 1]
        self.struck.append((now_us, attempt))
        ledger.work_us[attempt] = self._work_us[attempt] + 3
        return now_us

    def spare(self, attempt: int, ledger: Ledger) -> None:
        ledger.work_us[attempt] = self._work_us[attempt]


def spans_of(lengths: list[tuple[int, int]]) -> Spans:
    edges = list(accumulate(length for pair in lengths for length in pair))
    return list(zip(edges[::2], edges[1::2], strict=True))


def load_of(workload: list[tuple[int, Tries]]) -> tuple[list[int], list[Tries]]:
    return list(accumulate(gap for gap, _ in workload)), [each for _, each in workload]


def by_hand(
    due_us: list[int], all_tries: list[Tries], workers: int, down: Spans, slow_us: tuple[int, int]
) -> list[Row]:
    """The same bot, stepped microsecond by microsecond through lists."""
    to_come = [(due, batch, 0) for batch, due in enumerate(due_us)]  # when, which, attempts before
    queue: list[tuple[int, int]] = []
    under_way: list[tuple[int, int, int, int]] = []  # end, batch, attempts before, start
    rows: list[Row] = []

    def take_up(now: int) -> None:
        while queue and len(under_way) < workers and not any(a <= now < b for a, b in down):
            batch, before = queue.pop(0)
            extra = 3 if slow_us[0] <= now < slow_us[1] else 0
            under_way.append((now + all_tries[batch][before][1] + extra, batch, before, now))

    for now in range(400):
        if any(now == start for start, _ in down):
            cut = sorted(under_way, key=lambda one: (one[3], -one[0], -one[1]))
            queue[:0] = [(batch, before) for _, batch, before, _ in cut]
            under_way.clear()
        take_up(now)
        while True:
            over = min((one for one in under_way if one[0] == now), default=None)
            if over is not None:
                under_way.remove(over)
                _, batch, before, began = over
                rows.append((now, began, batch + 1, before + 1))
                take_up(now)
                if before + 1 < len(all_tries[batch]):
                    ready = now + all_tries[batch][before + 1][0]
                    to_come.append((ready, batch, before + 1))
                continue
            here = [one for one in to_come if one[0] == now]
            if not here:
                break
            first = min(here, key=lambda one: (one[2] > 0, one[1]))
            to_come.remove(first)
            queue.append(first[1:])
            take_up(now)
    return rows


def machine(*, since: State | None = None) -> SimulatedMachine:
    model = MachineModel(
        interval_us=3, cpu_percent=np.arange(500) / 50, mem_usage_mb=np.arange(500.0),
        cpu_per_busy_worker=5.0, cpu_per_waiting_batch=1.0, mem_mb_per_waiting_batch=2.0,
        read_bytes_per_item=1.0, write_bytes_per_item=2.0,
    )  # fmt: skip
    read_us = None if since is None else since.time_us
    return SimulatedMachine(model, start_us=0, read_us=read_us)


def events(
    load: Batches,
    faults: Faults,
    *,
    workers: int,
    since: State | None = None,
    watch: Watch | None = None,
) -> list[Event]:
    """All that a bot tells of, its readings too."""
    notebook, read = Notebook(), machine(since=since)
    work(
        Ledger.of(load), workers=workers, clock=VirtualClock(0), observers=[notebook, read],
        machine=read, faults=faults, since=since, watch=watch,
    )  # fmt: skip
    return notebook.events


SLOW = st.tuples(st.integers(0, 15), st.integers(0, 30))


@given(workloads, st.integers(1, 3), LENGTHS, SLOW)
def test_outages_and_strikes_befall_it_as_when_it_is_stepped_by_hand(
    workload: list[tuple[int, Tries]],
    workers: int,
    lengths: list[tuple[int, int]],
    slow_us: tuple[int, int],
) -> None:
    due_us, all_tries = load_of(workload)
    load, down = batches(due_us, all_tries), spans_of(lengths)
    faults, notebook = Slowed(load, down, slow_us), Notebook()
    work(
        Ledger.of(load), workers=workers, clock=VirtualClock(0), observers=[notebook], faults=faults
    )
    found = [(e.time_us, start_us(e), e.batch_id, e.attempt) for e in notebook.attempts]
    assert found == by_hand(due_us, all_tries, workers, down, slow_us)
    assert all(slow_us[0] <= now < slow_us[1] for now, _ in faults.struck)
    inside = {row[1:] for row in found if slow_us[0] <= row[1] < slow_us[1]}
    starts = {(now, *number(load, attempt)) for now, attempt in faults.struck}
    assert inside <= starts


def number(load: Batches, attempt: int) -> tuple[int, int]:
    """An attempt's batch id, and which at that batch it is."""
    batch = int(np.searchsorted(load.first_attempt, attempt, side="right")) - 1
    return batch + 1, attempt - int(load.first_attempt[batch]) + 1


@given(workloads, st.integers(1, 3), LENGTHS)
def test_nothing_ends_and_nothing_is_told_while_it_is_down_and_nothing_is_lost(
    workload: list[tuple[int, Tries]], workers: int, lengths: list[tuple[int, int]]
) -> None:
    due_us, all_tries = load_of(workload)
    load, down = batches(due_us, all_tries), spans_of(lengths)
    found = events(load, Outages(down), workers=workers)
    assert not any(a <= event.time_us < b for event in found for a, b in down)
    usual = told(load, workers=workers)
    attempts = [event for event in found if type(event) is type(usual[0])] if usual else []
    assert len(attempts) == len(usual)


@given(workloads, st.integers(1, 3), LENGTHS, SLOW)
def test_from_whichever_state_it_goes_on_it_tells_of_the_same(
    workload: list[tuple[int, Tries]],
    workers: int,
    lengths: list[tuple[int, int]],
    slow_us: tuple[int, int],
) -> None:
    """Watched at each reading, and gone on with from each, down or up."""
    load, down = batches(*load_of(workload)), spans_of(lengths)
    states: list[State] = []

    def keep(state: State) -> bool:
        states.append(state)
        return False

    whole = events(load, Slowed(load, down, slow_us), workers=workers, watch=keep)
    readings = [e for e in whole if type(e).__name__ == "Sample"]
    assert len(states) >= len(readings)
    for state in states:
        rest = events(load, Slowed(load, down, slow_us), workers=workers, since=state)
        later = [event for event in whole if event.time_us > state.time_us]
        here = [e for e in whole if e.time_us == state.time_us and type(e).__name__ == "Attempt"]
        assert rest == [*here, *later]


@given(workloads, st.integers(1, 3), st.integers(1, 6))
def test_the_watch_stops_it_where_it_says_so(
    workload: list[tuple[int, Tries]], workers: int, after: int
) -> None:
    """What it had told by then is what it tells without."""
    load, seen = batches(*load_of(workload)), 0

    def enough(state: State) -> bool:
        nonlocal seen
        seen += 1
        assert state.time_us == 3 * seen
        return seen == after

    found = events(load, Outages(), workers=workers, watch=enough)
    whole = events(load, Outages(), workers=workers)
    assert found == whole[: len(found)]
    if len(found) < len(whole):
        assert seen == after
        assert found[-1].time_us == 3 * after
        assert type(found[-1]).__name__ == "Sample"


def test_equal_states_are_equal_and_hashable() -> None:
    load = batches([0, 0, 1], [[(0, 9)], [(0, 9)], [(0, 2)]])
    states: list[State] = []

    def keep(state: State) -> bool:
        states.append(state)
        return False

    for _ in range(2):
        events(load, Outages(), workers=2, watch=keep)
    half = len(states) // 2
    assert states[:half] == states[half:]
    assert len({hash(state) for state in states}) == half
    assert states[0].running == ((9, 0, 0, 0), (9, 1, 1, 0))
    assert states[0].queue == ((1, 2, 2),)


def simulated(
    due_us: Sequence[int], all_tries: Sequence[Tries], workers: int, down: tuple[int, int]
) -> list[tuple[int, int]]:
    """When each batch's attempts end, by SimPy, whose crew is interrupted and waits."""
    world = simpy.Environment()
    crew = simpy.PriorityResource(world, workers)
    ends: list[tuple[int, int]] = []
    at_work: dict[int, simpy.Process] = {}

    def batch(index: int, due: int, attempts: Tries) -> Generator[simpy.Event, None, None]:
        yield world.timeout(due)
        for pause_us, work_us in attempts:
            yield world.timeout(pause_us)
            rank = int(world.now)
            while True:
                with crew.request(priority=rank) as turn:
                    yield turn
                    assert world.active_process is not None
                    at_work[index] = world.active_process
                    began = int(world.now)
                    try:
                        yield world.timeout(work_us)
                    except simpy.Interrupt:
                        rank = began - NEVER  # before all that waits, the first begun first
                        continue
                    finally:
                        del at_work[index]
                break
            ends.append((int(world.now), index + 1))

    def outage() -> Generator[simpy.Event, None, None]:
        yield world.timeout(down[0])
        for each in list(at_work.values()):
            each.interrupt()
        turns = [crew.request(priority=-2 * NEVER) for _ in range(workers)]
        yield world.timeout(down[1] - down[0])
        for turn in turns:
            crew.release(turn)

    for index, (due, attempts) in enumerate(zip(due_us, all_tries, strict=True)):
        world.process(batch(index, due, attempts))
    world.process(outage())
    world.run()
    return ends


def test_with_retries_and_an_outage_every_attempt_ends_when_simpy_says() -> None:
    """Continuous times, so that nothing falls on one moment: equal to the microsecond."""
    rng = np.random.default_rng(8)
    due_us = np.cumsum(rng.exponential(0.5 * SECOND, 2_000)).astype(np.int64).tolist()
    all_tries: list[Tries] = [
        [(0 if k == 0 else int(rng.exponential(2 * SECOND)), int(rng.exponential(0.7 * SECOND)))
         for k in range(rng.integers(1, 4))]
        for _ in due_us
    ]  # fmt: skip
    down = (300 * SECOND + 7, 360 * SECOND + 11)
    notebook = Notebook()
    work(
        Ledger.of(batches(due_us, all_tries)), workers=4, clock=VirtualClock(0),
        observers=[notebook], faults=Outages([down]),
    )  # fmt: skip
    found = [(each.time_us, each.batch_id) for each in notebook.attempts]
    assert found == simulated(due_us, all_tries, 4, down)


@pytest.mark.parametrize(("workers", "retry", "most"), [(1, 0.3, 3), (4, 0.5, 2)])
def test_workers_are_busy_for_the_work_that_retries_bring(
    workers: int, retry: float, most: int
) -> None:
    """At 1 + r + … attempts a batch: rate times mean attempts times mean work over workers."""
    rng, count, each = np.random.default_rng(3), 40_000, sum(retry**k for k in range(most))
    rate = 0.8 * workers / each
    due_us = np.cumsum(rng.exponential(SECOND / rate, count)).astype(np.int64).tolist()
    numbers = np.minimum(rng.geometric(1 - retry, count), most)
    all_tries = [
        [(SECOND if k else 0, int(rng.exponential(SECOND))) for k in range(n)] for n in numbers
    ]
    done = told(batches(due_us, all_tries), workers=workers)
    busy = sum(one.duration for one in done) / (workers * done[-1].time_us / SECOND)
    # relative variance a batch: of the gap between them, of how many attempts, of each one's work
    spread = 1 + (numbers.var() + numbers.mean()) / each**2
    assert abs(busy - 0.8) < 4.5 * 0.8 * np.sqrt(spread / count)


def test_a_bot_that_is_down_after_the_last_attempt_is_done() -> None:
    load = batches([0], [[(0, 5)]])
    faults = Outages([(10, 20), (30, 40)])
    assert work(Ledger.of(load), workers=1, clock=VirtualClock(0), faults=faults) == Worked(
        attempts=1, finished_us=5
    )
