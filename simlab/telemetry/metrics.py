"""The bot's metrics: every KPI of the strategy under its own name, in a registry of its own."""

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import SummaryMetricFamily
from prometheus_client.metrics_core import Metric

from simlab.clock import US_PER_S
from simlab.events import Alert, Attempt, Event, Sample

QUANTILES: Final = (0.5, 0.95, 0.99)
_QUANTILE_WINDOW_US: Final = 600 * US_PER_S
_HOUR_US: Final = 3600 * US_PER_S
_RATIO_WINDOW: Final = 100
_EDGES_S: Final = (0.05, 0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 7.5, 10.0, 30.0)


class Durations:
    """The summary `inv_batch_seconds`, with the quantiles that the library's `Summary` lacks.

    They are exact over the durations of the last ten minutes, by the events' own time.

    Attributes:
        now_us: the time of the last event.
    """

    def __init__(self) -> None:
        self.now_us = 0
        self._count = 0
        self._sum_s = 0.0
        self._recent: deque[tuple[int, float]] = deque()

    def observe(self, duration_s: float) -> None:
        """Add one attempt that ended now."""
        self._count += 1
        self._sum_s += duration_s
        recent = self._recent
        recent.append((self.now_us, duration_s))
        while recent[0][0] <= self.now_us - _QUANTILE_WINDOW_US:
            recent.popleft()

    def collect(self) -> Iterator[Metric]:
        """The family as it stands; quantiles are NaN when no attempt ended in the window."""
        family = SummaryMetricFamily(
            "inv_batch_seconds", "How long attempts worked [s]; quantiles of the last 10 min."
        )
        since_us = self.now_us - _QUANTILE_WINDOW_US
        recent = list(self._recent)  # in one step, since the bot goes on while this is scraped
        seconds = np.array([duration for time_us, duration in recent if time_us > since_us])
        for quantile in QUANTILES:
            value = float(np.quantile(seconds, quantile)) if len(seconds) else float("nan")
            family.add_sample("inv_batch_seconds", {"quantile": str(quantile)}, value)
        family.add_metric([], count_value=self._count, sum_value=self._sum_s)
        yield family


class Metrics:
    """Keeps the metrics by the events it observes.

    Args:
        rules: the names of the alert rules, so that each has its series from the start.
        slow_s: the slow-batch threshold [s].
        edges_s: where the histogram must have an edge, beside the slow-batch threshold [s].
    """

    def __init__(
        self, *, rules: Sequence[str] = (), slow_s: float = 2.0, edges_s: Sequence[float] = ()
    ) -> None:
        disable_created_metrics()  # they double an exposition
        self.registry = CollectorRegistry()
        self._slow_s = slow_s
        self._durations = Durations()
        self.registry.register(self._durations)
        self._bind(sorted({*_EDGES_S, slow_s, *edges_s}))
        for rule in rules:
            self._firing.labels(rule)
        self._recent_errors: deque[int] = deque()
        self._finished: deque[bool] = deque(maxlen=_RATIO_WINDOW)
        self._successes = 0
        self._failures = 0
        self._now_us = 0

    def _bind(self, edges_s: Sequence[float]) -> None:
        to = self.registry
        self._histogram = Histogram(
            "inv_batch_duration_seconds", "How long attempts worked.", buckets=edges_s, registry=to
        )
        self._batches = Counter(
            "inv_batches", "Attempts by how they ended.", ["status"], registry=to
        )
        self._errors = Counter(
            "inv_errors", "Failed attempts by error.", ["error_type"], registry=to
        )
        self._retried = Counter("inv_retries", "Attempts that are tried again.", registry=to)
        self._slow = Counter(
            "inv_slow_batches", "Attempts above the slow-batch threshold.", registry=to
        )
        self._read = Counter("inv_disk_read_bytes", "Bytes read from disk.", registry=to)
        self._written = Counter("inv_disk_write_bytes", "Bytes written to disk.", registry=to)
        self._cpu = Gauge("cpu_percent", "CPU of the bot's process [%].", registry=to)
        self._mem = Gauge("mem_usage_mb", "Memory of the bot's process [MB].", registry=to)
        for unread in (self._cpu, self._mem):  # until the first sample
            unread.set(float("nan"))
        self._retry_count = Gauge("retry_count", "Retries in this run.", registry=to)
        self._firing = Gauge("inv_alert_firing", "Whether a rule fires.", ["rule"], registry=to)
        hourly = Gauge("inv_error_count", "Failed batches in the last hour.", registry=to)
        hourly.set_function(self._errors_last_hour)
        success = Gauge(
            "batch_success_rate", "Successful / finished batches, this run.", registry=to
        )
        success.set_function(self._success_rate)
        ratio = Gauge("inv_error_ratio", "Errors among the last 100 finished batches.", registry=to)
        ratio.set_function(self._error_ratio)

    def emit(self, event: Event) -> None:
        """Count one event."""
        self._now_us = self._durations.now_us = event.time_us
        if type(event) is Attempt:
            self._attempt(event)
        elif type(event) is Sample:
            self._cpu.set(event.cpu_percent)
            self._mem.set(event.mem_usage_mb)
            self._read.inc(event.disk_read_bytes)
            self._written.inc(event.disk_write_bytes)
        elif type(event) is Alert:
            self._firing.labels(event.rule).set(event.state == "firing")

    def exposition(self) -> bytes:
        """What a scrape would get now."""
        return generate_latest(self.registry)

    def _attempt(self, event: Attempt) -> None:
        self._durations.observe(event.duration)
        self._histogram.observe(event.duration)
        self._batches.labels(event.status).inc()
        if event.error_type is not None:
            self._errors.labels(event.error_type).inc()
        if event.duration > self._slow_s:
            self._slow.inc()
        if event.status == "retry":
            self._retried.inc()
            self._retry_count.inc()
        else:
            self._finish(event.time_us, failed=event.status == "error")

    def _finish(self, time_us: int, *, failed: bool) -> None:
        self._finished.append(failed)
        self._failures += failed
        self._successes += not failed
        if failed:
            self._recent_errors.append(time_us)
        while self._recent_errors and self._recent_errors[0] <= time_us - _HOUR_US:
            self._recent_errors.popleft()

    def _errors_last_hour(self) -> float:
        since_us = self._now_us - _HOUR_US
        return sum(time_us > since_us for time_us in list(self._recent_errors))

    def _success_rate(self) -> float:
        finished = self._successes + self._failures
        return self._successes / finished if finished else float("nan")

    def _error_ratio(self) -> float:
        finished = list(self._finished)
        return sum(finished) / _RATIO_WINDOW if len(finished) == _RATIO_WINDOW else float("nan")
