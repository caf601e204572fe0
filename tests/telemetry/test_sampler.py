"""The sampler reads the real machine, in a thread of its own, for the endpoint and for the log."""

import math
import threading
import time

import pytest

from simlab.telemetry.metrics import Metrics
from simlab.telemetry.resources import ProcessMachine, Reading, memory_mb
from simlab.telemetry.sampler import sampling

from .cases import burn, parsed


def test_the_sampler_reads_in_a_thread_of_its_own_and_its_first_reading_is_no_zero() -> None:
    """The first reading of psutil in each thread is 0: the sampler's was made before it counts."""
    told: list[tuple[str, Reading]] = []
    before = set(threading.enumerate())
    began, began_cpu = time.monotonic(), time.process_time()
    with sampling(lambda reading: told.append((threading.current_thread().name, reading)),
                  every_s=0.3):  # fmt: skip
        while not told:
            burn(0.02)
        used = 100 * (time.process_time() - began_cpu) / (time.monotonic() - began)
    assert set(threading.enumerate()) == before
    name, first = told[0]
    assert name == "simlab-sampler"
    assert first.cpu_percent == pytest.approx(used, rel=0.35)
    assert 0 < first.host_cpu_percent <= 100
    assert first.mem_usage_mb == pytest.approx(memory_mb(), rel=0.1)


def test_the_log_gets_the_mean_of_what_the_endpoint_showed_and_reads_nothing_itself() -> None:
    told: list[Reading] = []
    with sampling(told.append, every_s=0.05) as sampler:
        machine = ProcessMachine(start_us=0, interval_us=15, readings=sampler)
        unread = machine.read(busy_us=0, waiting=0)
        while len(told) < 4:
            burn(0.02)
    sample = machine.read(busy_us=0, waiting=0)
    assert math.isnan(unread.cpu_percent)
    mean = sum(reading.cpu_percent for reading in told) / len(told)
    assert sample.cpu_percent == pytest.approx(mean)
    assert sample.disk_write_bytes == sum(reading.disk_write_bytes for reading in told)
    again = machine.read(busy_us=0, waiting=0)
    assert (again.cpu_percent, again.disk_write_bytes) == (sample.cpu_percent, 0)
    assert [each.time_us for each in (unread, sample, again)] == [15, 30, 45]


def test_who_raises_at_a_reading_is_counted_and_told_of_the_next() -> None:
    calls = [0]

    def tell(_: Reading) -> None:
        calls[0] += 1
        raise RuntimeError

    with sampling(tell, every_s=0.02) as sampler:
        until = time.monotonic() + 5
        while calls[0] < 3 and time.monotonic() < until:
            time.sleep(0.01)
    assert sampler.failed == calls[0] >= 3


def test_a_second_after_the_start_the_endpoint_shows_the_real_machine() -> None:
    metrics = Metrics()
    with sampling(metrics.read):
        time.sleep(1.3)
    told = parsed(metrics.exposition())
    assert told["mem_usage_mb"] == pytest.approx(memory_mb(), rel=0.1)
    assert 0 <= told["host_cpu_percent"] <= 100
    assert told["cpu_percent"] >= 0
