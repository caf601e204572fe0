"""What a dataset says about itself, so that anyone can make it again and check it."""

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from simlab import __version__
from simlab.dataset.dictionaries import NO_DICTIONARIES, Dictionaries
from simlab.dataset.schema import SCHEMA_VERSION
from simlab.dataset.target import MARK
from simlab.errors import InputError

LIBRARIES: Final = ("numpy", "polars", "faker", "msgspec")
FILE: Final = MARK


def libraries() -> dict[str, str]:
    """The versions of the libraries that the bytes depend on."""
    return {name: _version(name) for name in LIBRARIES}


@cache
def _version(name: str) -> str:
    """Looked up once: it reads files."""
    return version(name)


class PartFile(Struct, frozen=True, kw_only=True):
    """One file of the dataset; `path` is relative to the manifest."""

    path: str
    rows: int
    bytes: int
    sha256: str


class RunFacts(Struct, frozen=True, kw_only=True):
    """How a run directory came about, beyond its dataset."""

    run_id: str
    clock: Literal["virtual", "wall"]
    workers: int
    rules: list[str]
    interrupted: bool = False


class Manifest(Struct, frozen=True, kw_only=True):
    """What made a dataset and what is in it.

    `start` and `end` span the rows; `incidents` says whether the profile's were injected, and
    `without` which of them were left out; `dictionaries` are empty in what was made before there
    were any.
    """

    rows: int
    start: str | None
    end: str | None
    seed: int | None
    profile: dict[str, Any] | None
    profile_sha256: str | None
    parts: list[PartFile]
    incidents: bool = True
    without: list[str] = []
    warehouse_names: list[str] = []
    dictionaries: Dictionaries = NO_DICTIONARIES
    run: RunFacts | None = None
    schema: int = SCHEMA_VERSION
    simlab: str = __version__
    libraries: dict[str, str] = msgspec.field(default_factory=libraries)


def part_file(path: Path, *, rows: int, root: Path) -> PartFile:
    """The entry for a file that is on disk under `root`."""
    size, digest = path.stat().st_size, sha256_of(path)
    return PartFile(path=str(path.relative_to(root)), rows=rows, bytes=size, sha256=digest)


def sha256_of(path: Path) -> str:
    """The hash of a file's bytes, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_manifest(manifest: Manifest, folder: Path) -> None:
    """Write it into the dataset's directory."""
    text = msgspec.json.format(msgspec.json.encode(manifest), indent=2)
    (folder / FILE).write_bytes(text + b"\n")


def read_manifest(folder: Path) -> Manifest:
    """The manifest in a dataset's directory.

    Raises:
        InputError: it is not there, or is not one.
    """
    path = folder / FILE
    try:
        return msgspec.json.decode(path.read_bytes(), type=Manifest)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise InputError(f"{path}: not a dataset's manifest: {error}") from None
