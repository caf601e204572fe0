"""A registry in which one collector that fails costs its own metrics alone."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector


class Registry(CollectorRegistry):
    """One run's own, never the global one.

    Where a collector raises, its metrics are missing from that scrape and the others are there.

    Attributes:
        failed: how often a collector raised.
    """

    def __init__(self) -> None:
        super().__init__()
        self.failed = 0
        self._guards: dict[Collector, _Guarded] = {}

    def register(self, collector: Collector) -> None:
        """Add a collector.

        Raises:
            ValueError: it has a name that is taken.
        """
        guard = _Guarded(collector, self)
        super().register(guard)
        self._guards[collector] = guard

    def unregister(self, collector: Collector) -> None:
        """Take a collector out again."""
        super().unregister(self._guards.pop(collector))


class _Guarded(Collector):
    def __init__(self, collector: Collector, registry: Registry) -> None:
        self._collector = collector
        self._registry = registry

    def describe(self) -> Iterable[Metric]:
        """What the collector says of itself, so that names cannot clash."""
        told = getattr(self._collector, "describe", None)
        return told() if told is not None else ()

    def collect(self) -> Iterable[Metric]:
        """Its metrics; none when it raises."""
        try:
            return list(self._collector.collect())
        except Exception:  # noqa: BLE001  # whatever it is, the other metrics are wanted
            self._registry.failed += 1
            return []
