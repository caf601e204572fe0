"""What `simlab run` has: a log that no kill takes lines from, metrics in cells."""

from pathlib import Path
from typing import ClassVar, Final

from simlab.alerts.live import Evaluator
from simlab.alerts.rules_file import strategy_rules
from simlab.events import Alert, Attempt
from simlab.run.telemetry import TelemetryName, log_of, metrics_of
from simlab.telemetry.crashsafe import recover as recover_log

LOG: Final = "inventory.log"


class Default:
    """Log, metrics and rules as a run puts them together."""

    telemetry: ClassVar[TelemetryName] = "default"

    def __init__(self, folder: Path) -> None:
        evaluator = Evaluator(strategy_rules(), run_id="bench")
        log = log_of(self.telemetry, folder / LOG, run_id="bench", error_texts={})
        self._log = log
        self._metrics = metrics_of(
            self.telemetry,
            evaluator.rules,
            values=lambda: evaluator.values,
            dropped=dict,
            flushes=lambda: log.flushes,
        )
        self._write, self._count = log.emit, self._metrics.emit
        self._judge = evaluator.observe

    @property
    def dropped(self) -> int:
        """Lines that could not be written."""
        return self._log.dropped

    def emit(self, event: Attempt) -> None:
        """Judge, write and count one event, and the alerts it brings."""
        alerts = self._judge(event)
        self._write(event)
        self._count(event)
        if alerts:
            self._tell(alerts)

    def drain(self) -> None:
        """Have the lines in the file and the cells added up."""
        self._log.flush()
        self._metrics.exposition()

    def close(self) -> None:
        """Close the log."""
        self._log.close()

    @staticmethod
    def recover(folder: Path) -> None:
        """Put into the log what a process that was killed had not written there yet."""
        recover_log(folder / LOG)

    def _tell(self, alerts: tuple[Alert, ...]) -> None:
        for alert in alerts:
            self._write(alert)
            self._count(alert)
