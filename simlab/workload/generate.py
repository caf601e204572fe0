"""A dataset on disk from a profile and a seed: part by part, complete or not at all."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from simlab.dataset.format import format_of
from simlab.dataset.manifest import Manifest
from simlab.dataset.parquet import read_frame
from simlab.dataset.schema import INCIDENTS, SAMPLES, empty
from simlab.dataset.target import building
from simlab.engine.choice import EngineName, engine_of
from simlab.errors import OutputError
from simlab.workload.assembly import Table, beside_paths, directory, single_file
from simlab.workload.draw import Drawn, sample_frames, truth
from simlab.workload.job import already_made, job_of
from simlab.workload.load import Load, load_of
from simlab.workload.parts import made_parts
from simlab.workload.profile import Profile
from simlab.workload.workplace import Pieces, opened

Report = Callable[[int], None]
"""Is told how many rows have been made so far."""


@dataclass(frozen=True)
class Generated:
    """What `generate` left at `path`: how many rows and troubles, and the files.

    `kept` of the rows had been made already, by a call that this one went on from.
    """

    path: Path
    rows: int
    incidents: int
    lookalikes: int
    files: tuple[Path, ...]
    kept: int = 0


def generate(
    profile: Profile,
    *,
    seed: int,
    out: Path,
    workers: int = 1,
    engine: EngineName = "local",
    scheduler: str | None = None,
    incidents: bool = True,
    without: Collection[str] = (),
    force: bool = False,
    resume: bool = False,
    report: Report | None = None,
) -> Generated:
    """Make the dataset that a profile and a seed name, complete or not at all.

    The bytes depend on the profile, the seed and the libraries' versions alone.

    Args:
        profile: the load.
        seed: 0 or more.
        out: a directory, or one file in the format that its ending names.
        workers: processes to work in.
        engine: what runs them: `local`, or `dask` for a cluster.
        scheduler: the address of a Dask scheduler, whose workers see `out` under the same path;
            without, `dask` starts `workers` processes on this machine.
        incidents: whether to inject the profile's incidents; look-alikes always come.
        without: ids of incidents that are left out; all else is as with them.
        force: replace what is at `out`.
        resume: go on from what a call for the same dataset left when it was killed, and leave
            what there is when this one is interrupted or runs out of space. What is complete
            already stays as it is.
        report: told of the rows made, part by part; of those that are kept, at once.

    Raises:
        ConfigError: the ending of `out` names no format, there is a scheduler for `local`, or
            there is no incident of an id in `without`.
        OutputError: something is at `out`, it cannot be written, or what was begun there is
            another dataset.
        SimlabError: the engine cannot work.
    """
    form = format_of(out)
    chosen = engine_of(engine, scheduler=scheduler)
    load = load_of(profile, seed=seed, incidents=incidents, without=without)
    job = job_of(load, incidents=incidents, without=without)
    if resume and (found := already_made(out, job)):
        return _found(out, found)
    others = () if form.kind == "directory" else beside_paths(out, form).values()
    with (
        building(out, force=force, beside=tuple(others), resume=resume) as folder,
        opened(folder.absolute(), out, form, job) as place,
    ):
        kept = place.kept()
        with _shared(out) if scheduler else nullcontext():
            made = list(made_parts(load, place, kept, chosen, workers=workers, report=report))
        place.leave_only(len(made))
        pieces = Pieces(place, len(made))
        known = truth(load, pieces)
        tables = _beside(load, pieces, known)
        if form.kind == "directory":
            files = directory(load, made, tables, place)
        else:
            files = single_file(made, tables, place)
    rows, before = sum(part.rows for part in made), sum(kept.values())
    return _generated(out, files, known, rows=rows, kept=min(before, rows))


def _beside(load: Load, pieces: Sequence[Drawn], known: pl.DataFrame) -> list[Table]:
    """The tables to write; independent rows have nothing beside them."""
    if load.profile.shape == "rows":
        return []
    return [
        Table("samples", SAMPLES, sample_frames(load, pieces)),
        Table("incidents", INCIDENTS, [known]),
    ]


@contextmanager
def _shared(out: Path) -> Iterator[None]:
    """Say what a worker elsewhere needs.

    Raises:
        OutputError: one could not write.
    """
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"{out}: a worker cannot write there: {error.strerror or error}; "
            "the scheduler's machines must all have this folder, under the same path"
        ) from None


def _found(out: Path, made: Manifest) -> Generated:
    """What is complete already."""
    files = tuple(out / part.path for part in made.parts)
    told = out / "incidents.parquet"
    truth = read_frame(told) if told in files else empty(INCIDENTS)
    return _generated(out, files, truth, rows=made.rows, kept=made.rows)


def _generated(
    out: Path, files: tuple[Path, ...], truth: pl.DataFrame, *, rows: int, kept: int
) -> Generated:
    benign = int(truth["lookalike"].sum())
    return Generated(out, rows, len(truth) - benign, benign, files, kept)
