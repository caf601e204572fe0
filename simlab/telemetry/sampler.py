"""The machine read once a second, in a thread of its own."""

import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from statistics import fmean
from threading import Event, Thread
from typing import Final

from simlab.telemetry.resources import Probe, Reading

EVERY_S: Final = 1.0
_MOST_UNREAD: Final = 3600
_STOPPED_S: Final = 5.0


class Sampler:
    """Reads the machine now and then in a thread of its own, so that no bot waits for it.

    Args:
        tell: is told of each reading, in that thread.
        every_s: the time from one reading to the next [s].

    Attributes:
        failed: readings that could not be taken, or that `tell` raised for.
    """

    def __init__(self, tell: Callable[[Reading], None], *, every_s: float = EVERY_S) -> None:
        self._tell = tell
        self._every_s = every_s
        self._stopped = Event()
        self._thread = Thread(target=self._work, name="simlab-sampler", daemon=True)
        self._unread: deque[Reading] = deque(maxlen=_MOST_UNREAD)
        self._last = _UNREAD
        self.failed = 0

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """Read no more; the thread is gone afterwards."""
        self._stopped.set()
        self._thread.join(_STOPPED_S)

    def read(self) -> Reading:
        """What was used since this was last called: the mean CPU, the sum of bytes.

        Where no reading came since, CPU and memory are the last ones, NaN before the first.
        """
        unread = [self._unread.popleft() for _ in range(len(self._unread))]
        if not unread:
            return replace(self._last, disk_read_bytes=0, disk_write_bytes=0)
        self._last = _together(unread)
        return self._last

    def _work(self) -> None:
        probe: Probe | None = None
        begins = True
        while begins or not self._stopped.wait(self._every_s):
            try:
                if probe is None:
                    probe = Probe()  # made here, in the thread that reads
                    continue
                reading = probe.read()
                self._unread.append(reading)
                self._tell(reading)
            except Exception:  # noqa: BLE001  # telemetry never stops a bot
                self.failed += 1
            finally:
                begins = False


@contextmanager
def sampling(tell: Callable[[Reading], None], *, every_s: float = EVERY_S) -> Iterator[Sampler]:
    """A sampler at work until the block ends."""
    sampler = Sampler(tell, every_s=every_s)
    sampler.start()
    try:
        yield sampler
    finally:
        sampler.stop()


def _together(readings: Sequence[Reading]) -> Reading:
    """Several readings, equally far apart, as one."""
    return replace(
        readings[-1],
        cpu_percent=fmean(reading.cpu_percent for reading in readings),
        host_cpu_percent=fmean(reading.host_cpu_percent for reading in readings),
        disk_read_bytes=sum(reading.disk_read_bytes for reading in readings),
        disk_write_bytes=sum(reading.disk_write_bytes for reading in readings),
    )


_UNREAD: Final = Reading(
    cpu_percent=math.nan, host_cpu_percent=math.nan, mem_usage_mb=math.nan,
    disk_read_bytes=0, disk_write_bytes=0,
)  # fmt: skip
