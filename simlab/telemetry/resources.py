"""Readings of the real process and its machine: CPU, memory, disk."""

import math
from dataclasses import dataclass
from typing import Final, Protocol

import psutil

from simlab.events import Sample
from simlab.telemetry.cgroup import Limits, limits

_MB: Final = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What the process and its machine did since the reading before.

    Attributes:
        cpu_percent: the process's CPU [%], 100 being one core.
        host_cpu_percent: the machine's CPU [%], 100 being all its cores.
        mem_usage_mb: the process's memory [MB].
        disk_read_bytes: what the process read; 0 where the platform does not count it.
        disk_write_bytes: what it wrote.
        cpu_limit_cores: what a control group lets it use; NaN without a limit.
        mem_limit_bytes: likewise of memory.
    """

    cpu_percent: float
    host_cpu_percent: float
    mem_usage_mb: float
    disk_read_bytes: int
    disk_write_bytes: int
    cpu_limit_cores: float = math.nan
    mem_limit_bytes: float = math.nan


class Probe:
    """Reads this process and its machine; what it gives is since the reading before.

    psutil's first CPU reading in each thread is 0, so a probe is made and used in one thread.
    """

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._process.cpu_percent()  # the first reading has nothing to compare with
        psutil.cpu_percent()
        self._disk = self._disk_bytes()
        self._limits: Limits = limits()

    def read(self) -> Reading:
        """What was used since the last reading, or since the probe was made."""
        before, self._disk = self._disk, self._disk_bytes()
        return Reading(
            cpu_percent=self._process.cpu_percent(),
            host_cpu_percent=psutil.cpu_percent(),
            mem_usage_mb=round(memory_mb(self._process), 2),
            disk_read_bytes=max(0, self._disk[0] - before[0]),
            disk_write_bytes=max(0, self._disk[1] - before[1]),
            cpu_limit_cores=self._limits.cpu_cores,
            mem_limit_bytes=self._limits.mem_bytes,
        )

    def _disk_bytes(self) -> tuple[int, int]:
        try:
            counters = self._process.io_counters()
        except (AttributeError, psutil.AccessDenied):
            return (0, 0)
        return (counters.read_bytes, counters.write_bytes)


class Readings(Protocol):
    """Where the machine's readings come from."""

    def read(self) -> Reading:
        """What was used since the last reading."""


class ProcessMachine:
    """This process, read every `interval_us` of the run's time, for the log.

    Args:
        start_us: when the run begins.
        interval_us: of the run's time.
        readings: a sampler, whose readings are used; by default the process is read by whoever
            calls, which takes a fifth of a millisecond or so.
    """

    def __init__(
        self, *, start_us: int, interval_us: int, readings: Readings | None = None
    ) -> None:
        self.next_us = start_us + interval_us
        self._interval_us = interval_us
        self._readings: Readings = Probe() if readings is None else readings

    def read(self, *, busy_us: int, waiting: int) -> Sample:
        """What the process used since the last reading; the bot's own books do not matter."""
        del busy_us, waiting
        reading = self._readings.read()
        sample = Sample(
            time_us=self.next_us,
            cpu_percent=reading.cpu_percent,
            mem_usage_mb=reading.mem_usage_mb,
            disk_read_bytes=reading.disk_read_bytes,
            disk_write_bytes=reading.disk_write_bytes,
        )
        self.next_us += self._interval_us
        return sample


def memory_mb(process: psutil.Process | None = None) -> float:
    """The memory that the process holds now [MB]."""
    return float((process or psutil.Process()).memory_info().rss / _MB)


def cpu_s() -> float:
    """The CPU time that this process has used, in user and kernel mode [s]."""
    times = psutil.Process().cpu_times()
    return float(times.user + times.system)
