"""From the bot to its observers: each event, and the alerts that it brings."""

import math
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from simlab.alerts.live import Evaluator
from simlab.dataset.recorder import Recorder
from simlab.events import Alert, Attempt, Degraded, Event, Observer, RunFinished, Sample
from simlab.run.losses import Losses
from simlab.run.telemetry import AlertsFile, TelemetryName, log_of, metrics_of
from simlab.telemetry.jsonlog import NO_TEXTS, ErrorTexts
from simlab.telemetry.resources import cpu_s, memory_mb

LOG: Final = Path("logs") / "inventory.log"
ALERTS: Final = Path("alerts.jsonl")


class Enough(Exception):  # noqa: N818  # no error, but how the loop is left
    """As many attempts have ended as were wanted."""


class Relay:
    """Passes each event on to the log, the metrics and the record, and the alerts it brings.

    An observer that fails loses the event, which is counted and told in the log; the bot goes on.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        folder: Path,
        *,
        run_id: str,
        telemetry: TelemetryName = "default",
        timed: bool = True,
        most_attempts: int | None = None,
        report: Callable[[int], None] | None,
        error_texts: ErrorTexts = NO_TEXTS,
    ) -> None:
        self._evaluator = evaluator
        self._log = log_of(telemetry, folder / LOG, run_id=run_id, error_texts=error_texts)
        self._alerts = AlertsFile(folder / ALERTS, run_id=run_id)
        self.metrics = metrics_of(
            telemetry,
            evaluator.rules,
            values=lambda: evaluator.values,
            dropped=lambda: self.dropped,
            flushes=(lambda: self._log.flushes) if timed else (lambda: (0, 0.0)),
        )
        self.recorder = Recorder(report)
        self._emits: dict[str, Callable[[Event], None]] = {
            "log": self._log.emit, "metrics": self.metrics.emit, "record": self.recorder.emit,
        }  # fmt: skip
        self._losses = Losses(
            {"log": lambda: self._log.dropped, "alerts": lambda: self._alerts.dropped}
        )
        self._curious: list[Callable[[int, BaseException], None]] = []
        self._busy = self._stopped = False
        self._left = -1 if most_attempts is None else most_attempts
        self.alerts = 0

    @property
    def dropped(self) -> dict[str, int]:
        """How many events were lost, by who failed to take them; whoever lost none is not in it."""
        return self._losses.by_part

    def add(
        self,
        name: str,
        observer: Observer,
        *,
        lost: Callable[[], int] = lambda: 0,
        caught: Callable[[int, BaseException], None] | None = None,
    ) -> None:
        """Pass events on to one more.

        Args:
            name: under which its losses are counted.
            observer: who is told.
            lost: how many events it failed to pass on itself.
            caught: is shown each exception that an attempt ended with, and the batch's id.
        """
        self._emits[name] = observer.emit
        self.count(name, lost)
        if caught is not None:
            self._curious.append(caught)

    def count(self, name: str, lost: Callable[[], int]) -> None:
        """Count what something beside the observers lost, under a name."""
        self._losses.count(name, lost)

    def caught(self, batch_id: int, error: BaseException) -> None:
        """Show an exception that an attempt ended with to who would know; none is raised here."""
        for show in self._curious:
            with suppress(Exception):  # telemetry never stops a batch
                show(batch_id, error)

    def emit(self, event: Event) -> None:
        """Tell all observers of an event and of the alerts it brings, in the order of time.

        Raises:
            KeyboardInterrupt: someone asked meanwhile to stop.
            Enough: that was the last attempt that was wanted.
        """
        self._busy = True
        if (type(event) is Attempt or type(event) is Sample) and (alerts := self._judged(event)):
            self._tell_with(alerts, event)
        else:
            self._tell(event)
        if type(event) is not Attempt:  # those are many, and samples come often enough
            self._tell_losses(self._losses.news, event.time_us)
        elif self._left >= 0:
            self._left -= 1
        self._busy = False
        if self._stopped:
            raise KeyboardInterrupt
        if not self._left:
            raise Enough

    def stop(self, *_: object) -> None:
        """Stop the bot: at once, or after the event that is being told.

        Raises:
            KeyboardInterrupt: no event is being told.
        """
        self._stopped = True
        if not self._busy:
            raise KeyboardInterrupt

    def finish(self, figures: dict[str, float], time_us: int) -> None:
        """Tell how the run ended."""
        for alert in self._judged_at_last(time_us):
            self._alert(alert)
        self._tell_losses(self._losses.totals, time_us)
        told = {name: None if math.isnan(value) else value for name, value in figures.items()}
        self._tell(RunFinished(time_us, told, round(cpu_s(), 3), round(memory_mb(), 1)))

    def close(self) -> None:
        """Close the files."""
        for part, file in (("log", self._log), ("alerts", self._alerts)):
            try:
                file.close()
            except Exception:  # noqa: BLE001  # what the run did is worth more
                self._losses.failed(part)

    def _tell_with(self, alerts: tuple[Alert, ...], event: Event) -> None:
        """Tell of an event, and before or after it of the alerts that it brings."""
        late = [alert for alert in alerts if alert.time_us >= event.time_us]
        for alert in alerts[: len(alerts) - len(late)]:
            self._alert(alert)
        self._tell(event)
        for alert in late:
            self._alert(alert)

    def _judged(self, event: Attempt | Sample) -> tuple[Alert, ...]:
        """The alerts that an event brings, in the order of time."""
        try:
            return self._evaluator.observe(event)
        except Exception:  # noqa: BLE001  # telemetry never stops a batch
            self._losses.failed("rules")
            return ()

    def _judged_at_last(self, time_us: int) -> tuple[Alert, ...]:
        """The alerts that the end brings."""
        try:
            return self._evaluator.finish(time_us)
        except Exception:  # noqa: BLE001  # telemetry never stops a batch
            self._losses.failed("rules")
            return ()

    def _tell(self, event: Event) -> None:
        for name, tell in self._emits.items():
            try:
                tell(event)
            except Exception:  # noqa: BLE001  # telemetry never stops a batch
                self._losses.failed(name)

    def _alert(self, alert: Alert) -> None:
        self.alerts += 1
        self._tell(alert)
        try:
            self._alerts.emit(alert)
        except Exception:  # noqa: BLE001  # telemetry never stops a batch
            self._losses.failed("alerts")

    def _tell_losses(self, losses: Callable[[int], Iterable[Degraded]], time_us: int) -> None:
        """Tell what was lost; what is lost in telling that is told the next time."""
        with suppress(Exception):  # telemetry never stops a batch
            for degraded in losses(time_us):
                self._tell(degraded)
