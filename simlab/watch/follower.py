"""The lines of a log behind a cursor, whatever becomes of its files."""

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, suppress
from typing import Final

from simlab.watch.cursor import Cursor, Line, Position, tail_of
from simlab.watch.place import File, Place

_BLOCK_BYTES: Final = 1 << 18
"""Read at once, and more than a line of a log can be long."""


class Follower:
    """Reads what a cursor has not passed by, over rotation, truncation and removal.

    Args:
        place: the log's files.
        cursor: whose; it is moved by whoever takes the lines.
        tell: is told of what is lost.
    """

    def __init__(self, place: Place, cursor: Cursor, *, tell: Callable[[str], None]) -> None:
        self._place = place
        self._cursor = cursor
        self._tell = tell
        self._read: dict[int, tuple[int, int]] = {}
        self._last: tuple[int, int] | None = None
        self._awaited = next(reversed(cursor.files), None)

    def unread(self) -> Iterator[Line]:
        """The whole lines there are now, oldest first; each once, if the cursor passes it by."""
        files = self._place.files()
        inodes = {file.inode for file in files}
        yield from self._removed(inodes)
        for file in files:
            if self._read.get(file.inode) == (file.size, file.changed_ns):
                continue
            with closing(self._lines_of(file, is_last=file is files[-1])) as lines:
                if not (yield from lines):
                    return  # renamed since it was listed: what is at its name now comes later
        if files and self._awaited is not None:
            self._miss()
        self._cursor.forget_all_but(inodes)

    def go_to_end(self) -> None:
        """Have the cursor pass by all whole lines that there are."""
        for file in self._place.files():
            with suppress(OSError), self._place.log.with_name(file.name).open("rb") as opened:
                known = os.fstat(opened.fileno())
                position = _end_of(opened.fileno(), known.st_size)
                if position is not None:
                    self._cursor.put(known.st_ino, position)

    def close(self) -> None:
        """Let go of the file that was read last."""
        last, self._last = self._last, None
        if last is not None:
            os.close(last[1])

    def _lines_of(self, file: File, *, is_last: bool) -> Generator[Line, None, bool]:
        """The unread lines of a file; whether it was the one that was listed."""
        try:
            fd = os.open(self._place.log.with_name(file.name), os.O_RDONLY)
        except FileNotFoundError:
            return False
        try:
            known = os.fstat(fd)
            if known.st_ino != file.inode:
                return False
            yield from _lines(fd, self._offset_in(fd, known), known.st_ino)
            self._read[known.st_ino] = known.st_size, known.st_mtime_ns
        finally:
            if is_last:
                self.close()
                self._last = file.inode, fd
            else:
                os.close(fd)
        return True

    def _removed(self, inodes: set[int]) -> Iterator[Line]:
        """What the file read last had still to come when it was removed or moved away."""
        if self._last is not None and self._last[0] not in inodes:
            inode, fd = self._last
            yield from _lines(fd, self._offset_in(fd, os.fstat(fd)), inode)
            self.close()

    def _offset_in(self, fd: int, known: os.stat_result) -> int:
        """Where in a file the unread lines begin; a copy of a file is as far as that is."""
        files, inode = self._cursor.files, known.st_ino
        for other in (inode, *files):
            position = files.get(other)
            if position is not None and position.fits(fd, known.st_size):
                files[inode] = position
                if other == self._awaited:
                    self._awaited = None
                return position.offset
        files.pop(inode, None)  # cut, or another file that got its inode
        return 0

    def _miss(self) -> None:
        self._awaited = None
        self._cursor.gone += 1
        self._tell(
            f"{self._place.log}: the file that was being read is gone or was cut; what it still "
            "held is not delivered"
        )


def _lines(fd: int, offset: int, inode: int) -> Iterator[Line]:
    """The whole lines from an offset on; of one that is too long, nothing but where it ends."""
    while block := os.pread(fd, _BLOCK_BYTES, offset):
        *lines, rest = block.split(b"\n")
        for line in lines:
            offset += len(line) + 1
            yield Line(line, inode, offset, tail_of(line))
        if not lines and len(rest) < _BLOCK_BYTES:
            return
        if not lines:
            end = _line_end(fd, offset)
            if not end:
                return
            offset, tail = end
            yield Line(b"", inode, offset, tail)


def _line_end(fd: int, offset: int) -> tuple[int, bytes] | None:
    """Where a long line's successor begins, and the line's tail; None while it has no end."""
    before = b""
    while block := os.pread(fd, _BLOCK_BYTES, offset):
        end = block.find(b"\n")
        if end >= 0:
            return offset + end + 1, tail_of(before + block[:end])
        before, offset = tail_of(block), offset + len(block)
    return None


def _end_of(fd: int, size: int) -> Position | None:
    """The position behind the last whole line; None where there is none."""
    end, after = size, b""
    while end:
        start = max(0, end - _BLOCK_BYTES)
        block = os.pread(fd, end - start, start) + after
        last = block.rfind(b"\n")
        if last >= 0:
            line = os.pread(
                fd, min(_BLOCK_BYTES, start + last), max(0, start + last - _BLOCK_BYTES)
            )
            return Position(start + last + 1, tail_of(line.rpartition(b"\n")[2]))
        end = start
    return None
