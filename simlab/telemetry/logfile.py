"""The log's file: whole lines put at its end, whatever happens to it meanwhile."""

import errno
import os
from pathlib import Path
from typing import Final

from simlab.telemetry.jsonlog import LINE_LIMIT_BYTES

_MODE: Final = 0o644


class LogFile:
    """A file that is appended to, found again by its path.

    Args:
        path: where it is; it need not be there.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd: int | None = None

    def current(self) -> os.stat_result | None:
        """What is known of the open file; None when none is, or another one is at the path."""
        if self._fd is None:
            return None
        known = os.fstat(self._fd)
        try:
            at_path = self.path.stat()
        except FileNotFoundError:
            return None
        return known if os.path.samestat(known, at_path) else None

    def open(self) -> None:
        """Open what is at the path now, or make it, with its directory.

        Raises:
            OSError: it cannot be.
        """
        self.close()
        try:
            self._fd = _opened(self.path)
        except FileNotFoundError:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._fd = _opened(self.path)

    def append(self, lines: bytes, size: int) -> int:
        """Put lines at the end of the file, which has `size`; how many bytes are in it now.

        They are none when the file has been removed meanwhile. What is written in part ends with
        a whole line.

        Raises:
            OSError: none of it could be written.
        """
        assert self._fd is not None
        written = os.write(self._fd, lines)
        if written < len(lines):
            whole = line_end(lines[:written])
            os.ftruncate(self._fd, size + whole)
            if not whole:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            written = whole
        return written if os.fstat(self._fd).st_nlink else 0

    def read(self, since: int, size: int) -> bytes:
        """The bytes from `since` on, at most `size`; none where there are none."""
        assert self._fd is not None
        return os.pread(self._fd, size, since) if since >= 0 else b""

    def cut(self, size: int) -> None:
        """Drop what lies beyond `size`."""
        assert self._fd is not None
        os.ftruncate(self._fd, size)

    def set_torn_aside(self) -> int:
        """See that the file ends with a whole line; its size then.

        What followed the last one is moved to the end of the file `torn_of` the log, as a line
        of its own, before it is dropped here.

        Raises:
            OSError: that cannot be written.
        """
        assert self._fd is not None
        size = start = os.fstat(self._fd).st_size
        whole = 0
        while start and not whole:
            start = max(0, start - LINE_LIMIT_BYTES)
            ended = line_end(self.read(start, LINE_LIMIT_BYTES))
            whole = start + ended if ended else 0
        if whole < size:
            aside = _opened(torn_of(self.path))
            try:
                os.write(aside, self.read(whole, size - whole) + b"\n")
            finally:
                os.close(aside)
            self.cut(whole)
        return whole

    def close(self) -> None:
        """Let go of the file."""
        fd, self._fd = self._fd, None
        if fd is not None:
            os.close(fd)


def torn_of(log: Path) -> Path:
    """Where the torn ends of a log's lines are kept; the name is not one of a log's.

    >>> torn_of(Path("logs/inventory.log")).name
    'inventory-log.torn'
    """
    return log.with_name(f"{log.name.replace('.', '-')}.torn")


def line_end(text: bytes) -> int:
    r"""Where the last whole line ends; 0 when there is none.

    >>> line_end(b"one\ntw"), line_end(b"on")
    (4, 0)
    """
    return text.rfind(b"\n") + 1


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, _MODE)


def shared_start(one: bytes, other: bytes) -> int:
    """How many bytes two texts begin with together.

    >>> shared_start(b"one line", b"one list"), shared_start(b"one", b"one line")
    (6, 3)
    """
    size = min(len(one), len(other))
    if one[:size] == other[:size]:
        return size
    return next(at for at in range(size) if one[at] != other[at])
