"""The handler whose lines are safe from a kill: a sidecar, and a thread that empties it."""

import logging
import os
import weakref
from contextlib import suppress
from pathlib import Path
from threading import Event, RLock, Thread
from typing import Final

from simlab.clock import US_PER_S
from simlab.telemetry.handler import KEPT_DAYS, DailyFileHandler, midnight_after
from simlab.telemetry.ringfile import TakenError
from simlab.telemetry.sidecar import Sidecar
from simlab.telemetry.spill import Spill

SPILL_EVERY_S: Final = 0.05
_ROTATE_AGAIN_US: Final = 60 * US_PER_S


class CrashSafeHandler(DailyFileHandler):
    """A `DailyFileHandler` whose lines are safe from a kill as soon as the call returns.

    They are copied to the sidecar, and a thread writes them to the file every `spill_every_s`;
    the caller does so itself when the sidecar is full. While the disk is full the sidecar keeps
    them; those that find no room there are dropped and counted in `dropped`. What a killed
    process left in its sidecar is in the log before anything new is.

    The file may be renamed, removed, cut or written to by others, and its directory removed: the
    next lines are in the file at the path again. A torn end is moved to `NAME-log.torn`.

    A child that is forked drops what it logs here: the log is its parent's.

    Args:
        path: the log. Its directory must be there.
        sidecar: its sidecar, which this now owns.
        kept_days: how many days of rotated files are kept; 0 keeps all.
        spill_every_s: how often lines go to the file [s].

    Raises:
        OSError: what a killed process left cannot be taken up.
    """

    def __init__(
        self,
        path: Path,
        *,
        sidecar: Sidecar,
        kept_days: int = KEPT_DAYS,
        spill_every_s: float = SPILL_EVERY_S,
    ) -> None:
        self.sidecar = sidecar
        self._spill = Spill(sidecar, path)
        self._spill.open()
        self._spill.drain(patient=False)  # before it is asked which day the file is of
        super().__init__(path, kept_days=kept_days, delay=True)
        self.roll_at_us = 0 if self._day_end_s is None else self._day_end_s * US_PER_S
        self._deferred: list[bytes] = []
        self._ended = Event()
        self._every_s = spill_every_s
        self._thread = Thread(target=self._spill_on, name="simlab-log", daemon=True)
        self._thread.start()
        _ALIVE.add(self)

    @property
    def spilled(self) -> tuple[int, float]:
        """How often lines were written to the file, and how long that took in all [s]."""
        return self._spill.count, self._spill.seconds

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the line of a plain `logging` call."""
        try:
            line = self.format(record).encode() + b"\n"
        except Exception:  # noqa: BLE001  # whatever it bears must not stop the bot
            self.handleError(record)
            return
        self.keep(line, round(record.created * US_PER_S))

    def keep(self, line: bytes, time_us: int) -> None:
        """Keep a line, told at `time_us`, which has its end."""
        if b"\0" in line:  # which would end an event
            line = line.replace(b"\0", "\ufffd".encode())
        if time_us >= self.roll_at_us:
            self.roll(time_us)
        if not self.sidecar.append(line):
            self.keep_all_the_same(line)

    def roll(self, time_us: int) -> None:
        """Begin the file of a later day, unless the disk has no room for the lines of the last."""
        with self.sidecar.lock, self._spill.lock:
            if time_us < self.roll_at_us or self._ended.is_set():
                return
            self._next_s = time_us / US_PER_S
            if self._day_end_s is None:
                self._day_end_s = midnight_after(time_us / US_PER_S)
            elif not self._rotated():
                self.roll_at_us = time_us + _ROTATE_AGAIN_US
                return
            self.roll_at_us = self._day_end_s * US_PER_S

    def keep_all_the_same(self, line: bytes) -> None:
        """Make room for a line that found none; drop it where there can be none."""
        with self.sidecar.lock:
            if self.sidecar.busy or self._spill.interrupted():  # by a signal, whose handler we are
                self._deferred.append(line)
                return
            if not self._ended.is_set():
                self._spill.drain()
            if not self.sidecar.append(line):
                self.dropped += 1

    def flush(self) -> None:
        """Write all lines to the file; those that cannot be stay in the sidecar."""
        if not self._ended.is_set():
            self._keep_deferred()
            self._spill.drain(patient=False)

    def close(self) -> None:
        """Write all lines to the file, and remove the sidecar.

        Where they cannot be written it stays, and they are in the log at the next start.
        """
        with self.sidecar.lock:
            if not self._ended.is_set():
                self._keep_deferred()
                with self._spill.lock:
                    self._ended.set()
                    self._spill.drain(patient=False)
                    self._spill.close()
                    self.sidecar.close()
        if self._thread.is_alive():
            self._thread.join()
        super().close()

    def disown(self) -> None:
        """Leave all to the parent of this forked process."""
        self.sidecar.renew_lock()
        self._spill.lock = RLock()
        if not self._ended.is_set():
            self._ended.set()
            self._spill.close()
            self.sidecar.disown()

    def _rotated(self) -> bool:
        before = self._day_end_s
        try:
            if self._spill.drain():
                self.doRollover()
        except Exception:  # noqa: BLE001  # it goes on in the same file
            return False
        return self._day_end_s != before

    def _spill_on(self) -> None:
        while not self._ended.wait(self._every_s):
            with suppress(Exception):  # whatever it is, it may be over the next time
                self._tend()

    def _tend(self) -> None:
        if self.sidecar.lost():
            self._replace_sidecar()
        self._keep_deferred()
        with self._spill.lock:
            if not self._ended.is_set():
                self._spill.drain()

    def _replace_sidecar(self) -> None:
        with self.sidecar.lock, self._spill.lock, suppress(OSError, TakenError):
            if not self._ended.is_set():
                self.sidecar.replace()

    def _keep_deferred(self) -> None:
        while self._deferred:
            line = self._deferred.pop()
            if not self.sidecar.append(line):
                self.keep_all_the_same(line)


_ALIVE: Final = weakref.WeakSet[CrashSafeHandler]()


def _disown_all() -> None:
    for handler in list(_ALIVE):
        handler.disown()


os.register_at_fork(after_in_child=_disown_all)
