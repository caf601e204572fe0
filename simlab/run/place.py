"""The run directory: made at the start, complete at the end, or gone."""

import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec
import polars as pl

from simlab.clock import iso
from simlab.dataset.format import format_of, write_frame
from simlab.dataset.manifest import Manifest, PartFile, RunFacts, part_file, write_manifest
from simlab.dataset.schema import Dataset
from simlab.dataset.target import refuse_existing, refuse_foreign
from simlab.errors import OutputError
from simlab.run.relay import LOG
from simlab.workload.source import Source


@contextmanager
def directory(out: Path, *, force: bool) -> Iterator[Path]:
    """The run directory, there from the start so that its log can be followed.

    It goes away again when the run fails, and what it was to replace comes back; its manifest
    comes last, and makes it complete.
    """
    refuse_existing(out, force=force)
    place = out.resolve()
    if Path.cwd().is_relative_to(place):
        raise OutputError(f"{out}: holds the current directory; choose another --out")
    if out.is_file():
        raise OutputError(f"{out}: is a file, and a run leaves a directory; choose another --out")
    if not (out / LOG).exists():  # else it is what a run left that did not end
        refuse_foreign(out)
    aside = place.with_name(f".{place.name}.replaced")
    try:
        _refuse_busy(place)
        _set_aside(place, aside)
        place.mkdir(parents=True)
        lock = _locked(place)
    except OSError as error:
        reason = error.strerror
        raise OutputError(f"{out}: cannot be made: {reason}; choose another --out") from None
    try:
        yield out
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        if aside.exists():
            aside.rename(place)
        raise
    finally:
        os.close(lock)
    _remove(aside)


def _refuse_busy(place: Path) -> None:
    """Stop before the directory of a run that still goes on is taken from it."""
    if place.is_dir():
        os.close(_locked(place))


def _locked(place: Path) -> int:
    """The directory's lock, which the system drops when this process ends."""
    lock = os.open(place, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        message = f"{place}: another run writes there now; wait, or choose another --out"
        raise OutputError(message) from None
    return lock


def _set_aside(place: Path, aside: Path) -> None:
    """Move what is at a place aside; what a killed run left there goes, and what it replaced stays."""
    if aside.exists():
        _remove(place)
    elif place.exists():
        place.rename(aside)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _troubled(dataset: Dataset) -> bool:
    """Whether the truth knows of trouble; look-alikes are none."""
    return dataset.incidents is not None and not dataset.incidents["lookalike"].all()


def leave(
    folder: Path,
    source: Source,
    dataset: Dataset,
    facts: RunFacts,
    kpis: Mapping[str, float],
    *,
    exposition: bytes,
) -> None:
    """Write what a run directory holds beside the log and the alerts; the manifest comes last.

    Args:
        folder: the run directory.
        source: what was run.
        dataset: what the bot did.
        facts: how the run came about.
        kpis: its figures.
        exposition: what a scrape would get at its end.

    Raises:
        OutputError: it cannot be written.
    """
    tables = {"rows": dataset.rows, "samples": dataset.samples, "incidents": dataset.incidents}
    try:
        files = [
            _written(folder, f"{name}.parquet", table)
            for name, table in tables.items()
            if table is not None
        ]
        (folder / "kpis.json").write_bytes(msgspec.json.format(msgspec.json.encode(kpis)))
        (folder / "metrics.prom").write_bytes(exposition)
        write_manifest(_manifest(source, dataset, files, facts), folder)
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(f"{folder}: cannot be written: {reason}; choose another --out") from None


def _manifest(source: Source, dataset: Dataset, files: list[PartFile], facts: RunFacts) -> Manifest:
    times_us = dataset.rows["timestamp"].to_physical()
    profile = None if source.seed is None else source.profile
    return Manifest(
        rows=len(dataset.rows),
        start=iso(times_us[0]) if len(times_us) else None,
        end=iso(times_us[-1]) if len(times_us) else None,
        seed=source.seed,
        profile=None if profile is None else msgspec.to_builtins(profile),
        profile_sha256=None if profile is None else profile.sha256,
        parts=files,
        incidents=_troubled(source.dataset),
        warehouse_names=list(source.warehouse_names),
        dictionaries=source.dictionaries,
        run=facts,
    )


def _written(folder: Path, name: str, table: pl.DataFrame) -> PartFile:
    path = folder / name
    write_frame(table, path, format_of(path))
    return part_file(path, rows=len(table), root=folder)
