"""The paired run: the same load with one trouble and without it, and where the two differ.

Both are simulated in virtual time. The run without a trouble goes on from the state in which the
other was just before it began, and ends when both are in the same state again: from there on they
could not differ. So each trouble costs what it reaches, and not a whole run.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import polars as pl

from simlab.bot.crew import State
from simlab.bot.ledger import Ledger
from simlab.bot.loop import work
from simlab.bot.machine import MachineModel, SimulatedMachine
from simlab.clock import VirtualClock
from simlab.dataset.batches import Batches
from simlab.dataset.recorder import Recorder
from simlab.dataset.schema import Dataset
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

    def strikes(self, troubles: Sequence[Trouble]) -> Strikes:
        return Strikes(self.calm, troubles, shift_us=self.shift_us)

    def times_us(self, trouble: Trouble) -> Span:
        """When a trouble is at work in this run."""
        origin_us = self.calm.load.profile.start_us + self.shift_us
        return origin_us + round(trouble.start_s * 1e6), origin_us + round(trouble.end_s * 1e6)

    def run(
        self, strikes: Strikes, watch: "_Marks | _Reunion", since: State | None = None
    ) -> Dataset:
        """What the bot does, and the machine reads, from a state on until the watch stops it."""
        recorder = Recorder()
        read_us = None if since is None else since.time_us
        machine = SimulatedMachine(self.machine, start_us=self.start_us, read_us=read_us)
        work(
            self.ledger,
            workers=self.workers,
            clock=VirtualClock(self.start_us),
            observers=(recorder, machine),
            machine=machine,
            faults=strikes,
            since=since,
            watch=watch.see,
        )
        strikes.undo(self.ledger)
        return Dataset(name="paired", rows=recorder.rows(), samples=recorder.samples())


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
        while self._starts_us and state.time_us > self._starts_us[0]:
            self.before[self._starts_us.pop(0)] = self._last
        self._last = state
        return False

    def since(self, start_us: int) -> State | None:
        """The last state up to a trouble's start; None when nothing had begun."""
        return self.before.get(start_us, self._last)


class _Reunion:
    """Waits until a run is in the same state as the other was, once the trouble is over."""

    def __init__(self, marks: dict[int, int], over_us: int) -> None:
        self._marks = marks
        self._over_us = over_us

    def see(self, state: State) -> bool:
        """Whether the runs are one again."""
        if state.time_us < self._over_us:
            return False
        return self._marks.get(state.time_us) == hash(state)


def visible_spans(
    calm: Calm,
    batches: Batches,
    machine: MachineModel,
    *,
    workers: int,
    start_us: int,
    shift_us: int,
    samples: bool,
) -> dict[str, Span]:
    """From when to when each trouble made the bot do otherwise than it would have without it.

    An attempt shows a trouble that made it, from due to done, at least a tenth longer, or that
    changed how it ended, or had it made at all. A sample shows one that moved the bot's part of
    the CPU by 5 points or of the memory by a tenth. A bot that is down shows it from the start.
    Troubles that act on nothing of the bot's have no entry, nor have those that showed nowhere.

    Args:
        calm: the load.
        batches: those of its batches that are run, when they are due.
        machine: that the bot runs on.
        workers: bots side by side.
        start_us: when the run begins [us since 1970].
        shift_us: how much later that is than planned.
        samples: whether samples count.
    """
    world = _World(calm, Ledger.of(batches), machine, workers, start_us, shift_us)
    troubles = [t for t in calm.load.troubles if t.effect.on_attempts or t.effect.down]
    marks = _Marks([world.times_us(trouble)[0] for trouble in troubles])
    whole = world.run(world.strikes(calm.load.troubles), marks)
    return {
        trouble.id: span
        for trouble in troubles
        for span in _difference(world, trouble, whole, marks, samples=samples)
    }


def _difference(
    world: _World, trouble: Trouble, whole: Dataset, marks: _Marks, *, samples: bool
) -> Iterator[Span]:
    """The stretch in which a trouble showed, if it did."""
    start_us, end_us = world.times_us(trouble)
    since = marks.since(start_us)
    others = [each for each in world.calm.load.troubles if each is not trouble]
    without = world.run(world.strikes(others), _Reunion(marks.marks, end_us), since)
    times = [_changed_rows(_beside(whole.rows, without.rows), without.rows)]
    if samples and whole.samples is not None and without.samples is not None:
        times.append(_changed_samples(whole.samples, without.samples, world.machine))
    shown_us = pl.concat(times)
    if len(shown_us):
        first_us, last_us = shown_us.min(), shown_us.max()
        assert isinstance(first_us, int)
        assert isinstance(last_us, int)
        yield start_us if trouble.effect.down else first_us, last_us


def _beside(rows: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    """The rows from the time that others span."""
    if others.is_empty():
        return rows.clear()
    times = rows["timestamp"]
    first = times.search_sorted(others["timestamp"][0], side="left")
    last = times.search_sorted(others["timestamp"][-1], side="right")
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
