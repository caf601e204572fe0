"""An event's line in the log, encoded once: the bytes that `JsonFormatter` gives, several times faster."""

import logging
from typing import Final

import msgspec

from simlab.events import Attempt, Event
from simlab.telemetry.entries import EARLIEST_US, EVENT_END, LATEST_US, Lines
from simlab.telemetry.jsonlog import (
    LINE_LIMIT_BYTES,
    LOGGER,
    NO_TEXTS,
    ErrorTexts,
    JsonFormatter,
    level_of,
    message_of,
    record_of,
    text_of,
)

NOT_IN_JSON: Final = (TypeError, ValueError, OverflowError, RecursionError)
"""What msgspec raises about what JSON cannot hold."""


class LineEncoder:
    """Encodes events as lines of the log.

    Attempts, of which there are many, take a short way: what msgspec makes of the event, with
    the time and what is always the same put in front of it. Whatever is odd about one, and all
    other events, go through the formatter.

    Args:
        run_id: told in each line.
        error_texts: what may be said of each error type.
    """

    def __init__(self, *, run_id: str, error_texts: ErrorTexts = NO_TEXTS) -> None:
        self._run_id = run_id
        self._error_texts = error_texts
        self._formatter = JsonFormatter(run_id=run_id)
        self._encode = msgspec.json.Encoder().encode
        self._lines = Lines()
        self._heads: dict[tuple[str, str | None], bytes] = {}

    @property
    def preamble(self) -> bytes | None:
        """What the lines of all attempts that succeed have between the time and their fields.

        None where JSON cannot hold it, which the formatter then sees to.
        """
        try:
            return self._head(Attempt(0, 0.0, "success", 1, 0, 1, 1, None, None))
        except NOT_IN_JSON:
            return None

    def line(self, event: Event) -> bytes:
        """One line with its end, at most 64 KiB without it.

        Raises:
            KeyError: an attempt has a status that there is none of.
        """
        if type(event) is Attempt:
            try:
                if type(event.time_us) is int and EARLIEST_US <= event.time_us < LATEST_US:
                    line = self._lines.of(self._encode(event) + EVENT_END, self._head(event))
                    if len(line) <= LINE_LIMIT_BYTES:
                        return line
            except NOT_IN_JSON:
                pass  # the formatter tells what JSON cannot hold
        record = record_of(event, self._error_texts)
        return self._formatter.format(record).encode() + b"\n"

    def _head(self, event: Attempt) -> bytes:
        """What comes between the time and the event's own fields; kept, since there are few."""
        key = (event.status, text_of(event, self._error_texts))
        head = self._heads.get(key)
        if head is None:
            head = self._heads[key] = self._made_head(event)
        return head

    def _made_head(self, event: Attempt) -> bytes:
        same = {
            "level": logging.getLevelName(level_of(event)),
            "logger": LOGGER,
            "message": message_of(event, self._error_texts),
            "event": "attempt",
            "run_id": self._run_id,
        }
        return b'Z",' + self._encode(same)[1:-1] + b","
