"""What happens by the clock: the machine is read, the bot goes down and comes up again."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from simlab.bot.crew import Crew, State
from simlab.bot.faults import Faults
from simlab.bot.ledger import NEVER
from simlab.bot.machine import Machine
from simlab.clock import Clock
from simlab.events import Observer

Watch: TypeAlias = Callable[[State], bool]
"""Is shown the bot's state at each reading of the machine, and says whether to stop there."""


class Ticks:
    """The moments to come at which the clock alone has something happen.

    Attributes:
        next_us: the first of them.
        workers: how many may work; fewer than none while the bot is down.
        enough: whether the watch has said to stop.
    """

    def __init__(
        self,
        crew: Crew,
        faults: Faults,
        clock: Clock,
        *,
        workers: int,
        machine: Machine | None = None,
        observers: Sequence[Observer] = (),
        watch: Watch | None = None,
        from_us: int = -NEVER,
    ) -> None:
        self.workers = self._all = workers
        self.enough = False
        self._crew, self._clock = crew, clock
        self._machine, self._observers, self._watch = machine, observers, watch
        self._switches = _switches(faults, from_us)
        self._booked_us = crew.worked_us(from_us)
        self._switch_us = next(self._switches)
        self.next_us = min(self._switch_us, self._sample_us)

    @property
    def _sample_us(self) -> int:
        return NEVER if self._machine is None else self._machine.next_us

    def happen(self, worked_us: int, arriving: int) -> int:
        """Let the next of them happen.

        Args:
            worked_us: how long attempts have worked that ended or were cut short.
            arriving: index of the batch that is the next to fall due.

        Returns:
            `worked_us`, with those that are cut short now.
        """
        if self._switch_us <= self._sample_us:
            worked_us += self._switch(self._switch_us)
            self._switch_us = next(self._switches)
        else:
            self._sample(worked_us)
            if self._watch is not None:
                self.enough = self._watch(self._crew.state(self.next_us, arriving))
        self.next_us = -NEVER if self.enough else min(self._switch_us, self._sample_us)
        return worked_us

    def _switch(self, now_us: int) -> int:
        """Down or up: how long attempts had worked that are cut short."""
        self._clock.sleep_until_us(now_us)
        if self.workers == self._all:
            self.workers = -1
            return self._crew.stop(now_us)
        self.workers = self._all
        self._crew.start(now_us)
        return 0

    def _sample(self, worked_us: int) -> None:
        """Read the machine; a bot that is down tells no one."""
        assert self._machine is not None
        now_us = self._machine.next_us
        self._clock.sleep_until_us(now_us)
        worked_us += self._crew.worked_us(now_us)
        busy_us = worked_us - self._booked_us
        reading = self._machine.read(busy_us=busy_us, waiting=len(self._crew.queue))
        self._booked_us = worked_us
        for observer in self._observers if self.workers == self._all else ():
            observer.emit(reading)


def _switches(faults: Faults, from_us: int) -> Iterator[int]:
    """When the bot goes down or comes up again, from a moment on when it is up; then never."""
    for down_us, up_us in faults.outages_us:
        if up_us > from_us:
            yield down_us
            yield up_us
    while True:
        yield NEVER
