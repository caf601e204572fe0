"""What both stacks of metrics have in common: everything but how attempts are counted."""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Final

from prometheus_client import Counter, Gauge, disable_created_metrics
from prometheus_client.registry import Collector

from simlab.events import Alert, Event, Sample
from simlab.telemetry.exposition import exposition
from simlab.telemetry.families import HELP, edges_of
from simlab.telemetry.registry import Registry
from simlab.telemetry.resources import Reading
from simlab.telemetry.standing import Dropped, Firing, Flushes, Losses, RuleValues, Totals, Values

_UNREAD: Final = ("cpu_percent", "mem_usage_mb", "host_cpu_percent", "inv_cpu_limit_cores",
                  "inv_mem_limit_bytes")  # fmt: skip


class MetricStack(ABC):
    """Keeps the metrics by the events it observes, in a registry of its own.

    Args:
        rules: the names of the alert rules, so that each has its series from the start.
        slow_s: the slow-batch threshold [s].
        edges_s: where the histogram must have an edge, beside the slow-batch threshold [s].
        values: tells what each rule is judged by now; called at each scrape, in its thread.
        dropped: tells what others lost since the start, by reason; called likewise.
        flushes: tells how often the log was flushed, and how long that took; called likewise.

    Attributes:
        registry: what is scraped.
        now_us: the latest time of an event; the default stack leaves attempts out.
    """

    def __init__(
        self,
        *,
        rules: Sequence[str] = (),
        slow_s: float = 2.0,
        edges_s: Sequence[float] = (),
        values: Values | None = None,
        dropped: Losses | None = None,
        flushes: Totals | None = None,
    ) -> None:
        disable_created_metrics()  # they double an exposition
        self.registry = Registry()
        self.now_us = 0
        for collector in self._counting(slow_s, edges_of(slow_s, tuple(edges_s))):
            self.registry.register(collector)
        self._gauges = {name: gauge(name) for name in _UNREAD}
        self._read, self._written = counter("inv_disk_read_bytes"), counter("inv_disk_write_bytes")
        self._firing = Firing(rules)
        self._values = RuleValues(rules, values)
        self._is_read = False
        for collector in (
            *self._gauges.values(), self._read, self._written, self._firing, self._values,
            Dropped(self._lost, dropped), Flushes(flushes),
        ):  # fmt: skip
            self.registry.register(collector)
        for name in _UNREAD:
            self._gauges[name].set(math.nan)

    @abstractmethod
    def emit(self, event: Event) -> None:
        """Count one event."""

    def read(self, reading: Reading) -> None:
        """Show a reading of the real machine; from now on samples are not shown."""
        self._is_read = True
        self._show(reading.cpu_percent, reading.mem_usage_mb)
        self._gauges["host_cpu_percent"].set(reading.host_cpu_percent)
        self._gauges["inv_cpu_limit_cores"].set(reading.cpu_limit_cores)
        self._gauges["inv_mem_limit_bytes"].set(reading.mem_limit_bytes)
        self._read.inc(reading.disk_read_bytes)
        self._written.inc(reading.disk_write_bytes)

    def exposition(self) -> bytes:
        """What a scrape would get now."""
        return exposition(self.registry)

    @abstractmethod
    def _counting(self, slow_s: float, edges_s: list[float]) -> Iterable[Collector]:
        """What counts attempts, in the order of an exposition."""

    def _lost(self) -> dict[str, int]:
        """What the metrics themselves lost: what a label is beyond, and scrapes that failed.

        Rules' values are looked up at each scrape, and those beyond count at each.
        """
        beyond = self._firing.labels.beyond + self._values.labels.beyond
        return {"series": beyond, "scrape": self.registry.failed}

    def _other(self, event: Event) -> None:
        self.now_us = max(self.now_us, event.time_us)
        if type(event) is Alert:
            self._firing.tell(event)
        elif type(event) is Sample and not self._is_read:
            self._show(event.cpu_percent, event.mem_usage_mb)
            self._read.inc(event.disk_read_bytes)
            self._written.inc(event.disk_write_bytes)

    def _show(self, cpu_percent: float, mem_usage_mb: float) -> None:
        self._gauges["cpu_percent"].set(cpu_percent)
        self._gauges["mem_usage_mb"].set(mem_usage_mb)


def counter(name: str, *labels: str) -> Counter:
    """A counter of the contract, in no registry yet."""
    return Counter(name, HELP[name], labels, registry=None)


def gauge(name: str) -> Gauge:
    """A gauge of the contract, in no registry yet."""
    return Gauge(name, HELP[name], registry=None)
