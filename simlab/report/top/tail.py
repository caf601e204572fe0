"""Whole lines of a log as they are written, over rotation, truncation and absence."""

import os
from collections import deque
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING, Final

from simlab.errors import InputError

if TYPE_CHECKING:
    from io import FileIO

MOST_BYTES: Final = 64 << 20
"""How much of a log is read at first: some 200,000 lines."""

_AT_ONCE: Final = 8 << 20
_LONGEST: Final = 1 << 20
"""A line that has not ended after so much is none of a log's [B]."""


class Tail:
    """Follows one log.

    Args:
        path: the file that is written to; those that it was rotated to lie beside it.
        most_bytes: how much of what is there already is read, the latest [B].

    Attributes:
        is_whole: whether all that was there at first was read.
        is_there: whether the file was there at the last look.
        torn: how many lines were cut short by rotation or truncation, or did not end.

    Raises:
        InputError: it cannot be read.
    """

    def __init__(self, path: Path, *, most_bytes: int = MOST_BYTES) -> None:
        self._path = path
        self._file: FileIO | None = None
        self._rest = b""
        self._is_amid = False
        self.torn = 0
        self.is_there = True
        self._earlier, start, self.is_whole = _beginning(path, most_bytes)
        try:
            self._open(start)
        except OSError as error:
            raise _unreadable(path, error) from None

    def lines(self) -> list[bytes]:
        """The lines that ended since the last call, some megabytes at once; none when no more are there."""
        if self._earlier:
            path, start = self._earlier.popleft()
            return self._archive(path, start)
        if self._file is None and not self._reopened():
            return []
        assert self._file is not None
        there = self._there()  # before reading: all that was written before a rotation is read then
        piece = self._file.read(_AT_ONCE)
        if not piece and self._began_anew(there):
            piece = self._file.read(_AT_ONCE)
        return self._split(piece)

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _archive(self, path: Path, start: int) -> list[bytes]:
        """The lines of a file that is written no more."""
        try:
            with path.open("rb") as file:
                file.seek(start)
                text = file.read(MOST_BYTES)
        except OSError:  # it was removed meanwhile, as old ones are
            return []
        lines = text.split(b"\n")
        return lines[1:] if start else lines

    def _open(self, start: int = 0) -> None:
        self._file = self._path.open("rb", buffering=0)
        self.is_there = True
        self._file.seek(start)
        self._is_amid = start > 0

    def _split(self, piece: bytes) -> list[bytes]:
        *lines, self._rest = (self._rest + piece).split(b"\n")
        if self._is_amid and lines:  # what began before the start is no line
            del lines[0]
            self._is_amid = False
        if len(self._rest) > _LONGEST:
            self._tear()
        return lines

    def _tear(self) -> None:
        self.torn += bool(self._rest)
        self._rest = b""

    def _there(self) -> os.stat_result | None:
        """What is at the path now."""
        try:
            there = self._path.stat()
        except OSError:
            there = None
        self.is_there = there is not None
        return there

    def _began_anew(self, there: os.stat_result | None) -> bool:
        """Whether the path leads to another file, or the file was cut; then that is begun."""
        assert self._file is not None
        mine = os.fstat(self._file.fileno())
        if there is None:
            return False
        if not os.path.samestat(there, mine):
            self.close()
            self._tear()
            return self._reopened()
        if mine.st_size < self._file.tell():
            self._tear()
            self._file.seek(0)
            return True
        return False

    def _reopened(self) -> bool:
        try:
            self._open()
        except OSError:
            self.is_there = False
        return self._file is not None


def _beginning(path: Path, most_bytes: int) -> tuple[deque[tuple[Path, int]], int, bool]:
    """Which older files to read first and from where, where to begin in the log, whether that is all."""
    size = _size(path)
    if size >= most_bytes:
        return deque(), size - most_bytes, size == most_bytes
    found: deque[tuple[Path, int]] = deque()
    left = most_bytes - size
    for older in reversed(_rotated(path)):
        size = _size(older)
        found.appendleft((older, max(0, size - left)))
        left -= size
        if left < 0:
            return found, 0, False
    return found, 0, True


def _rotated(path: Path) -> list[Path]:
    """The plain files that a log was rotated to, oldest first."""
    found = path.parent.glob(f"{path.name}.[0-9]*")
    return sorted(each for each in found if each.is_file() and each.suffix not in {".gz", ".zst"})


def _size(path: Path) -> int:
    try:
        stat = path.stat()
    except OSError as error:
        raise _unreadable(path, error) from None
    if not S_ISREG(stat.st_mode):
        raise InputError(f"{path}: not a regular file; expected a log")
    return stat.st_size


def _unreadable(path: Path, error: OSError) -> InputError:
    return InputError(f"{path}: cannot be read: {error.strerror or error}")
