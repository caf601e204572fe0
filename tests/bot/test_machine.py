"""The simulated machine: what it reads is what the bot did, and no more."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from simlab.bot.ledger import Ledger
from simlab.bot.loop import work
from simlab.bot.machine import MachineModel, SimulatedMachine
from simlab.clock import VirtualClock
from simlab.dataset.batches import Batches
from simlab.events import Observer, Sample

from .cases import SECOND, Notebook, batches, start_us, workloads

MODEL = MachineModel(
    interval_us=10 * SECOND,
    cpu_percent=np.array([5.0, 7.0]),
    mem_usage_mb=np.array([200.0, 210.0]),
    cpu_per_busy_worker=20.0,
    cpu_per_waiting_batch=0.0,
    mem_mb_per_waiting_batch=0.02,
    read_bytes_per_item=4096.0,
    write_bytes_per_item=10.5,
)
LATE = ([2 * SECOND, 4 * SECOND, 35 * SECOND], [[(0, 5 * SECOND)], [(0, 12 * SECOND)], [(0, 1)]])


def samples(load: Batches, model: MachineModel, *, workers: int) -> list[Sample]:
    """What the machine reads while the bot works."""
    notebook, machine = Notebook(), SimulatedMachine(model, start_us=0)
    observers: list[Observer] = [notebook, machine]
    work(
        Ledger.of(load),
        workers=workers,
        clock=VirtualClock(0),
        observers=observers,
        machine=machine,
    )
    return notebook.samples


def test_busy_time_is_split_at_the_readings() -> None:
    """From 2 to 7 and from 4 to 16 s: 11 busy seconds up to 10 s, 6 up to 20 s, then none."""
    read = samples(batches(*LATE), MODEL, workers=2)
    assert [each.time_us for each in read] == [10 * SECOND, 20 * SECOND, 30 * SECOND]
    assert [each.cpu_percent for each in read] == [5 + 20 * 1.1, 7 + 20 * 0.6, 7.0]


def test_disk_bytes_are_those_of_the_items_of_attempts_that_ended() -> None:
    read = samples(batches(*LATE, size=3), MODEL, workers=2)
    assert [each.disk_read_bytes for each in read] == [3 * 4096, 3 * 4096, 0]
    assert [each.disk_write_bytes for each in read] == [32, 32, 0]  # 31.5, to the even


def test_cpu_is_cut_at_100_percent_and_at_0() -> None:
    high = replace(MODEL, cpu_per_busy_worker=90.0)
    assert samples(batches(*LATE), high, workers=2)[0].cpu_percent == 100.0
    low = replace(MODEL, cpu_percent=np.array([-3.0]))
    assert samples(batches(*LATE), low, workers=2)[2].cpu_percent == 0.0


def test_memory_grows_with_the_queue_and_its_last_value_goes_on() -> None:
    """Eleven batches fall due at once for one worker: ten wait at 10 s, nine at 20 s, then none."""
    queue = batches([0] * 11, [[(0, 15 * SECOND)]] * 11)
    read = samples(queue, MODEL, workers=1)
    assert read[0].mem_usage_mb == 200.0 + 10 * 0.02
    assert read[1].mem_usage_mb == 210.0 + 9 * 0.02
    assert read[-1].mem_usage_mb == 210.0


def test_batches_that_wait_cost_cpu_too() -> None:
    queue = batches([0] * 11, [[(0, 15 * SECOND)]] * 11)
    read = samples(queue, replace(MODEL, cpu_per_waiting_batch=0.5), workers=1)
    assert [each.cpu_percent for each in read[:2]] == [5 + 20 + 10 * 0.5, 7 + 20 + 9 * 0.5]


class Meter:
    """A machine that keeps what it is told of the bot."""

    def __init__(self, interval_us: int) -> None:
        self.next_us = self._interval_us = interval_us
        self.busy_us: list[int] = []
        self.waiting: list[int] = []

    def read(self, *, busy_us: int, waiting: int) -> Sample:
        self.busy_us.append(busy_us)
        self.waiting.append(waiting)
        self.next_us += self._interval_us
        return Sample(self.next_us - self._interval_us, 0.0, 0.0, 0, 0)


@given(workloads, st.integers(1, 3), st.integers(1, 7))
def test_each_reading_is_told_the_busy_time_of_its_interval(
    workload: list[tuple[int, list[tuple[int, int]]]], workers: int, interval_us: int
) -> None:
    """Against the overlap of each attempt with each interval, added up one by one."""
    due_us = np.cumsum([gap for gap, _ in workload]).tolist()
    notebook, meter = Notebook(), Meter(interval_us)
    load = batches(due_us, [each for _, each in workload])
    work(
        Ledger.of(load), workers=workers, clock=VirtualClock(0), observers=[notebook], machine=meter
    )
    spans = [(start_us(each), each.time_us) for each in notebook.attempts]
    ends = [interval_us * k for k in range(1, len(meter.busy_us) + 1)]
    assert meter.busy_us == [
        sum(max(0, min(end, stop) - max(end - interval_us, start)) for start, stop in spans)
        for end in ends
    ]
    assert [each.time_us for each in notebook.samples] == ends
    times = [event.time_us for event in notebook.events]
    assert times == sorted(times)
