"""The paired run: the same load with one trouble and without it, and where the two differ.

The run without a trouble is simulated in virtual time. It goes on from the state in which the
bot was just before the trouble began, and ends when it is in the state again in which the bot was
at that moment: from there on the two could not differ. So each trouble costs what it reaches, and
not a whole run. What states the bot was in is found by going through its run once more, told to
no one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import polars as pl

from simlab.bot.crew import State
from simlab.bot.ledger import NEVER, Ledger
from simlab.bot.loop import work
from simlab.bot.machine import MachineModel, SimulatedMachine
from simlab.bot.ticks import Watch
from simlab.clock import VirtualClock
from simlab.dataset.recorder import frame_of
from simlab.dataset.schema import ROWS, SAMPLES
from simlab.events import Attempt, Event, Observer, Sample
from simlab.run.plan import Plan
from simlab.run.strikes import Strikes
from simlab.workload.calm import Calm
from simlab.workload.fate import VISIBLE_SLOWDOWN
from simlab.workload.incidents import Trouble
from simlab.workload.samples import VISIBLE_CPU, VISIBLE_MEM

Span: TypeAlias = tuple[int, int]
_ATTEMPT: Final = ("batch_id", "attempt")


@dataclass(frozen=True)
class _World:
    """All that two paired runs have in common."""

    calm: Calm
    ledger: Ledger
    machine: MachineModel
    workers: int
    start_us: int
    shift_us: int

    @classmethod
    def of(cls, plan: Plan) -> "_World":
        """The world of a run whose load's trouble acts on the bot."""
        assert plan.calm is not None
        return cls(
            plan.calm,
            Ledger.of(plan.batches),
            plan.machine_model(),
            plan.workers,
            plan.start_us,
            plan.shift_us,
        )

    def strikes(self, troubles: Sequence[Trouble]) -> Strikes:
        return Strikes(self.calm, troubles, shift_us=self.shift_us)

    def times_us(self, trouble: Trouble) -> Span:
        """When a trouble is at work in this run."""
        origin_us = self.calm.load.profile.start_us + self.shift_us
        return origin_us + round(trouble.start_s * 1e6), origin_us + round(trouble.end_s * 1e6)

    def run(
        self,
        strikes: Strikes,
        watch: Watch,
        *,
        since: State | None = None,
        observers: Sequence[Observer] = (),
    ) -> None:
        """Have the bot work from a state on until the watch stops it."""
        read_us = None if since is None else since.time_us
        work(
            self.ledger,
            workers=self.workers,
            clock=VirtualClock(self.start_us),
            observers=observers,
            machine=SimulatedMachine(self.machine, start_us=self.start_us, read_us=read_us),
            faults=strikes,
            since=since,
            watch=watch,
        )
        strikes.undo(self.ledger)


class _Notes:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self._events: list[Event] = []

    def emit(self, event: Event) -> None:
        """Keep an event."""
        self._events.append(event)

    def rows(self) -> pl.DataFrame:
        """The attempts."""
        return frame_of([each for each in self._events if isinstance(each, Attempt)], ROWS)

    def samples(self) -> pl.DataFrame:
        """The samples."""
        return frame_of([each for each in self._events if isinstance(each, Sample)], SAMPLES)


class _Marks:
    """What of a whole run's states is needed later: one before each trouble, a mark of each."""

    def __init__(self, starts_us: Sequence[int]) -> None:
        self.before: dict[int, State | None] = {}
        self.marks: dict[int, int] = {}
        self._starts_us = sorted(starts_us)
        self._last: State | None = None

    def see(self, state: State) -> bool:
        """Keep what is needed of a state."""
        self.marks[state.time_us] = hash(state)
        while self._starts_us and state.time_us >= self._starts_us[0]:
            self.before[self._starts_us.pop(0)] = self._last
        self._last = state
        return False

    def since(self, start_us: int) -> State | None:
        """The last state before a trouble's start; None when nothing had begun."""
        return self.before.get(start_us, self._last)


class _Reunion:
    """Waits until a run is in the same state as the other was, once the trouble is over.

    Attributes:
        time_us: when it was; `NEVER` while it has not been.
    """

    def __init__(self, marks: dict[int, int], over_us: int) -> None:
        self.time_us = NEVER
        self._marks = marks
        self._over_us = over_us

    def see(self, state: State) -> bool:
        """Whether the runs are one again."""
        if state.time_us < self._over_us or self._marks.get(state.time_us) != hash(state):
            return False
        self.time_us = state.time_us
        return True


def simulated_rows(plan: Plan) -> pl.DataFrame:
    """The attempts of the same run in virtual time, in which nothing but trouble differs."""
    world, notes = _World.of(plan), _Notes()
    strikes = world.strikes(world.calm.load.troubles)
    world.run(strikes, lambda _: False, observers=[notes])
    return notes.rows()


def visible_spans(plan: Plan, rows: pl.DataFrame, samples: pl.DataFrame | None) -> dict[str, Span]:
    """From when to when each trouble made the bot do otherwise than it would have without it.

    An attempt shows a trouble that made it, from due to done, at least a tenth longer, or that
    changed how it ended, or had it made at all. A sample shows one that moved the bot's part of
    the CPU by 5 points or of the memory by a tenth. A bot that is down shows it from the start.
    Troubles that act on nothing of the bot's have no entry, nor have those that showed nowhere.

    Args:
        plan: of the run, of a load whose trouble acts on the bot.
        rows: what it left, in the order of time.
        samples: the same of the simulated machine; None where it was a real one.
    """
    world = _World.of(plan)
    last_us = -NEVER if rows.is_empty() else int(rows["timestamp"].to_physical()[-1])
    troubles = [
        trouble
        for trouble in world.calm.load.troubles
        if (trouble.effect.on_attempts or trouble.effect.down)
        and world.times_us(trouble)[0] <= last_us  # what begins later shows nowhere
    ]
    marks = _Marks([world.times_us(trouble)[0] for trouble in troubles])
    world.run(world.strikes(world.calm.load.troubles), marks.see)
    whole = (rows, samples)
    return {
        trouble.id: span
        for trouble in troubles
        for span in _difference(world, trouble, whole, marks)
    }


def _difference(
    world: _World,
    trouble: Trouble,
    whole: tuple[pl.DataFrame, pl.DataFrame | None],
    marks: _Marks,
) -> Iterator[Span]:
    """The stretch in which a trouble showed, if it did."""
    start_us, end_us = world.times_us(trouble)
    others = [each for each in world.calm.load.troubles if each is not trouble]
    without = _Notes()
    reunion, since = _Reunion(marks.marks, end_us), marks.since(start_us)
    world.run(world.strikes(others), reunion.see, since=since, observers=[without])
    rows, samples = whole
    apart_us = (-NEVER if since is None else since.time_us, reunion.time_us)
    times = [_changed_rows(_within(rows, apart_us), without.rows())]
    if samples is not None:
        times.append(_changed_samples(samples, without.samples(), world.machine))
    shown_us = pl.concat(times)
    if len(shown_us):
        first_us, last_us = shown_us.min(), shown_us.max()
        assert isinstance(first_us, int)
        assert isinstance(last_us, int)
        yield start_us if trouble.effect.down else first_us, last_us


def _within(rows: pl.DataFrame, span_us: Span) -> pl.DataFrame:
    """The rows that end from one moment to before another; they are in the order of time."""
    first, last = rows["timestamp"].to_physical().search_sorted(np.array(span_us))
    return rows.slice(first, last - first)


def _changed_rows(rows: pl.DataFrame, without: pl.DataFrame) -> pl.Series:
    """When attempts ended that show the trouble [us]."""
    columns = (*_ATTEMPT, "status", "duration", "queue_wait")
    both = rows.join(without.select(columns), on=_ATTEMPT, how="left", suffix="_without")
    age_s = pl.col("duration") + pl.col("queue_wait")
    usual_s = pl.col("duration_without") + pl.col("queue_wait_without")
    shows = (
        pl.col("status_without").is_null()
        | (pl.col("status") != pl.col("status_without"))
        | (age_s >= VISIBLE_SLOWDOWN * usual_s)
    )
    return both.filter(shows)["timestamp"].to_physical()


def _changed_samples(
    samples: pl.DataFrame, without: pl.DataFrame, machine: MachineModel
) -> pl.Series:
    """When samples were taken that show the trouble in the bot's own part [us]."""
    both = samples.join(without, on="timestamp", suffix="_without")
    cpu = (pl.col("cpu_percent") - pl.col("cpu_percent_without")).abs() >= VISIBLE_CPU
    usual_mb = float(machine.mem_usage_mb.mean())
    mem = (pl.col("mem_usage_mb") - pl.col("mem_usage_mb_without")).abs() >= VISIBLE_MEM * usual_mb
    return both.filter(cpu | mem)["timestamp"].to_physical()
