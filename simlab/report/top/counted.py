"""A run's metrics counted from the events of its log, as the bot counts them itself."""

from collections.abc import Sequence

from simlab.alerts.live import Evaluator
from simlab.alerts.rule import Rule
from simlab.events import Attempt, Event, RunFinished, Sample
from simlab.report.top.reading import Reading, reading_of
from simlab.telemetry.metrics import Metrics


class Counted:
    """What is known of one run.

    Whether a rule fires is what the alert events say; its value is judged here, by the rules given.

    Args:
        rules: of distinct names.
        step_us: at least so long is between two readings, by the events' own time [µs].

    Attributes:
        now_us: the time of the latest event [us since 1970]; 0 before the first.
        is_finished: whether the run has ended.

    Raises:
        ConfigError: a rule watches what no bot emits.
    """

    def __init__(self, rules: Sequence[Rule], *, step_us: int) -> None:
        self._evaluator = Evaluator(rules, run_id="top")
        self._metrics = Metrics(
            rules=[rule.name for rule in rules], values=lambda: self._evaluator.values
        )
        self._step_us = step_us
        self._slot = 0
        self.now_us = 0
        self.is_finished = False

    def take(self, event: Event) -> Reading | None:
        """Count an event; the metrics before it where a step has passed since the last ones."""
        slot = event.time_us // self._step_us
        due = self.reading() if slot > self._slot and self.now_us else None
        self._slot = max(self._slot, slot)
        self.now_us = max(self.now_us, event.time_us)
        self._metrics.emit(event)
        if isinstance(event, Attempt | Sample):
            self._evaluator.observe(event)
        elif isinstance(event, RunFinished):
            self.is_finished = True
        return due

    def reading(self) -> Reading:
        """The metrics as they stand."""
        return reading_of(self._metrics.registry.collect(), self.now_us)
