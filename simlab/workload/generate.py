"""A dataset on disk from a profile and a seed: part by part, complete or not at all."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import msgspec
import polars as pl

from simlab.clock import iso
from simlab.dataset.format import Format, format_of, join_parquet, write_frame
from simlab.dataset.manifest import Manifest, PartFile, part_file, write_manifest
from simlab.dataset.target import building, settle
from simlab.engine.local import map_in_order
from simlab.workload.dictionaries import dictionaries
from simlab.workload.draw import Beside, Drawn, beside, part_rows
from simlab.workload.load import Load, load_of
from simlab.workload.names import warehouse_names
from simlab.workload.profile import Profile
from simlab.workload.slices import Part, parts

Report = Callable[[int], None]
"""Is told how many rows have been made so far."""
PARQUET: Final = Format(kind="parquet", compression="uncompressed", suffix=".parquet")


@dataclass(frozen=True)
class Generated:
    """What `generate` left at `path`: how many rows and troubles, and the files."""

    path: Path
    rows: int
    incidents: int
    lookalikes: int
    files: tuple[Path, ...]


@dataclass(frozen=True)
class _Task:
    """A part to make in `folder`, cut after `at_most` rows."""

    load: Load
    part: Part
    folder: Path
    form: Format
    at_most: int | None = None

    @property
    def path(self) -> Path:
        return part_path(self.folder, self.part.index, self.form)


def generate(
    profile: Profile,
    *,
    seed: int,
    out: Path,
    workers: int = 1,
    incidents: bool = True,
    force: bool = False,
    report: Report | None = None,
) -> Generated:
    """Make the dataset that a profile and a seed name, complete or not at all.

    The bytes depend on the profile, the seed and the libraries' versions alone.

    Args:
        profile: the load.
        seed: 0 or more.
        out: a directory, or one file in the format that its ending names.
        workers: processes to work in.
        incidents: whether to inject the profile's incidents; look-alikes always come.
        force: replace what is at `out`.
        report: told of the rows made, part by part.

    Raises:
        ConfigError: the ending of `out` names no format.
        OutputError: something is at `out`, or it cannot be written.
    """
    form = format_of(out)
    load = load_of(profile, seed=seed, incidents=incidents)
    others = () if form.kind == "directory" else beside_paths(out, form).values()
    with building(out, force=force, beside=tuple(others)) as folder:
        make = partial(_Task, load, folder=folder, form=form)
        pieces = list(_made(load, make, workers=workers, report=report))
        tables = beside(load, pieces)
        if form.kind == "directory":
            parts_made = _directory(load, pieces, tables, folder, incidents=incidents)
            files = [out / part.path for part in parts_made]
            settle(folder, out)
        else:
            files = _single_file(load, pieces, tables, folder, out)
    benign = int(tables["incidents"]["lookalike"].sum())
    trouble = len(tables["incidents"]) - benign
    return Generated(out, sum(p.rows for p in pieces), trouble, benign, tuple(files))


def part_path(folder: Path, index: int, form: Format) -> Path:
    """Where a part's rows lie in a dataset's directory."""
    return folder / "rows" / f"part-{index:05}{form.suffix or PARQUET.suffix}"


def _made(
    load: Load, make: Callable[..., _Task], *, workers: int, report: Report | None
) -> Iterator[Drawn]:
    """Write part after part, until the load ends or has all its rows.

    Where the rows decide, the part that reaches their number is made again, cut to fit.
    """
    wanted, made = load.rows_wanted, 0
    todo = _parts_needed(load)
    tasks = (make(part, at_most=None if part.index else wanted) for part in todo)
    with closing(map_in_order(_write_part, tasks, workers=min(workers, len(todo)))) as results:
        for part, drawn in zip(todo, results, strict=True):
            if wanted is not None and made + drawn.rows > wanted:
                drawn = _write_part(make(part, at_most=wanted - made))  # noqa: PLW2901
            made += drawn.rows
            if report is not None:
                report(made)
            yield drawn
            if made == wanted:
                break
    _drop_later(make(part))


def _write_part(task: _Task) -> Drawn:
    """Draw a part and write its rows."""
    drawn, rows = part_rows(task.load, task.part, at_most=task.at_most)
    task.path.parent.mkdir(exist_ok=True)
    write_frame(rows, task.path, task.form, header=task.part.index == 0)
    return drawn


def _parts_needed(load: Load) -> list[Part]:
    """The parts of the load; by rows, as many as surely hold them: each batch has one or more.

    One more than that, for the batches that end beyond the part they fall due in.
    """
    needed: list[Part] = []
    due = 0
    for part in parts(load):
        needed.append(part)
        if load.rows_wanted is not None and due >= load.rows_wanted:
            break
        due += part.batches
    return needed


def _drop_later(task: _Task) -> None:
    """Remove parts that were made ahead and turned out to be beyond the last row."""
    for path in task.path.parent.iterdir():
        if path.name > task.path.name:  # the part's number is padded
            path.unlink()


def _directory(
    load: Load, pieces: Sequence[Drawn], tables: Beside, folder: Path, *, incidents: bool
) -> list[PartFile]:
    files = [
        part_file(part_path(folder, index, PARQUET), rows=piece.rows, root=folder)
        for index, piece in enumerate(pieces)
    ]
    for name, frame in _kept(load, tables):
        path = folder / f"{name}.parquet"
        write_frame(frame, path, PARQUET)
        files.append(part_file(path, rows=len(frame), root=folder))
    write_manifest(_manifest(load, pieces, files, incidents=incidents), folder)
    return files


def _manifest(
    load: Load, pieces: Sequence[Drawn], files: list[PartFile], *, incidents: bool
) -> Manifest:
    profile = load.profile
    ended = [piece for piece in pieces if piece.rows]
    return Manifest(
        rows=sum(piece.rows for piece in pieces),
        start=iso(profile.start_us + ended[0].start_us) if ended else None,
        end=iso(profile.start_us + ended[-1].end_us) if ended else None,
        seed=load.seed,
        profile=msgspec.to_builtins(profile),
        profile_sha256=profile.sha256,
        parts=files,
        incidents=incidents,
        warehouse_names=warehouse_names(profile, seed=load.seed),
        dictionaries=dictionaries(profile, seed=load.seed),
    )


def beside_paths(out: Path, form: Format) -> dict[str, Path]:
    """Where samples and incidents of a dataset in one file lie."""
    stem = out.name.removesuffix(form.suffix)
    return {name: out.with_name(f"{stem}.{name}{form.suffix}") for name in ("samples", "incidents")}


def _single_file(
    load: Load, pieces: Sequence[Drawn], tables: Beside, folder: Path, out: Path
) -> list[Path]:
    """Samples and incidents first, the rows last: they are what makes the dataset be there.

    What is replaced goes before that, so that no rows ever lie beside the truth of others.
    """
    form = format_of(out)
    made = folder / out.name
    _join([part_path(folder, index, form) for index in range(len(pieces))], made, form)
    places = beside_paths(out, form)
    kept = _kept(load, tables)
    for name, frame in kept:
        write_frame(frame, folder / places[name].name, form)
    for place in (out, *places.values()):
        if place.is_file():
            place.unlink()
    whole = [*(places[name] for name, _ in kept), out]
    for place in whole:
        settle(folder / place.name, place)
    return whole


def _kept(load: Load, tables: Beside) -> list[tuple[str, pl.DataFrame]]:
    """The tables to write; independent rows have nothing beside them."""
    if load.profile.shape == "rows":
        return []
    return [("samples", tables["samples"]), ("incidents", tables["incidents"])]


def _join(pieces: Sequence[Path], made: Path, form: Format) -> None:
    """One file of all parts. Text is laid end to end, packed text too: it allows for that."""
    if len(pieces) == 1:
        pieces[0].rename(made)
    elif form.kind == "parquet":
        join_parquet(pieces, made)
    else:
        with made.open("wb") as whole:
            for piece in pieces:
                with piece.open("rb") as part:
                    shutil.copyfileobj(part, whole, 1 << 20)
                piece.unlink()
