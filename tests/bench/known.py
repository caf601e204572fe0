"""Stacks whose cost is known, and measurements made up of known figures."""

from pathlib import Path
from typing import Any, ClassVar

import msgspec

from simlab.bench.job import Measured
from simlab.bench.machine import Machine
from simlab.bench.rounds import Settings
from simlab.bench.stacks.default import Default
from simlab.bench.study import AGAIN, BASE, Study
from simlab.clock import timer_ns
from simlab.events import Attempt


def busy(wait_ns: int) -> None:
    """Keep the processor busy for so long, and up to one look at the clock longer."""
    until_ns = timer_ns() + wait_ns
    while timer_ns() < until_ns:
        pass


class Busy0:
    """Is busy for a known time at each event, and does nothing else."""

    dropped = 0
    wait_ns: ClassVar[int] = 0

    def __init__(self, folder: Path) -> None: ...

    def emit(self, event: Attempt) -> None:
        busy(self.wait_ns)

    def drain(self) -> None: ...

    def close(self) -> None: ...


def name_of(stack: type) -> str:
    """What the catalogue finds the stack by."""
    return f"{stack.__module__}:{stack.__qualname__}"


class Busy1(Busy0):
    wait_ns = 1_000


class Busy5(Busy0):
    wait_ns = 5_000


class Busy20(Busy0):
    wait_ns = 20_000


class Busy50(Busy0):
    wait_ns = 50_000


class Sound(Default):
    """The default stack."""


class Delayed(Default):
    """The default stack with 5 microseconds planted in it."""

    def emit(self, event: Attempt) -> None:
        busy(5_000)
        super().emit(event)


class Broken(Busy0):
    """Cannot take an event."""

    def emit(self, event: Attempt) -> None:
        raise RuntimeError("no room")


def measured(cost_ns: float, **other: Any) -> Measured:
    """One process's figures where every time is the same."""
    fields = dict.fromkeys(Measured.__struct_fields__, cost_ns)
    return Measured(**{**fields, "events": 1000, "dropped": 0, **other})


MACHINE = Machine(
    id="0" * 12, cpu="A chip", cores=2, memory_gb=8.0, system="Linux 6", python="CPython 3.11.7",
    simlab="0.1.0", libraries={"numpy": "2.4.0", "structlog": "25.1.0"},
)  # fmt: skip


def study_of(**costs_ns: list[float]) -> Study:
    """A study in which stacks cost so much in each round; plain 10,000 ns, twice, by default."""
    rounds = len(next(iter(costs_ns.values()), [0.0] * 5))
    base = [10_000.0 + 10 * nth for nth in range(rounds)]
    told = {BASE: base, AGAIN: base[::-1], **costs_ns}
    return Study(
        machine=MACHINE,
        settings=Settings(rounds=rounds, events=1000, paced_events=10, seed=7),
        stacks={name: [measured(cost) for cost in costs] for name, costs in told.items()},
    )


def elsewhere(study: Study, **changes: Any) -> Study:
    """The same study on a machine that differs."""
    machine = msgspec.structs.replace(study.machine, **changes)
    return msgspec.structs.replace(study, machine=machine)
