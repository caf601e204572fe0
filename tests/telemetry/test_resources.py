"""What the process is read to use is what it uses."""

import math
import os
import threading
import time
from pathlib import Path

import pytest

from simlab.telemetry.metrics import Metrics
from simlab.telemetry.resources import ProcessMachine, Reading, cpu_s, memory_mb, sampling

from .cases import parsed


def burn(duration_s: float) -> None:
    """Keep one core busy for so much CPU time."""
    until = time.process_time() + duration_s
    while time.process_time() < until:
        pass


def test_the_first_reading_is_of_the_work_since_the_machine_was_made() -> None:
    machine = ProcessMachine(start_us=1000, interval_us=500)
    began, began_cpu = time.monotonic(), time.process_time()
    burn(0.25)
    used = time.process_time() - began_cpu
    sample = machine.read(busy_us=0, waiting=0)
    expected = 100 * used / (time.monotonic() - began)
    assert sample.cpu_percent == pytest.approx(expected, rel=0.25)
    assert sample.time_us == 1500
    assert machine.next_us == 2000


def test_memory_is_that_of_the_process_and_grows_with_it() -> None:
    before = memory_mb()
    held = bytearray(os.urandom(40_000_000))
    assert memory_mb() - before == pytest.approx(len(held) / 1e6, rel=0.2)
    page_mb = os.sysconf("SC_PAGE_SIZE") / 1e6
    resident = int(Path("/proc/self/statm").read_text().split()[1]) * page_mb
    assert memory_mb() == pytest.approx(resident, rel=0.05)


def test_cpu_time_counts_user_and_system() -> None:
    before = cpu_s()
    burn(0.1)
    assert cpu_s() - before >= 0.08
    assert cpu_s() == pytest.approx(time.process_time(), abs=0.1)


def test_disk_bytes_are_since_the_reading_before(tmp_path: Path) -> None:
    machine = ProcessMachine(start_us=0, interval_us=1)
    machine.read(busy_us=0, waiting=0)
    with (tmp_path / "file").open("wb") as file:
        file.write(bytes(3_000_000))
        file.flush()
        os.fsync(file.fileno())
    written = machine.read(busy_us=0, waiting=0).disk_write_bytes
    assert written == 0 or 3_000_000 <= written < 10_000_000  # 0 on a disk in memory
    assert machine.read(busy_us=0, waiting=0).disk_write_bytes == 0


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
