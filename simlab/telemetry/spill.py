"""From the sidecar to the log's file: each line once, whenever the process or the disk gives up.

The sidecar's mark tells how large the file is with all entries before the tail in it. What the file
has beyond is compared with the lines of the next entries, which are the same whenever they are made.
So a kill between the write and the change of the mark doubles nothing, and one in the middle of the
write loses nothing.
"""

import os
from pathlib import Path
from threading import RLock
from typing import Final

from simlab.clock import monotonic_s
from simlab.telemetry.entries import Lines, size_of
from simlab.telemetry.logfile import LogFile, line_end, shared_start
from simlab.telemetry.ringfile import Mark
from simlab.telemetry.sidecar import Sidecar

_AGAIN_S: Final = 0.1
_AT_ONCE_BYTES: Final = 1 << 17
"""So much of the ring is written with one call: more than the longest line, and little memory."""


class Spill:
    """Writes what the sidecar holds to the end of the log.

    Args:
        sidecar: whose lines; what a killed process left in it is taken up.
        path: the log.

    Attributes:
        lock: held while it works; whoever holds the sidecar's may take it, not the other way.
        count: how often something was written.
        seconds: how long that took in all [s].
    """

    def __init__(self, sidecar: Sidecar, path: Path) -> None:
        self.lock = RLock()
        self.count = 0
        self.seconds = 0.0
        self._sidecar = sidecar
        self._file = LogFile(path)
        self._working = False
        self._again_s = 0.0
        self._lines = Lines()
        self._take_up()

    def open(self) -> None:
        """Open the file, and see that it ends with a whole line.

        Raises:
            OSError: it cannot be.
        """
        with self.lock:
            self._settled()

    def drain(self, *, patient: bool = True) -> bool:
        """Write all that was committed before the call; whether the sidecar is empty then.

        A disk that has just failed is left alone for a tenth of a second, unless it is asked
        for at once.

        Args:
            patient: let a disk that failed rest.
        """
        with self.lock:
            if self._working or (patient and monotonic_s() < self._again_s):
                return False
            self._working = True
            try:
                self._write()
                self._again_s = 0.0
            except Exception:  # noqa: BLE001  # whatever it is, the lines stay and the bot goes on
                self._again_s = monotonic_s() + _AGAIN_S
            finally:
                self._working = False
            return self._sidecar.tail == self._sidecar.head

    def interrupted(self) -> bool:
        """Whether it is this thread that is writing, stopped by the handler of a signal."""
        with self.lock:
            return self._working

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _write(self) -> None:
        until = self._sidecar.head
        while self._sidecar.tail < until:
            begun_s = monotonic_s()
            mark = self._settled()
            if mark.tail < until:
                entries = self._entries(mark.tail, until)
                lines = self._lines.of(entries, self._sidecar.preamble)
                written = self._file.append(lines, mark.size_bytes)
                self._sidecar.mark = _later(mark, entries, lines, written)
            self.count += 1
            self.seconds += monotonic_s() - begun_s

    def _entries(self, since: int, until: int) -> bytes:
        """Some whole entries, as many as are written at once."""
        if until - since <= _AT_ONCE_BYTES:
            return self._sidecar.entries(since, until)
        entries = self._sidecar.entries(since, since + _AT_ONCE_BYTES)
        return entries[: line_end(entries)]

    def _settled(self) -> Mark:
        """How far the file at the path is, the one to write to; it ends with a whole line."""
        known = self._file.current()
        if known is None:
            self._file.open()
            known = self._file.current()
            if known is None:
                raise FileNotFoundError(self._file.path)
        mark = self._sidecar.mark
        if mark[:3] == (known.st_dev, known.st_ino, known.st_size):
            return mark
        if mark[:2] == (known.st_dev, known.st_ino):
            self._reconcile(self._file, known.st_size)
        size = self._file.set_torn_aside()
        mark = Mark(known.st_dev, known.st_ino, size, self._sidecar.tail)
        self._sidecar.mark = mark
        return mark

    def _take_up(self) -> None:
        """Give up what a killed process had written, in whichever file beside the log it is."""
        if self._sidecar.tail == self._sidecar.head:
            return
        mark = self._sidecar.mark
        for entry in os.scandir(self._file.path.parent):
            known = entry.stat(follow_symlinks=False)
            if (known.st_dev, known.st_ino) == mark[:2] and entry.is_file():
                file = LogFile(Path(entry.path))
                file.open()
                self._reconcile(file, known.st_size)
                file.close()

    def _reconcile(self, file: LogFile, size: int) -> None:
        """Pass over the lines that the file has; what it has of the next one is dropped."""
        mark = self._sidecar.mark
        entries = self._entries(mark.tail, self._sidecar.head)
        lines = self._lines.of(entries, self._sidecar.preamble)
        both = shared_start(file.read(mark.size_bytes, len(lines)), lines)
        whole = line_end(lines[:both])
        if whole < both and size == mark.size_bytes + both:
            file.cut(mark.size_bytes + whole)
        self._sidecar.mark = _later(mark, entries, lines, whole)


def _later(mark: Mark, entries: bytes, lines: bytes, written: int) -> Mark:
    """The mark when so many bytes of the lines of some entries are in the file."""
    is_all = written == len(lines)
    passed = len(entries) if is_all else size_of(entries, lines.count(b"\n", 0, written))
    return mark._replace(size_bytes=mark.size_bytes + written, tail=mark.tail + passed)
