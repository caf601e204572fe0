"""Lines of a log as the events that they were."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

import msgspec

from simlab.events import Event
from simlab.telemetry.jsonlog import EVENT_NAMES

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_WRONG: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


class _Plain(msgspec.Struct):
    """A line of a plain `logging` call, which has no event."""

    timestamp: str
    level: str
    message: str
    event: None


def _line_type(event: type[Any], name: str) -> type[Any]:
    """What a line of an event holds: its fields, but that the time is text."""
    fields = [field for field in msgspec.structs.fields(event) if field.name != "time_us"]
    return msgspec.defstruct(
        f"{event.__name__}Line",
        [
            ("timestamp", Annotated[datetime, msgspec.Meta(tz=True)]),
            *(
                (field.name, field.type)
                if field.default is msgspec.NODEFAULT
                else (field.name, field.type, field.default)
                for field in fields
            ),
        ],
        tag_field="event",
        tag=name,
        gc=False,
    )


_EVENTS: Final = {_line_type(event, name): event for event, name in EVENT_NAMES.items()}
_FIELDS: Final = {line: line.__struct_fields__[1:] for line in _EVENTS}


class Lines:
    """Makes events of lines.

    Attributes:
        bad: how many lines were neither an event nor a plain line of a log like ours.
    """

    def __init__(self) -> None:
        self.bad = 0
        kinds: Any = tuple(_EVENTS)
        self._decode = msgspec.json.Decoder(kinds[0] | _union(kinds[1:])).decode
        self._plain = msgspec.json.Decoder(_Plain).decode

    def event(self, line: bytes) -> Event | None:
        """The event that a line tells; None when it tells none."""
        try:
            told = self._decode(line)
        except _WRONG:
            self._pass_over(line)
            return None
        time_us = (told.timestamp - _EPOCH) // _MICROSECOND
        kind = type(told)
        made: Event = _EVENTS[kind](time_us, *[getattr(told, name) for name in _FIELDS[kind]])
        return made

    def _pass_over(self, line: bytes) -> None:
        """Count a line in that is none of a log's."""
        try:
            self._plain(line)
        except _WRONG:
            self.bad += bool(line.strip())


def _union(kinds: tuple[Any, ...]) -> Any:
    return kinds[0] if len(kinds) == 1 else kinds[0] | _union(kinds[1:])
