"""The bot's metrics: every KPI of the strategy under its own name, at a small price an event."""

from collections.abc import Iterable

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    SummaryMetricFamily,
)
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from simlab.events import Attempt, Event
from simlab.telemetry.cells import FOLD_AT, Cells
from simlab.telemetry.families import HELP, QUANTILES
from simlab.telemetry.stack import MetricStack


class Metrics(MetricStack):
    """The default stack: attempts go into cells, which are added up when there are many."""

    def emit(self, event: Event) -> None:
        """Count one event."""
        if type(event) is Attempt:
            pending = self._pending
            pending.append(event)
            if len(pending) >= FOLD_AT:
                self._cells.fold()
        else:
            self._other(event)

    def _counting(self, slow_s: float, edges_s: list[float]) -> Iterable[Collector]:
        self._cells = Cells(edges_s)
        self._pending = self._cells.pending
        return (_Attempts(self, self._cells, slow_s, edges_s),)

    def _lost(self) -> dict[str, int]:
        lost = super()._lost()
        lost["series"] += self._cells.beyond
        return lost | {"value": self._cells.refused}


class _Attempts(Collector):
    """All families that count attempts, of one moment."""

    def __init__(self, stack: Metrics, cells: Cells, slow_s: float, edges_s: list[float]) -> None:
        self._stack = stack
        self._cells = cells
        self._edges = [*map(floatToGoString, edges_s), "+Inf"]
        self._up_to_slow = edges_s.index(slow_s) + 1

    def describe(self) -> Iterable[Metric]:
        """The names alone."""
        return [Metric(family.name, "", family.type) for family in self._families()]

    def collect(self) -> list[Metric]:
        """The families as they stand."""
        self._cells.fold()
        with self._cells.lock:
            return self._families()

    def _families(self) -> list[Metric]:
        cells, outcomes = self._cells, self._cells.outcomes
        now_us = max(self._stack.now_us, cells.now_us)
        retries = cells.by_status["retry"]
        slow = cells.buckets[self._up_to_slow :].sum()
        return [
            self._durations(now_us), self._histogram(),
            _counted("inv_batches", "status", cells.by_status),
            _counted("inv_errors", "error_type", cells.by_error),
            _gauge("inv_error_count", outcomes.failed_last_hour(now_us)),
            _counter("inv_retries", retries), _gauge("retry_count", retries),
            _gauge("batch_success_rate", outcomes.success_rate),
            _gauge("inv_error_ratio", outcomes.error_ratio),
            _counter("inv_slow_batches", slow),
        ]  # fmt: skip

    def _durations(self, now_us: int) -> Metric:
        name = "inv_batch_seconds"
        family = SummaryMetricFamily(name, HELP[name])
        told = self._cells.sketch.quantiles(QUANTILES, now_us)
        for share, value in zip(QUANTILES, told, strict=True):
            family.add_sample(name, {"quantile": str(share)}, value)
        family.add_metric([], int(self._cells.buckets.sum()), self._cells.sum_s)
        return family

    def _histogram(self) -> Metric:
        name = "inv_batch_duration_seconds"
        upto = self._cells.buckets.cumsum().tolist()
        buckets = list(zip(self._edges, upto, strict=True))
        return HistogramMetricFamily(name, HELP[name], buckets, self._cells.sum_s)


def _counted(name: str, label: str, counts: dict[str, int]) -> Metric:
    family = CounterMetricFamily(name, HELP[name], labels=[label])
    for text, count in counts.items():
        family.add_metric([text], count)
    return family


def _counter(name: str, value: float) -> Metric:
    return CounterMetricFamily(name, HELP[name], value)


def _gauge(name: str, value: float) -> Metric:
    return GaugeMetricFamily(name, HELP[name], value)
