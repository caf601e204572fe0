"""The parts of a dataset, one after another: made now, or kept from an earlier call."""

import platform
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice, tee
from pathlib import Path

from simlab import __version__
from simlab.dataset.format import write_frame
from simlab.dataset.manifest import libraries
from simlab.engine.choice import Engine
from simlab.errors import SimlabError
from simlab.workload.draw import Drawn, part_rows
from simlab.workload.incidents import Trouble
from simlab.workload.load import Load
from simlab.workload.record import Record
from simlab.workload.slices import Part, acting, parts
from simlab.workload.workplace import Workplace


@dataclass(frozen=True)
class Made:
    """What the manifest says of a part; times are microseconds since the load began."""

    rows: int
    start_us: int
    end_us: int
    bytes: int
    sha256: str | None


@dataclass(frozen=True)
class Task:
    """A part to make, cut after `at_most` rows, with the troubles that may act on it."""

    part: Part
    at_most: int | None
    troubles: tuple[Trouble, ...]

    @classmethod
    def of(cls, load: Load, part: Part, at_most: int | None = None) -> "Task":
        """A part of a load."""
        return cls(part, at_most, acting(load, part))


@dataclass(frozen=True)
class Maker:
    """Makes parts of a load, wherever it is sent to; their troubles come with the tasks.

    All troubles of a large load would weigh more than all else that a worker needs.
    """

    load: Load
    place: Workplace
    versions: Mapping[str, str]

    def __call__(self, task: Task) -> Record:
        """Draw a part and write its rows.

        Raises:
            SimlabError: the libraries here are others than where it comes from.
            OSError: it cannot be written.
        """
        _refuse_other(self.versions)
        return self.place.write(task.part.index, partial(self._write, task))

    def _write(self, task: Task, path: Path) -> Drawn:
        load = replace(self.load, troubles=task.troubles)
        drawn, rows = part_rows(load, task.part, at_most=task.at_most)
        write_frame(rows, path, self.place.form, header=task.part.index == 0)
        return drawn


def made_parts(
    load: Load,
    place: Workplace,
    kept: Mapping[int, int],
    engine: Engine,
    *,
    workers: int,
    report: Callable[[int], None] | None,
) -> Iterator[Made]:
    """Part after part of a load, until it ends or has all its rows.

    Where the rows decide, the part that reaches their number is cut to fit, or made again if it
    was made before anyone could tell; and should too many batches end beyond the parts they fall
    due in, another part is made, here as well.

    Args:
        load: what is being made.
        place: where.
        kept: the parts that are there already, with how many rows they have.
        engine: makes the others.
        workers: as the engine takes it; no more than there are parts to make.
        report: told of all rows that are there so far.
    """
    make = Maker(replace(load, troubles=()), place, versions())
    left, done = _Left(load.rows_wanted), _Count(report, sum(kept.values()))
    every, again = tee(parts(load))
    tasks = _tasks(load, parts_needed(load, every), left, besides=kept)
    with closing(engine(make, tasks, workers=_useful(load, kept, workers))) as results:
        for part in again:
            record = place.record(part.index) if part.index in kept else next(results, None)
            record = record or make(Task.of(load, part, left.rows))
            if left.rows is not None and record.drawn.rows > left.rows:
                record = make(Task.of(load, part, left.rows))
            if part.index not in kept:
                done.add(record.drawn.rows)
            yield _made(record)
            if left.after(record.drawn.rows) == 0:
                break


def parts_needed(load: Load, every: Iterable[Part]) -> Iterator[Part]:
    """The parts of the load; by rows, as many as hold them: each batch has one or more.

    It may take another, for the batches that end beyond the part they fall due in.
    """
    due = 0
    for part in every:
        yield part
        due += part.batches
        if load.rows_wanted is not None and due >= load.rows_wanted:
            return


@dataclass
class _Left:
    """How many rows are still to come, None for all there are, after so many parts."""

    rows: int | None
    parts: int = 0

    def after(self, rows: int) -> int | None:
        """How many are, when another part of so many rows is there."""
        self.parts += 1
        self.rows = None if self.rows is None else self.rows - rows
        return self.rows


class _Count:
    """Tells how many rows there are; of those that are there at first, at once."""

    def __init__(self, report: Callable[[int], None] | None, rows: int) -> None:
        self._report = report
        self._rows = 0
        if rows:
            self.add(rows)

    def add(self, rows: int) -> None:
        self._rows += rows
        if self._report is not None:
            self._report(self._rows)


def _tasks(
    load: Load, needed: Iterator[Part], left: _Left, *, besides: Container[int]
) -> Iterator[Task]:
    """The parts still to make, cut to fit where all before them are known."""
    for part in needed:
        if part.index not in besides:
            yield Task.of(load, part, left.rows if left.parts == part.index else None)


def _useful(load: Load, kept: Container[int], workers: int) -> int:
    """How many workers have something to do; one, where there is nothing."""
    needed = (part for part in parts_needed(load, parts(load)) if part.index not in kept)
    return max(1, sum(1 for _ in islice(needed, workers)))


def _made(record: Record) -> Made:
    drawn = record.drawn
    return Made(drawn.rows, drawn.start_us, drawn.end_us, record.bytes, record.sha256)


def versions() -> dict[str, str]:
    """What the bytes depend on beside profile and seed, by name."""
    return {"simlab": __version__, **libraries()}


def _refuse_other(wanted: Mapping[str, str]) -> None:
    """Stop before bytes are made that others would not be.

    Raises:
        SimlabError: this process has other versions.
    """
    for name, here in versions().items():
        if here != wanted[name]:
            raise SimlabError(
                f"a worker on {platform.node()} has {name} {here}, not {wanted[name]}, so its "
                "bytes could differ; install the same there"
            )
