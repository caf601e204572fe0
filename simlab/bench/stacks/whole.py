"""All that a bot in wall time can have: the default stack, the sampler and Sentry, in parts."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from simlab.alerts.live import Evaluator
from simlab.alerts.rules_file import strategy_rules
from simlab.bench.stacks.default import LOG
from simlab.events import Alert, Attempt, Event
from simlab.run.telemetry import metrics_of
from simlab.telemetry.crashsafe import CrashSafeLog
from simlab.telemetry.sampler import Sampler

if TYPE_CHECKING:
    from collections.abc import Callable

    from simlab.telemetry.sentry import Sentry
    from simlab.telemetry.stack import MetricStack

PARTS: Final = ("log", "metrics", "alerts", "resources", "sentry")
READ_EVERY_S: Final = 0.01
"""A hundred times as often as in life, so that a short loop holds some readings."""
_MOST_WAITING: Final = 100_000
_SENT_WITHIN_S: Final = 30.0


class Whole:
    """The default stack with the sampler and Sentry beside it.

    Args:
        folder: of its own.
        without: the part that is left out; None leaves out none.
        sentry_dsn: where failed batches are reported; None goes without Sentry, too.
    """

    def __init__(
        self, folder: Path, *, without: str | None = None, sentry_dsn: str | None = None
    ) -> None:
        self._evaluator = Evaluator(strategy_rules(), run_id="bench")
        self._judge = _unjudged if without == "alerts" else self._evaluator.observe
        self._log = None if without == "log" else CrashSafeLog(folder / LOG, run_id="bench")
        self._metrics = None if without == "metrics" else self._metrics_of()
        self._sampler = None if without == "resources" else self._sampler_of()
        self._dsn = None if without == "sentry" else sentry_dsn
        self._begin()

    @property
    def dropped(self) -> int:
        """Lines that could not be written."""
        return self._log.dropped if self._log else 0

    def emit(self, event: Attempt) -> None:
        """Judge one event, and pass it and the alerts it brings on to each part."""
        alerts = self._judge(event)
        for take in self._takes:
            take(event)
        for alert in alerts:
            for take in self._takes:
                take(alert)

    def drain(self) -> None:
        """Have the lines in the file, the cells added up and the reports sent."""
        self._end()
        self._begin()

    def close(self) -> None:
        """End all threads, and close the log."""
        self._end()
        if self._sampler is not None:
            self._sampler.stop()
        if self._log is not None:
            self._log.close()

    def _begin(self) -> None:
        self._sentry = None if self._dsn is None else _sentry(self._dsn)
        parts = (self._log, self._metrics, self._sentry)
        self._takes: list[Callable[[Event], None]] = [
            part.emit for part in parts if part is not None
        ]

    def _end(self) -> None:
        if self._sentry is not None:
            self._sentry.close(_SENT_WITHIN_S)  # which is its only way to be drained
            self._sentry = None
        if self._log is not None:
            self._log.flush()
        if self._metrics is not None:
            self._metrics.exposition()

    def _metrics_of(self) -> "MetricStack":
        return metrics_of(
            "default",
            self._evaluator.rules,
            values=lambda: self._evaluator.values,
            dropped=dict,
            flushes=lambda: self._log.flushes if self._log else (0, 0.0),
        )

    def _sampler_of(self) -> Sampler:
        tell = (lambda _: None) if self._metrics is None else self._metrics.read
        sampler = Sampler(tell, every_s=READ_EVERY_S)
        sampler.start()
        return sampler


def _unjudged(_: Attempt) -> tuple[Alert, ...]:
    return ()


def _sentry(dsn: str) -> "Sentry":
    from simlab.telemetry.sentry import Sentry  # noqa: PLC0415  # of an extra, and slow to import

    return Sentry(dsn, run_id="bench", most_waiting=_MOST_WAITING)
