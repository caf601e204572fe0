"""The log file: rotated at UTC midnight by the time of what is logged."""

import logging
import re
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count
from logging.handlers import TimedRotatingFileHandler
from pathlib import Path
from typing import Final

from simlab.errors import OutputError
from simlab.telemetry.jsonlog import LINE_LIMIT_BYTES
from simlab.telemetry.logfile import LogFile

KEPT_DAYS: Final = 14
_DATED: Final = re.compile(r"\.(\d{4}-\d\d-\d\d)(?:\.\d+)?")
_TOLD: Final = re.compile(rb'\{"timestamp":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)"')


class Counting(logging.Handler):
    """Counts the records that it cannot write, and neither prints about them nor raises.

    Attributes:
        dropped: how many there were.
    """

    dropped = 0

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # the base's name
        """Count it; a full disk must not fill the terminal too."""
        del record
        self.dropped += 1


class LineFileHandler(Counting):
    """One file, never rotated, whose lines are safe from a kill as soon as the call returns.

    Each goes to the system by itself, whole or not at all: one that the disk has no room for is
    dropped and counted. The file may be renamed or removed, and its directory too: the next line
    is in the file at the path again. It costs more than the log's sidecar, for lines that are few.

    Raises:
        OSError: the file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._file = LogFile(path)
        self._size_bytes()

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        try:
            line = self.format(record).encode() + b"\n"
            if not self._file.append(line, self._size_bytes()):  # the file was removed just now
                self._file.append(line, self._size_bytes())
        except Exception:  # noqa: BLE001  # whatever it is must not stop the bot
            self.handleError(record)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
        super().close()

    def _size_bytes(self) -> int:
        """The size of the file at the path, which ends with a whole line."""
        known = self._file.current()
        if known is not None:
            return known.st_size
        self._file.open()
        return self._file.set_torn_aside()


class DailyFileHandler(Counting, TimedRotatingFileHandler):
    """`TimedRotatingFileHandler` at UTC midnight that goes by the records' own time.

    The standard handler asks the system's clock, which knows nothing of a virtual day, and
    when its dated name is taken it deletes what is there; this one takes the next free name
    (`inventory.log.2026-01-05.1`). Days that saw no record leave no file. A file that is there
    already is of the day of its last line.
    """

    def __init__(self, path: Path, *, kept_days: int = KEPT_DAYS, delay: bool = False) -> None:
        last_s = _last_time_s(path)
        super().__init__(
            path, when="midnight", utc=True, backupCount=kept_days, encoding="utf-8", delay=delay
        )
        self._day_end_s = None if last_s is None else midnight_after(last_s)

    def shouldRollover(self, record: logging.LogRecord) -> int:  # noqa: N802  # the base's name
        """Whether the record belongs to a later day than the file."""
        if self._day_end_s is None:
            self._day_end_s = midnight_after(record.created)
        self._next_s = record.created
        return int(record.created >= self._day_end_s)

    def doRollover(self) -> None:  # noqa: N802  # the base's name
        """Give the file the name of its day, and drop the days beyond those kept."""
        if self.stream is not None:
            self.stream.close()
            self.stream = None  # the base opens it anew
        with suppress(FileNotFoundError):  # someone took it away
            Path(self.baseFilename).rename(self._free_name())
        self._day_end_s = midnight_after(self._next_s)
        for old in self.getFilesToDelete():
            Path(old).unlink(missing_ok=True)

    def getFilesToDelete(self) -> list[str]:  # noqa: N802  # the base's name
        """The files of all days but the last ones that are kept; 0 keeps every day."""
        base = Path(self.baseFilename)
        dated = {path: _DATED.fullmatch(path.name, len(base.name)) for path in base.parent.iterdir()
                 if path.name.startswith(base.name)}  # fmt: skip
        days = {str(path): match[1] for path, match in dated.items() if match}
        last = sorted(set(days.values()))[-self.backupCount :]
        return [path for path, day in days.items() if day not in last]

    def _free_name(self) -> Path:
        assert self._day_end_s is not None
        day = datetime.fromtimestamp(self._day_end_s - 86_400, UTC).date().isoformat()
        name = Path(f"{self.baseFilename}.{day}")
        later = (Path(f"{name}.{number}") for number in count(1))
        return name if not name.exists() else next(path for path in later if not path.exists())


def _last_time_s(path: Path) -> float | None:
    """When the last line of a log was told; without a readable one, when the file was written.

    None when there is no file, or nothing in it.
    """
    if not path.exists() or not path.stat().st_size:
        return None
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 2 * LINE_LIMIT_BYTES))
        told = _TOLD.match(file.read().rstrip().rpartition(b"\n")[2])
    try:
        return (
            datetime.fromisoformat(told[1].decode()).timestamp() if told else path.stat().st_mtime
        )
    except ValueError:
        return path.stat().st_mtime


def midnight_after(time_s: float) -> int:
    """When the day ends that holds a moment, both in seconds since 1970-01-01 UTC."""
    return (int(time_s) // 86_400 + 1) * 86_400


def open_log(path: Path, formatter: logging.Formatter) -> DailyFileHandler:
    """The handler for a log at `path`, its directory made.

    Raises:
        OutputError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = DailyFileHandler(path)
    except OSError as error:
        raise OutputError(f"{path}: the log cannot be written: {error.strerror}") from None
    handler.setFormatter(formatter)
    return handler
