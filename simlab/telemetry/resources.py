"""Readings of the real process: CPU, memory, disk."""

import psutil

from simlab.events import Sample

_MB = 1_000_000


class ProcessMachine:
    """This process, read every `interval_us` of the run's time.

    CPU is in percent of one core, so several threads can exceed 100. Where the platform does
    not count a process's disk bytes they read as 0.
    """

    def __init__(self, *, start_us: int, interval_us: int) -> None:
        self.next_us = start_us + interval_us
        self._interval_us = interval_us
        self._process = psutil.Process()
        self._process.cpu_percent()  # the first reading has nothing to compare with
        self._disk = self._disk_bytes()

    def read(self, *, busy_us: int, waiting: int) -> Sample:
        """What the process used since the last reading; the bot's own books do not matter."""
        del busy_us, waiting
        before, self._disk = self._disk, self._disk_bytes()
        sample = Sample(
            time_us=self.next_us,
            cpu_percent=self._process.cpu_percent(),
            mem_usage_mb=round(memory_mb(self._process), 2),
            disk_read_bytes=max(0, self._disk[0] - before[0]),
            disk_write_bytes=max(0, self._disk[1] - before[1]),
        )
        self.next_us += self._interval_us
        return sample

    def _disk_bytes(self) -> tuple[int, int]:
        try:
            counters = self._process.io_counters()
        except (AttributeError, psutil.AccessDenied):
            return (0, 0)
        return (counters.read_bytes, counters.write_bytes)


def memory_mb(process: psutil.Process | None = None) -> float:
    """The memory that the process holds now [MB]."""
    return float((process or psutil.Process()).memory_info().rss / _MB)


def cpu_s() -> float:
    """The CPU time that this process has used, in user and kernel mode [s]."""
    times = psutil.Process().cpu_times()
    return float(times.user + times.system)
