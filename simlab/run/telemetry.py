"""Which telemetry a run has: the strategy's own stack, or the one that costs little."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from simlab.alerts.rule import Rule
from simlab.errors import OutputError
from simlab.events import Event
from simlab.telemetry.crashsafe import CrashSafeLog
from simlab.telemetry.handler import LineFileHandler
from simlab.telemetry.jsonlog import ErrorTexts, JsonFormatter, record_of
from simlab.telemetry.metrics import Metrics
from simlab.telemetry.plain import PlainMetrics
from simlab.telemetry.plainlog import PlainLog
from simlab.telemetry.stack import MetricStack
from simlab.telemetry.standing import Values

TelemetryName: TypeAlias = Literal["default", "plain"]


class EventLog(Protocol):
    """A log of events."""

    @property
    def dropped(self) -> int:
        """How many lines could not be written."""

    @property
    def flushes(self) -> tuple[int, float]:
        """How often lines were written in the background, and how long that took [s]."""

    def emit(self, event: Event) -> None:
        """Keep the line of an event."""

    def flush(self) -> None:
        """Write what is left."""

    def close(self) -> None:
        """Write what is left, and close the file."""


class AlertsFile:
    """Alerts as lines of a file of their own, each there as soon as it is told: an observer.

    Args:
        path: the file; its directory is made.
        run_id: told in each line.

    Attributes:
        handler: what writes it.

    Raises:
        OutputError: it cannot be written.
    """

    def __init__(self, path: Path, *, run_id: str) -> None:
        try:
            self.handler = LineFileHandler(path)
        except OSError as error:
            raise OutputError(f"{path}: alerts cannot be written: {error.strerror}") from None
        self.handler.setFormatter(JsonFormatter(run_id=run_id))

    @property
    def dropped(self) -> int:
        """How many lines could not be written."""
        return self.handler.dropped

    def emit(self, event: Event) -> None:
        """Write one line."""
        self.handler.handle(record_of(event))

    def close(self) -> None:
        """Close the file."""
        self.handler.close()


def log_of(name: TelemetryName, path: Path, *, run_id: str, error_texts: ErrorTexts) -> EventLog:
    """The run's log: by the standard library's handler, or safe from a kill.

    Raises:
        OutputError: it cannot be written, or another process writes it.
    """
    if name == "plain":
        return PlainLog(path, run_id=run_id, error_texts=error_texts)
    return CrashSafeLog(path, run_id=run_id, error_texts=error_texts)


def metrics_of(
    name: TelemetryName,
    rules: Sequence[Rule],
    *,
    values: Values,
    dropped: Callable[[], Mapping[str, int]],
    flushes: Callable[[], tuple[int, float]],
) -> MetricStack:
    """Metrics whose histogram has an edge wherever a rule on durations has its threshold.

    Args:
        name: the library's own counters, or cells that are added up in passing.
        rules: the alert rules.
        values: what each rule was last judged by.
        dropped: what was lost since the start, by whom.
        flushes: how often the log was flushed, and how long that took [s].
    """
    on_durations = [rule for rule in rules if rule.signal == "duration" and rule.in_unit]
    edges_s = [rule.limit for rule in on_durations if rule.limit > 0]
    stack = PlainMetrics if name == "plain" else Metrics
    return stack(
        rules=[rule.name for rule in rules],
        slow_s=edges_s[0] if edges_s else 2.0,
        edges_s=edges_s,
        values=values,
        dropped=dropped,
        flushes=flushes,
    )
