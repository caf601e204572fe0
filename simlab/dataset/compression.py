"""The bytes of a file, unpacked when its name says that it is packed."""

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import polars as pl

from simlab.errors import InputError

_READ_BYTES: Final = 1 << 22
_GZIP_WINDOW: Final = 31
"""What tells zlib that the stream is gzip's."""


class CutShortError(Exception):
    """A packed file ended, or broke, before its end; what came before was given."""


def content(path: Path) -> Iterator[bytes]:
    """The unpacked bytes of `path`, in pieces that are never empty.

    `.gz` is gzip, of one or several members, and is unpacked piece by piece; `.zst` is
    Zstandard and is unpacked in memory, as UTF-8 text whose lines end in a line feed alone.

    Raises:
        InputError: the file cannot be read, or a `.zst` is no whole Zstandard text.
        CutShortError: a `.gz` is not whole; raised after all that could be unpacked.
    """
    try:
        yield from _pieces(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None


def _pieces(path: Path) -> Iterator[bytes]:
    if path.suffix == ".zst":
        yield from _zstandard(path)
        return
    with path.open("rb") as file:
        plain = iter(lambda: file.read(_READ_BYTES), b"")
        yield from _gunzipped(plain) if path.suffix == ".gz" else plain


def _gunzipped(packed: Iterator[bytes]) -> Iterator[bytes]:
    member = zlib.decompressobj(_GZIP_WINDOW)
    begun = False
    for piece in packed:
        rest = piece
        while rest:
            begun = True
            yield from _inflated(member, rest)
            rest = member.unconsumed_tail or member.unused_data
            if member.eof:
                member, begun = zlib.decompressobj(_GZIP_WINDOW), False
                rest = rest.lstrip(b"\0")  # padding, as gzip itself allows
    if begun:
        raise CutShortError("the gzip stream ends early")


def _inflated(member: "zlib._Decompress", packed: bytes) -> Iterator[bytes]:
    try:
        unpacked = member.decompress(packed, _READ_BYTES)
    except zlib.error:
        raise CutShortError("the gzip stream is damaged from here on") from None
    if unpacked:
        yield unpacked


def _zstandard(path: Path) -> Iterator[bytes]:
    if path.stat().st_size == 0:
        return
    try:
        lines = pl.read_lines(path, glob=False).to_series()
    except (pl.exceptions.PolarsError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{path}: cannot be unpacked: {reason}; unpack it with zstd") from None
    for part in lines.to_frame().iter_slices(100_000):
        yield ("\n".join(part.to_series()) + "\n").encode()
