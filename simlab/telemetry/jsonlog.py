"""The log's lines: one strict JSON object each, by a formatter of the standard library's kind."""

import logging
import math
from collections.abc import Mapping, Sequence
from numbers import Integral
from typing import Any, Final, TypeAlias

import msgspec

from simlab.clock import iso
from simlab.events import Alert, Attempt, Degraded, Event, RunFinished, RunStarted, Sample

LINE_LIMIT_BYTES: Final = 65_536
LOGGER: Final = "simlab.bot"
_CUT_TO: Final = 1000
_DEEPEST: Final = 8
_RESERVED: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
ErrorTexts: TypeAlias = Mapping[str, Sequence[str]]
"""What may be said of each error type."""
NO_TEXTS: Final[ErrorTexts] = {}
EVENT_NAMES: Final[dict[type, str]] = {
    Attempt: "attempt", Sample: "sample", Alert: "alert",
    RunStarted: "run_started", RunFinished: "run_finished", Degraded: "telemetry_degraded",
}  # fmt: skip
"""What the log calls each event."""
_ALERT_DEFAULTS: Final[Mapping[str, Any]] = {
    field.name: field.default
    for field in msgspec.structs.fields(Alert)
    if field.default is not msgspec.NODEFAULT
}


def record_of(event: Event, error_texts: ErrorTexts = NO_TEXTS) -> logging.LogRecord:
    """A log record that carries an event and happened when the event did."""
    message = message_of(event, error_texts)
    record = logging.LogRecord(LOGGER, level_of(event), "", 0, message, None, None)
    record.created = event.time_us / 1_000_000
    record.event = event
    return record


def level_of(event: Event) -> int:
    """How grave an event is: a failed batch and a page are errors, the rest less."""
    if isinstance(event, Attempt):
        grave = {"success": logging.INFO, "retry": logging.WARNING, "error": logging.ERROR}
        return grave[event.status]
    if isinstance(event, Alert):
        return logging.ERROR if event.severity == "page" else logging.WARNING
    return logging.WARNING if isinstance(event, Degraded) else logging.INFO


def message_of(event: Event, error_texts: ErrorTexts = NO_TEXTS) -> str:
    """What happened, in a few words; for an attempt that failed, with a text of its error type.

    A batch has the same text at each attempt that fails for the same reason.
    """
    if isinstance(event, Attempt):
        text, ended = text_of(event, error_texts), _ENDED[event.status]
        return f"batch {ended}" if text is None else f"batch {ended}: {text}"
    if isinstance(event, Alert):
        return f"{event.rule} {event.state}"
    if isinstance(event, Degraded):
        return f"{event.part} lost {event.lost} events {'in all' if event.final else 'so far'}"
    return EVENT_NAMES[type(event)].replace("_", " ")


def text_of(event: Attempt, error_texts: ErrorTexts) -> str | None:
    """What may be said of why an attempt failed; None where there is nothing."""
    texts = error_texts.get(event.error_type) if event.error_type is not None else None
    return texts[event.batch_id % len(texts)] if texts else None


_ENDED: Final = {"success": "applied", "retry": "to be retried", "error": "failed"}


class JsonFormatter(logging.Formatter):
    """Renders a record, with an event or of a plain `logging` call, as one line of JSON.

    First come `timestamp`, `level`, `logger`, `message`, `event` and `run_id`, then the event's
    own fields. A plain call has its `extra` fields instead and no `event`; those that bear one
    of the six names become `extra_level` and the like. What JSON cannot hold is written as
    text, not-a-number and infinity as null; so is an integer beyond 64 bits as text, because
    readers disagree about it. A line of more than 64 KiB has its texts cut, and says so:
    `"truncated": true`.
    """

    def __init__(self, *, run_id: str) -> None:
        super().__init__()
        self._run_id = run_id
        self._encoder = msgspec.json.Encoder()

    def format(self, record: logging.LogRecord) -> str:
        """One line, without its end."""
        event = getattr(record, "event", None)
        told = type(event) in EVENT_NAMES
        fields = self._event_fields(record, event) if told else self._plain_fields(record)
        try:
            line = self._encoded(fields)
        except (TypeError, ValueError, OverflowError, RecursionError):
            fields = _safe(fields)
            line = self._encoded(fields)
        if len(line) >= LINE_LIMIT_BYTES:
            line = self._shortened(fields)
        return line.decode()

    def _event_fields(self, record: logging.LogRecord, event: Any) -> dict[str, Any]:
        own = msgspec.structs.asdict(event)
        if type(event) is Alert:  # which omits its defaults
            own = {key: own[key] for key in own if own[key] is not _ALERT_DEFAULTS.get(key, own)}
        return {
            "timestamp": iso(own.pop("time_us")),
            "level": record.levelname,
            "logger": record.name,
            "message": record.msg,
            "event": EVENT_NAMES[type(event)],
            "run_id": self._run_id,
            **own,
        }

    def _plain_fields(self, record: logging.LogRecord) -> dict[str, Any]:
        head = {
            "timestamp": iso(round(record.created * 1_000_000)),
            "level": record.levelname,
            "logger": record.name,
            "message": _message(record),
            "event": None,
            "run_id": self._run_id,
        }
        extra = {key: value for key, value in vars(record).items() if key not in _RESERVED}
        named = {f"extra_{key}" if key in head else key: extra[key] for key in extra}
        if record.exc_info:
            named["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            named["stack"] = record.stack_info
        fields: dict[str, Any] = _safe({**head, **named})
        return fields

    def _shortened(self, fields: dict[str, Any]) -> bytes:
        """The line with its long values cut; the first six alone where that is not enough."""
        cut = {key: _cut(value) for key, value in fields.items()} | {"truncated": True}
        line = self._encoded(cut)
        if len(line) < LINE_LIMIT_BYTES:
            return line
        return self._encoded({key: cut[key] for key in [*list(cut)[:6], "truncated"]})

    def _encoded(self, fields: dict[str, Any]) -> bytes:
        return self._encoder.encode(fields)


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001  # the caller's arguments do not fit the caller's format
        return f"{_text(record.msg)} {_text(record.args)}"


def _safe(value: Any, depth: int = 0) -> Any:
    """The same in JSON's own types, with whatever JSON cannot hold turned to text."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Integral | float):
        return _number(value)
    if depth < _DEEPEST and isinstance(value, dict):
        return {_text(key): _safe(each, depth + 1) for key, each in value.items()}
    if depth < _DEEPEST and isinstance(value, list | tuple | set | frozenset):
        return [_safe(each, depth + 1) for each in value]
    return _text(value)


def _number(value: Integral | float) -> int | float | str | None:
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    whole = int(value)
    return whole if -(2**63) <= whole < 2**63 else _text(value)


def _text(value: Any) -> str:
    """As text that UTF-8 can hold: lone surrogates become replacement marks."""
    try:
        return str(value).encode(errors="surrogatepass").decode(errors="replace")
    except Exception:  # noqa: BLE001  # a metadata object's own __str__ must not stop the bot
        return f"<{type(value).__name__}>"


def _cut(value: Any) -> Any:
    """A value whose text is short as it is, else the beginning of its text."""
    text = _text(value)
    return value if len(text) <= _CUT_TO else text[:_CUT_TO]
