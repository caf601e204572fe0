"""What waits in the sidecar: lines, and events that become lines on the way to the log.

An event is kept as msgspec encodes it, with a zero byte before its end, which no line has. That is
less than half the work of its line, and the rest is done in the background.
"""

from typing import Final

from simlab.clock import US_PER_S, iso

_ZERO: Final = b"\0"
EVENT_END: Final = _ZERO + b"\n"
"""How the entry of an event ends; that of a line ends with its only line feed, and has no zero."""

EARLIEST_US: Final = 1_000_000_000 * US_PER_S
LATEST_US: Final = 10_000_000_000 * US_PER_S
"""Between these, from 2001 to 2286, a time has 16 digits. An event is kept if its time is such."""

_SECOND: Final = slice(len('{"time_us":'), len('{"time_us":1767571200'))
_MICROS: Final = slice(_SECOND.stop, _SECOND.stop + 6)
_FIELDS: Final = slice(_MICROS.stop + 1, -1)
"""Where, in an event's entry, the seconds of its time are, their decimals, and its other fields."""
_HOUR_S: Final = 3600
_WITHIN_HOUR: Final = tuple(b"%02d:%02d." % divmod(second, 60) for second in range(_HOUR_S))


class Lines:
    """Makes entries the lines of the log."""

    def __init__(self) -> None:
        self._beginnings: dict[bytes, bytes] = {}
        self._hour_s = -_HOUR_S
        self._hour = b""

    def of(self, entries: bytes, preamble: bytes) -> bytes:
        """The lines of some whole entries: one an entry, in their order.

        Args:
            entries: each with its end.
            preamble: what comes between the microseconds and the other fields of each event.
        """
        parts: list[bytes] = []
        beginning_of = self._beginnings.get
        for entry in entries.split(b"\n"):
            if entry[-1:] != _ZERO:
                parts += (entry, b"\n")
                continue
            second = entry[_SECOND]
            beginning = beginning_of(second) or self._beginning(second)
            parts += (beginning, entry[_MICROS], preamble, entry[_FIELDS], b"\n")
        parts.pop()  # nothing follows the last end
        return b"".join(parts)

    def _beginning(self, second: bytes) -> bytes:
        """How the lines of a second begin, which is kept for the rest of its hour."""
        since_s = int(second) - self._hour_s
        if not 0 <= since_s < _HOUR_S:
            self._beginnings.clear()
            since_s = int(second) % _HOUR_S
            self._hour_s = int(second) - since_s
            hour = iso(self._hour_s * US_PER_S).removesuffix("00:00.000000Z")
            self._hour = f'{{"timestamp":"{hour}'.encode()
        made = self._beginnings[second] = self._hour + _WITHIN_HOUR[since_s]
        return made


def size_of(entries: bytes, count: int) -> int:
    """How many bytes the first so many entries take."""
    at = 0
    for _ in range(count):
        at = entries.index(b"\n", at) + 1
    return at
