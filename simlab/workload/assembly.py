"""A dataset put together: its parts with what lies beside them, moved to its place as one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import polars as pl

from simlab.clock import iso
from simlab.dataset.format import Format, write_frames
from simlab.dataset.manifest import Manifest, PartFile, part_file, write_manifest
from simlab.dataset.target import settle
from simlab.workload.dictionaries import dictionaries
from simlab.workload.load import Load
from simlab.workload.names import warehouse_names
from simlab.workload.parts import Made
from simlab.workload.workplace import Workplace

PARQUET: Final = Format(kind="parquet", compression="uncompressed", suffix=".parquet")


@dataclass(frozen=True)
class Table:
    """What lies beside the rows by that name, frame after frame."""

    name: str
    schema: dict[str, pl.DataType]
    frames: Iterable[pl.DataFrame]


def directory(
    load: Load, made: Sequence[Made], beside: Sequence[Table], place: Workplace
) -> tuple[Path, ...]:
    """Leave a directory of parts, tables and the manifest; gives the files, but for the last."""
    files = [_part_file(part, index, place) for index, part in enumerate(made)]
    for table in beside:
        path = place.dataset / f"{table.name}.parquet"
        rows = write_frames(table.frames, path, PARQUET, schema=table.schema)
        files.append(part_file(path, rows=rows, root=place.dataset))
    write_manifest(_manifest(load, made, files, place.job), place.dataset)
    settle(place.dataset, place.out)
    return tuple(place.out / file.path for file in files)


def single_file(
    made: Sequence[Made], beside: Sequence[Table], place: Workplace
) -> tuple[Path, ...]:
    """Samples and incidents first, the rows last: they are what makes the dataset be there.

    What is replaced goes before that, so that no rows ever lie beside the truth of others.
    """
    out, places = place.out, beside_paths(place.out, place.form)
    place.join(len(made))
    for table in beside:
        path = place.dataset / places[table.name].name
        write_frames(table.frames, path, place.form, schema=table.schema)
    for path in (out, *places.values()):
        if path.is_file():
            path.unlink()
    files = (*(places[table.name] for table in beside), out)
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
