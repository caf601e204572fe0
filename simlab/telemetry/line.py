"""An event's line in the log, encoded once: the bytes that `JsonFormatter` gives, several times faster."""

import logging
from typing import Final

import msgspec

from simlab.clock import US_PER_S, iso
from simlab.events import Attempt, Event
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

_MICROS: Final = slice(len('{"time_us":1767571200'), len('{"time_us":1767571200250001'))
"""Where, in an encoded event whose time has 16 digits, the second's six decimals are."""
_FIELDS: Final = slice(len('{"time_us":1767571200250001,'), None)
"""Where its other fields are."""
_SECONDS: Final = tuple(b"%02d:%02d." % divmod(second, 60) for second in range(3600))
"""The text of each second of an hour."""
_HOUR_US: Final = 3600 * US_PER_S
_EARLIEST_US: Final = 277_778 * _HOUR_US
_LATEST_US: Final = 2_777_777 * _HOUR_US
"""Whole hours between which all times have 16 digits: from 2001 to 2286."""


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
        self._entered = self._enter(_EARLIEST_US)
        self._applied: bytes | None = None
        self._heads: dict[tuple[str, str | None], bytes] = {}

    def line(self, event: Event) -> bytes:
        """One line with its end, at most 64 KiB without it.

        Raises:
            KeyError: an attempt has a status that there is none of.
        """
        if type(event) is Attempt:
            try:
                body = self._encode(event)
                from_us, hour = self._entered
                since_us = event.time_us - from_us
                if not 0 <= since_us < _HOUR_US:
                    from_us, hour = self._enter(event.time_us)
                    since_us = event.time_us - from_us
                plain = event.status == "success" and event.error_type is None
                head = (self._applied if plain else None) or self._head(event)
                second = _SECONDS[since_us // US_PER_S]
                line = b"".join((hour, second, body[_MICROS], head, body[_FIELDS], b"\n"))
            except (TypeError, ValueError, OverflowError, RecursionError):
                return self.formatted(event)
            if len(line) <= LINE_LIMIT_BYTES:
                return line
        return self.formatted(event)

    def formatted(self, event: Event) -> bytes:
        """The same the long way."""
        record = record_of(event, self._error_texts)
        return self._formatter.format(record).encode() + b"\n"

    def _enter(self, time_us: int) -> tuple[int, bytes]:
        """The hour that holds a moment, with its text; kept for the next moment.

        Raises:
            ValueError: its microseconds may have other than 16 digits.
        """
        if not _EARLIEST_US <= time_us < _LATEST_US:
            raise ValueError(time_us)
        from_us = time_us - time_us % _HOUR_US
        text = f'{{"timestamp":"{iso(from_us).removesuffix("00:00.000000Z")}'.encode()
        self._entered = entered = (from_us, text)  # at once, since threads may share it
        return entered

    def _head(self, event: Attempt) -> bytes:
        """What comes between the time and the event's own fields; kept, since there are few."""
        key = (event.status, text_of(event, self._error_texts))
        head = self._heads.get(key)
        if head is None:
            head = self._heads[key] = self._made_head(event)
        if key == ("success", None):
            self._applied = head
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
