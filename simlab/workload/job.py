"""What a call of `generate` is to make: the part of the manifest that is known beforehand."""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from simlab.dataset.manifest import FILE, Manifest
from simlab.workload.load import Load

_NOT_COMPARED: Final = {
    "rows", "start", "end", "parts", "warehouse_names", "dictionaries", "run", "profile",
}  # fmt: skip
"""What a manifest says of what was made, not of what was to be; the profile has its hash."""


def job_of(load: Load, *, incidents: bool, without: Collection[str] = ()) -> Manifest:
    """The manifest of a load before anything of it is made."""
    profile = load.profile
    return Manifest(
        rows=0,
        start=None,
        end=None,
        seed=load.seed,
        profile=msgspec.to_builtins(profile),
        profile_sha256=profile.sha256,
        parts=[],
        incidents=incidents,
        without=sorted(without),
    )


def write_job(job: Manifest, path: Path, *, by_way_of: Path) -> None:
    """Write a job by way of another file, so that it is there whole or not at all."""
    by_way_of.write_bytes(msgspec.json.encode(job))
    by_way_of.replace(path)


def read_job(path: Path) -> Manifest | None:
    """The job at `path`; None if there is none, or it is not one of this version's."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Manifest)
    except (FileNotFoundError, NotADirectoryError, msgspec.DecodeError):
        return None


def difference(theirs: Manifest, ours: Manifest) -> str | None:
    """The first thing by which one job, or what came of it, is not the other, in a few words."""
    return next(_differences(_facts(theirs), _facts(ours)), None)


def already_made(out: Path, job: Manifest) -> Manifest | None:
    """The manifest of the dataset in directory `out`, if it is whole and what the job asks for."""
    made = read_job(out / FILE)
    if made is None or made.run is not None or difference(made, job) is not None:
        return None
    whole = all(_size(out / part.path) == part.bytes for part in made.parts)
    return made if whole else None


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.is_file() else None


def _facts(job: Manifest) -> dict[str, Any]:
    """All that the bytes depend on, by what to call it; the profile by its name and its hash."""
    told = msgspec.structs.asdict(job)
    named = {"profile": (job.profile or {}).get("name"), **told.pop("libraries")}
    return {**{name: told[name] for name in told.keys() - _NOT_COMPARED}, **named}


def _differences(theirs: dict[str, Any], ours: dict[str, Any]) -> Iterator[str]:
    for name in sorted(ours):
        if theirs.get(name) != ours[name]:
            told = name.replace("_", " ")
            yield f"{told} {_short(theirs.get(name))}, not {_short(ours[name])}"


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 40 else f"{text[:12]}…"
