"""The metrics as the strategy has them: `prometheus_client`'s own `Summary` and `Counter`."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import numpy as np
from prometheus_client import Gauge, Histogram, Summary
from prometheus_client.core import SummaryMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from simlab.events import Attempt, Event
from simlab.telemetry.families import HELP, QUANTILES, STATUSES
from simlab.telemetry.labels import Labels
from simlab.telemetry.outcomes import Outcomes
from simlab.telemetry.sketch import MOST, window_start_us
from simlab.telemetry.stack import MetricStack, counter, gauge

_DURATIONS: Final = "inv_batch_seconds"


class PlainMetrics(MetricStack):
    """The strategy to the letter: the baseline that the default stack is measured against."""

    def emit(self, event: Event) -> None:
        """Count one event."""
        if type(event) is Attempt:
            self._attempt(event)
        else:
            self._other(event)

    def _counting(self, slow_s: float, edges_s: list[float]) -> Iterable[Collector]:
        self._slow_s = slow_s
        self._outcomes = Outcomes()
        self._error_labels, self._status_labels = Labels(), Labels()
        self._refused = 0
        self._durations = _Durations(lambda: self.now_us)
        self._histogram = Histogram(
            "inv_batch_duration_seconds", HELP["inv_batch_duration_seconds"], buckets=edges_s,
            registry=None,
        )  # fmt: skip
        self._batches = counter("inv_batches", "status")
        for status in STATUSES:
            self._batches.labels(self._status_labels.of(status))
        self._errors = counter("inv_errors", "error_type")
        self._retried, self._retry_count = counter("inv_retries"), gauge("retry_count")
        self._slow = counter("inv_slow_batches")
        outcomes = self._outcomes
        return (
            self._durations, self._histogram, self._batches, self._errors,
            _told("inv_error_count", lambda: outcomes.failed_last_hour(self.now_us)),
            self._retried, self._retry_count,
            _told("batch_success_rate", lambda: outcomes.success_rate),
            _told("inv_error_ratio", lambda: outcomes.error_ratio),
            self._slow,
        )  # fmt: skip

    def _attempt(self, attempt: Attempt) -> None:
        if not 0 <= attempt.duration <= MOST:
            self._refused += 1
            return
        self.now_us = max(self.now_us, attempt.time_us)
        self._durations.observe(attempt.time_us, attempt.duration)
        self._histogram.observe(attempt.duration)
        self._batches.labels(self._status_labels.of(attempt.status)).inc()
        if attempt.error_type is not None:
            self._errors.labels(self._error_labels.of(attempt.error_type)).inc()
        if attempt.duration > self._slow_s:
            self._slow.inc()
        if attempt.status == "retry":
            self._retried.inc()
            self._retry_count.inc()
        else:
            self._outcomes.add(attempt.time_us, failed=attempt.status == "error")

    def _lost(self) -> dict[str, int]:
        lost = super()._lost()
        lost["series"] += self._error_labels.beyond + self._status_labels.beyond
        return lost | {"value": self._refused}


def _told(name: str, function: Callable[[], float]) -> Gauge:
    told = gauge(name)
    told.set_function(function)
    return told


class _Durations(Collector):
    """A `Summary` with the quantiles that the library's lacks: exact, over ten minutes."""

    def __init__(self, now_us: Callable[[], int]) -> None:
        self._now_us = now_us
        self._summary = Summary(_DURATIONS, HELP[_DURATIONS], registry=None)
        self._recent: deque[tuple[int, float]] = deque()

    def observe(self, time_us: int, duration_s: float) -> None:
        """Add one attempt."""
        self._summary.observe(duration_s)
        recent = self._recent
        recent.append((time_us, duration_s))
        since_us = window_start_us(time_us)
        while recent[0][0] < since_us:
            recent.popleft()

    def describe(self) -> Iterable[Metric]:
        """The name alone."""
        return (SummaryMetricFamily(_DURATIONS, HELP[_DURATIONS]),)

    def collect(self) -> Iterator[Metric]:
        """The family as it stands; quantiles are NaN when no attempt ended in the window."""
        family = SummaryMetricFamily(_DURATIONS, HELP[_DURATIONS])
        since_us = window_start_us(self._now_us())
        recent = list(self._recent)  # in one step, since the bot goes on while this is scraped
        seconds = [duration_s for time_us, duration_s in recent if time_us >= since_us]
        for share in QUANTILES:
            value = np.quantile(seconds, share, method="lower") if seconds else np.nan
            family.add_sample(_DURATIONS, {"quantile": str(share)}, float(value))
        for told in self._summary.collect():
            family.samples += told.samples
        yield family
