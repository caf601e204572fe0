"""A dataset put together: its parts with what lies beside them, moved to its place as one."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
import polars as pl

from simlab.clock import iso
from simlab.dataset.format import Format, write_frame
from simlab.dataset.manifest import Manifest, PartFile, part_file, write_manifest
from simlab.dataset.target import settle
from simlab.workload.dictionaries import dictionaries
from simlab.workload.draw import Beside
from simlab.workload.load import Load
from simlab.workload.names import warehouse_names
from simlab.workload.parts import Made
from simlab.workload.workplace import Workplace

PARQUET: Final = Format(kind="parquet", compression="uncompressed", suffix=".parquet")


def directory(
    load: Load, made: Sequence[Made], tables: Beside, place: Workplace
) -> tuple[Path, ...]:
    """Leave a directory of parts, tables and the manifest; gives the files, but for the last."""
    files = [_part_file(part, index, place) for index, part in enumerate(made)]
    for name, frame in _told(load, tables):
        path = place.dataset / f"{name}.parquet"
        write_frame(frame, path, PARQUET)
        files.append(part_file(path, rows=len(frame), root=place.dataset))
    write_manifest(_manifest(load, made, files, place.job), place.dataset)
    settle(place.dataset, place.out)
    return tuple(place.out / file.path for file in files)


def single_file(
    load: Load, made: Sequence[Made], tables: Beside, place: Workplace
) -> tuple[Path, ...]:
    """Samples and incidents first, the rows last: they are what makes the dataset be there.

    What is replaced goes before that, so that no rows ever lie beside the truth of others.
    """
    out, places = place.out, beside_paths(place.out, place.form)
    place.join(len(made))
    told = _told(load, tables)
    for name, frame in told:
        write_frame(frame, place.dataset / places[name].name, place.form)
    for path in (out, *places.values()):
        if path.is_file():
            path.unlink()
    files = (*(places[name] for name, _ in told), out)
    for path in files:
        settle(place.dataset / path.name, path)
    return files


def beside_paths(out: Path, form: Format) -> dict[str, Path]:
    """Where samples and incidents of a dataset in one file lie."""
    stem = out.name.removesuffix(form.suffix)
    return {name: out.with_name(f"{stem}.{name}{form.suffix}") for name in ("samples", "incidents")}


def _part_file(part: Made, index: int, place: Workplace) -> PartFile:
    """The entry for a part, from its record: a second look at a hundred gigabytes takes long."""
    assert part.sha256 is not None
    path = place.part(index).relative_to(place.dataset)
    return PartFile(path=str(path), rows=part.rows, bytes=part.bytes, sha256=part.sha256)


def _manifest(load: Load, made: Sequence[Made], files: list[PartFile], job: Manifest) -> Manifest:
    profile = load.profile
    ended = [part for part in made if part.rows]
    return msgspec.structs.replace(
        job,
        rows=sum(part.rows for part in made),
        start=iso(profile.start_us + ended[0].start_us) if ended else None,
        end=iso(profile.start_us + ended[-1].end_us) if ended else None,
        parts=files,
        warehouse_names=warehouse_names(profile, seed=load.seed),
        dictionaries=dictionaries(profile, seed=load.seed),
    )


def _told(load: Load, tables: Beside) -> list[tuple[str, pl.DataFrame]]:
    """The tables to write; independent rows have nothing beside them."""
    if load.profile.shape == "rows":
        return []
    return [("samples", tables["samples"]), ("incidents", tables["incidents"])]
