"""What the process is read to use is what it uses."""

import os
import time
from pathlib import Path

import pytest

from simlab.telemetry.resources import ProcessMachine, cpu_s, memory_mb

from .cases import burn


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
