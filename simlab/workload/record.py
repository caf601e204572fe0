"""What is known of a part once it is written, kept beside it so that a killed call can go on."""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct

from simlab.workload.draw import Drawn


class Record(Struct, frozen=True, kw_only=True):
    """A part that is whole.

    Attributes:
        drawn: what is kept of its attempts.
        bytes: the size of its file.
        sha256: of its file; None where no manifest will tell it.
    """

    drawn: Drawn
    bytes: int
    sha256: str | None


def write_record(record: Record, path: Path, *, by_way_of: Path) -> None:
    """Write a record by way of another file, so that it is there whole or not at all."""
    by_way_of.write_bytes(msgspec.msgpack.encode(record, enc_hook=_plain))
    by_way_of.replace(path)


def read_record(path: Path) -> Record | None:
    """The record at `path`; None if there is none, or it is not one of this version's."""
    try:
        return msgspec.msgpack.decode(path.read_bytes(), type=Record, dec_hook=_array)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def _plain(value: Any) -> Any:
    """An array as its type, shape and bytes."""
    if isinstance(value, np.ndarray) and not value.dtype.hasobject:
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, np.generic):
        return value.item()
    raise NotImplementedError(type(value))


def _array(_: type, plain: Any) -> Any:
    """The array that `_plain` described.

    Raises:
        ValueError: it did not.
    """
    kind, shape, content = plain
    if np.dtype(kind).hasobject:
        raise ValueError("an array of objects")
    return np.ndarray(tuple(shape), kind, content).copy()
