"""What the stacks of other libraries have in common with the plain one: metrics and rules."""

from abc import ABC, abstractmethod
from typing import Any, Final, TypeAlias

import msgspec

from simlab.alerts.live import Evaluator
from simlab.alerts.rules_file import strategy_rules
from simlab.clock import iso
from simlab.events import Alert, Attempt
from simlab.run.telemetry import metrics_of
from simlab.telemetry.stack import MetricStack

RUN_ID: Final = "bench"
Told: TypeAlias = Attempt | Alert


class JudgedStack(ABC):
    """A log of some library's beside the plain stack's metrics and the strategy's three rules.

    So its bill differs from the plain stack's by the log alone.

    Attributes:
        metrics: what would be scraped.
    """

    metrics: MetricStack

    def __init__(self) -> None:
        evaluator = Evaluator(strategy_rules(), run_id=RUN_ID)
        self.metrics = metrics_of(
            "plain",
            evaluator.rules,
            values=lambda: evaluator.values,
            dropped=lambda: {"log": self.dropped},
            flushes=lambda: (0, 0.0),
        )
        self._count, self._judge = self.metrics.emit, evaluator.observe

    def emit(self, event: Attempt) -> None:
        """Judge, log and count one event, and the alerts it brings."""
        alerts = self._judge(event)
        self._log(event)
        self._count(event)
        for alert in alerts:
            self._log(alert)
            self._count(alert)

    def drain(self) -> None:
        """Return when every line is in the file and the metrics have been read once."""
        self.metrics.exposition()

    @abstractmethod
    def close(self) -> None:
        """Write what is left, and give back threads and files."""

    @property
    def dropped(self) -> int:
        """How many lines it knows that it lost."""
        return 0

    @abstractmethod
    def _log(self, event: Told) -> None:
        """Have one line written, now or later."""


def fields_of(event: Told) -> dict[str, Any]:
    """What a line holds beside its level, logger and message: for an attempt a row's nine fields."""
    if isinstance(event, Alert):
        own = msgspec.structs.asdict(event)
        return {"event": "alert", "run_id": RUN_ID, "timestamp": iso(own.pop("time_us")), **own}
    return {
        "event": "attempt",
        "run_id": RUN_ID,
        "timestamp": iso(event.time_us),
        "duration": event.duration,
        "status": event.status,
        "warehouse_id": event.warehouse_id,
        "batch_id": event.batch_id,
        "attempt": event.attempt,
        "batch_size": event.batch_size,
        "queue_wait": event.queue_wait,
        "error_type": event.error_type,
    }
