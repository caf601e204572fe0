"""The machine that the bot runs on, as the loop reads it."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from simlab.events import Attempt, Event, Sample


class Machine(Protocol):
    """Something whose CPU, memory and disk are read at even intervals."""

    @property
    def next_us(self) -> int:
        """When it is to be read next."""

    def read(self, *, busy_us: int, waiting: int) -> Sample:
        """Read it, and move on to the next interval.

        Args:
            busy_us: worker time spent since the reading before, over all workers.
            waiting: batches in the queue.
        """


@dataclass(frozen=True, kw_only=True)
class MachineModel:
    """What a simulated machine bears.

    Attributes:
        interval_us: from reading to reading.
        cpu_percent: without the bot's work, a value an interval; the last one goes on.
        mem_usage_mb: the same for memory.
        cpu_per_busy_worker: added for each worker busy all the interval [%].
        cpu_per_waiting_batch: added for each batch in the queue [%].
        mem_mb_per_waiting_batch: the same for memory.
        read_bytes_per_item: read from disk for each item of an attempt.
        write_bytes_per_item: written to disk.
    """

    interval_us: int
    cpu_percent: npt.NDArray[np.float64]
    mem_usage_mb: npt.NDArray[np.float64]
    cpu_per_busy_worker: float
    cpu_per_waiting_batch: float
    mem_mb_per_waiting_batch: float
    read_bytes_per_item: float
    write_bytes_per_item: float


class SimulatedMachine:
    """A machine in virtual time: what it does by itself, and the bot's work on top.

    It observes attempts, to book the items they read and write.
    """

    def __init__(self, load: MachineModel, *, start_us: int, read_us: int | None = None) -> None:
        """A machine since `start_us`, at the moment of its reading at `read_us`, if it is told."""
        self._load = load
        self._index = 0 if read_us is None else (read_us - start_us) // load.interval_us
        self.next_us = start_us + (self._index + 1) * load.interval_us
        self._items = 0

    def emit(self, event: Event) -> None:
        """Book an attempt's items."""
        if type(event) is Attempt:
            self._items += event.batch_size

    def read(self, *, busy_us: int, waiting: int) -> Sample:
        """CPU is cut at 100 %; both it and memory grow with the queue."""
        load = self._load
        index = min(self._index, len(load.cpu_percent) - 1)
        cpu = load.cpu_percent[index] + load.cpu_per_busy_worker * busy_us / load.interval_us
        cpu += load.cpu_per_waiting_batch * waiting
        mem_mb = float(load.mem_usage_mb[index]) + load.mem_mb_per_waiting_batch * waiting
        sample = Sample(
            time_us=self.next_us,
            cpu_percent=round(float(min(max(cpu, 0.0), 100.0)), 2),
            mem_usage_mb=round(mem_mb, 2),
            disk_read_bytes=round(self._items * load.read_bytes_per_item),
            disk_write_bytes=round(self._items * load.write_bytes_per_item),
        )
        self._items = 0
        self._index += 1
        self.next_us += load.interval_us
        return sample
