"""The log as the strategy has it: Python's `logging`, its rotating handler, and its JSON."""

import json
import logging
from pathlib import Path
from typing import Any

from simlab.clock import US_PER_S
from simlab.events import Event
from simlab.telemetry.handler import open_log
from simlab.telemetry.jsonlog import (
    LOGGER,
    NO_TEXTS,
    ErrorTexts,
    JsonFormatter,
    level_of,
    message_of,
)


class PlainFormatter(JsonFormatter):
    """The same lines, by the standard library's encoder; integers of any size stay numbers."""

    def _encoded(self, fields: dict[str, Any]) -> bytes:
        text = json.dumps(fields, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return text.encode()


class PlainLog:
    """Events as calls of a logger: the baseline that the default stack is measured against.

    Args:
        path: the log; its directory is made.
        run_id: told in each line.
        error_texts: what may be said of each error type.

    Attributes:
        handler: for plain `logging` calls, which go to the same file.

    Raises:
        OutputError: it cannot be written.
    """

    def __init__(self, path: Path, *, run_id: str, error_texts: ErrorTexts = NO_TEXTS) -> None:
        self.handler = open_log(path, PlainFormatter(run_id=run_id))
        self._error_texts = error_texts
        self._logger = logger_to(self.handler)

    @property
    def dropped(self) -> int:
        """How many lines could not be written."""
        return self.handler.dropped

    @property
    def flushes(self) -> tuple[int, float]:
        """Never: each line is written at once."""
        return 0, 0.0

    def emit(self, event: Event) -> None:
        """Write one line."""
        message = message_of(event, self._error_texts)
        self._logger.log(level_of(event), message, extra={"event": event})

    def flush(self) -> None:
        """Nothing is left to write."""

    def close(self) -> None:
        """Close the file."""
        self.handler.close()


def logger_to(handler: logging.Handler) -> logging.Logger:
    """A logger for events, told as `extra`, each of which happened when it did."""
    logger = logging.Logger(LOGGER)  # noqa: LOG001  # one a run: two may write at once
    logger.addFilter(_at_its_time)
    logger.addHandler(handler)
    return logger


def _at_its_time(record: logging.LogRecord) -> bool:
    """A record of an event happened when the event did."""
    record.created = record.event.time_us / US_PER_S  # type: ignore[attr-defined]  # put there above
    return True
