"""From the sidecar to the log's file: each line once, whenever the process or the disk gives up.

The file's own size says how much of the ring is in it: byte n of the ring is byte n + shift of
the file, and the sidecar's mark tells which file and which shift. So a kill between the write
and the advance of the tail doubles nothing, and one in the middle of the write loses nothing.
"""

import os
from pathlib import Path
from threading import RLock
from typing import Final

from simlab.clock import monotonic_s
from simlab.telemetry.logfile import LogFile, line_end, shared_start
from simlab.telemetry.sidecar import Mark, Sidecar

_AGAIN_S: Final = 0.1


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
            size = self._settled()
            tail = self._sidecar.tail
            if tail < until:
                written = self._file.append(self._sidecar.parts(tail, until), size)
                self._sidecar.advance(tail + written)
            self.count += 1
            self.seconds += monotonic_s() - begun_s

    def _settled(self) -> int:
        """The size of the file to write to, which is the one at the path and ends with a line."""
        known = self._file.current()
        if known is None:
            self._file.open()
            known = self._file.current()
            if known is None:
                raise FileNotFoundError(self._file.path)
        mark = Mark(known.st_dev, known.st_ino, known.st_size - self._sidecar.tail)
        if mark == self._sidecar.mark:
            return known.st_size
        if mark[:2] == self._sidecar.mark[:2]:
            self._reconcile(self._file, known.st_size)
        size = self._file.set_torn_aside()
        self._sidecar.mark = mark._replace(shift_bytes=size - self._sidecar.tail)
        return size

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
        """Advance over the lines that the file has; what it has of the next one is dropped."""
        tail, head = self._sidecar.tail, self._sidecar.head
        at = tail + self._sidecar.mark.shift_bytes
        held = file.read(at, head - tail)
        due = b"".join(self._sidecar.parts(tail, head))
        both = shared_start(held, due)
        whole = line_end(due[:both])
        if whole < both and size == at + both:
            file.cut(at + whole)
        self._sidecar.advance(tail + whole)
