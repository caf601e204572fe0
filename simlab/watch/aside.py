"""Events that a receiver would not have, kept for people to look at and deliver again."""

from pathlib import Path
from threading import Lock
from typing import Any

import msgspec

from simlab.clock import iso, utc_now_us
from simlab.telemetry.logfile import LogFile
from simlab.watch.told import Told


class Aside:
    """A file of alert lines, each with who refused it, when, why and how often.

    They are alert lines still, so `simlab watch` delivers the file like a log.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = Lock()

    def put(self, told: Told, *, receiver: str, reason: str, tries: int) -> None:
        """Keep one more.

        Raises:
            OSError: it cannot be kept.
        """
        fields: dict[str, Any] = msgspec.json.decode(told.line)
        why = {"receiver": receiver, "refused": reason, "tries": tries}
        line = msgspec.json.encode({**fields, **why, "set_aside_at": iso(utc_now_us())}) + b"\n"
        file = LogFile(self.path)
        with self._lock:
            file.open()
            try:
                file.append(line, file.set_torn_aside())
            finally:
                file.close()
