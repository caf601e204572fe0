"""What a line of a bot's log tells an orchestrator."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from simlab.events import Alert

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_RUN_EVENTS: Final = frozenset({"run_started", "run_finished"})


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A line that an orchestrator may act on: an alert, or where a run begins or ends.

    Attributes:
        time_us: when it was told.
        run_id: by which run; empty where the line does not say.
        alert: what it tells; None where a run begins or ends.
        line: the line as it stands in the log, without its end.
    """

    time_us: int
    run_id: str
    alert: Alert | None
    line: bytes


class _Head(msgspec.Struct):
    timestamp: str
    event: str | None
    run_id: str | None = None


_HEAD: Final = msgspec.json.Decoder(_Head)


class ForeignError(Exception):
    """A line that is not a bot's, or an alert that lacks what an alert has."""


def told_by(line: bytes) -> Told | None:
    """What a line tells; None for a line of ours that tells an orchestrator nothing.

    Raises:
        ForeignError: it is no line of ours.
    """
    try:
        head = _HEAD.decode(line)
        if head.event == "alert":
            return _alert_told(head, line)
        if head.event not in _RUN_EVENTS:
            return None
        return Told(time_us=moment_us(head.timestamp), run_id=head.run_id or "", alert=None, line=line)  # fmt: skip
    except (ValueError, OverflowError, RecursionError) as error:  # msgspec's own are ValueErrors
        raise ForeignError(str(error)) from None


def moment_us(text: str) -> int:
    """The moment that ISO 8601 text means [us since 1970]; UTC where it names no offset.

    Raises:
        ValueError: it means none.

    >>> moment_us("1970-01-01T00:00:01.5Z")
    1500000
    """
    moment = datetime.fromisoformat(text)
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (zoned - _EPOCH) // _MICROSECOND


def _alert_told(head: _Head, line: bytes) -> Told:
    time_us = moment_us(head.timestamp)
    fields: dict[str, Any] = msgspec.json.decode(line)
    alert = msgspec.convert({**fields, "time_us": time_us}, Alert)
    moment_us(alert.started_at)  # which receivers rely on
    return Told(time_us=time_us, run_id=head.run_id or "", alert=alert, line=line)
