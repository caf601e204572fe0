"""From the bot to its observers: each event, and the alerts that it brings."""

import logging
import math
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final, TypeAlias

from simlab.alerts.live import Evaluator
from simlab.dataset.recorder import Recorder
from simlab.events import Alert, Attempt, Event, Observer, RunFinished, Sample
from simlab.telemetry.handler import Counting, PlainFileHandler, open_log
from simlab.telemetry.jsonlog import NO_TEXTS, ErrorTexts, JsonFormatter, record_of
from simlab.telemetry.metrics import Metrics
from simlab.telemetry.resources import cpu_s, memory_mb

LOG: Final = Path("logs") / "inventory.log"
_SignalHandler: TypeAlias = Callable[[int, FrameType | None], object] | signal.Handlers
ALERTS: Final = Path("alerts.jsonl")


class Enough(Exception):  # noqa: N818  # no error, but how the loop is left
    """As many attempts have ended as were wanted."""


class Relay:
    """Passes each event on to the log, the metrics and the record, and the alerts it brings.

    An observer that fails loses the event, which is counted; the bot goes on.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        metrics: Metrics,
        folder: Path,
        *,
        run_id: str,
        most_attempts: int | None = None,
        report: Callable[[int], None] | None,
        error_texts: ErrorTexts = NO_TEXTS,
    ) -> None:
        formatter = JsonFormatter(run_id=run_id)
        self._log = _Log(open_log(folder / LOG, formatter), error_texts)
        self._alerts = _Log(_plain_file(folder / ALERTS, formatter))
        self.metrics = metrics
        self.recorder = Recorder(report)
        self._observers: dict[str, Observer] = {
            "log": self._log, "metrics": metrics, "record": self.recorder,
        }  # fmt: skip
        self._evaluator = evaluator
        self._failed: Counter[str] = Counter()
        self._busy = self._stopped = False
        self._left = -1 if most_attempts is None else most_attempts
        self.alerts = 0

    @property
    def dropped(self) -> dict[str, int]:
        """How many events were lost, by who failed to take them; whoever lost none is not in it."""
        unwritten = Counter(log=self._log.dropped, alerts=self._alerts.dropped)
        return dict(+(self._failed + unwritten))

    def add(self, name: str, observer: Observer) -> None:
        """Pass events on to one more."""
        self._observers[name] = observer

    def emit(self, event: Event) -> None:
        """Tell all observers of an event and of the alerts it brings, in the order of time.

        Raises:
            KeyboardInterrupt: someone asked meanwhile to stop.
            Enough: that was the last attempt that was wanted.
        """
        self._busy = True
        alerts = self._judged(event)
        late = [alert for alert in alerts if alert.time_us >= event.time_us] if alerts else ()
        for alert in alerts[: len(alerts) - len(late)]:
            self._alert(alert)
        self._tell(event)
        for alert in late:
            self._alert(alert)
        self._busy = False
        if self._stopped:
            raise KeyboardInterrupt
        if self._left >= 0 and type(event) is Attempt:
            self._left -= 1
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
        for alert in self._evaluator.finish(time_us):
            self._alert(alert)
        told = {name: None if math.isnan(value) else value for name, value in figures.items()}
        self._tell(RunFinished(time_us, told, round(cpu_s(), 3), round(memory_mb(), 1)))

    def close(self) -> None:
        """Close the files."""
        self._log.close()
        self._alerts.close()

    def _judged(self, event: Event) -> tuple[Alert, ...]:
        """The alerts that an event brings, in the order of time."""
        if not isinstance(event, Attempt | Sample):
            return ()
        try:
            return self._evaluator.observe(event)
        except Exception:  # noqa: BLE001  # telemetry never stops a batch
            self._failed["rules"] += 1
            return ()

    def _tell(self, event: Event) -> None:
        for name, observer in self._observers.items():
            try:
                observer.emit(event)
            except Exception:  # noqa: BLE001  # telemetry never stops a batch
                self._failed[name] += 1

    def _alert(self, alert: Alert) -> None:
        self.alerts += 1
        self._tell(alert)
        self._alerts.emit(alert)


class _Log:
    """Events as the lines of a logging handler."""

    def __init__(self, handler: Counting, error_texts: ErrorTexts = NO_TEXTS) -> None:
        self._handler = handler
        self._error_texts = error_texts

    @property
    def dropped(self) -> int:
        """How many lines could not be written."""
        return self._handler.dropped

    def emit(self, event: Event) -> None:
        """Write one line."""
        self._handler.handle(record_of(event, self._error_texts))

    def close(self) -> None:
        """Close the file."""
        self._handler.close()


def _plain_file(path: Path, formatter: logging.Formatter) -> PlainFileHandler:
    handler = PlainFileHandler(path, encoding="utf-8")
    handler.setFormatter(formatter)
    return handler


@contextmanager
def stopping(relay: Relay) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM stop the bot between two events: all files tell of the same ones.

    A signal that means something else already is left alone, and so are all in other threads.
    """
    usual: dict[int, _SignalHandler] = {
        signal.SIGINT: signal.default_int_handler,
        signal.SIGTERM: signal.SIG_DFL,
    }
    ours = threading.current_thread() is threading.main_thread()
    taken = [number for number, how in usual.items() if ours and signal.getsignal(number) is how]
    for number in taken:
        signal.signal(number, relay.stop)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, usual[number])
