"""How the rules stand, and what telemetry lost: metrics that are looked up when scraped."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, SummaryMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from simlab.events import Alert
from simlab.telemetry.families import HELP
from simlab.telemetry.labels import OTHER, Labels, cleaned

Values: TypeAlias = Callable[[], Mapping[tuple[str, int | None], float]]
"""Tells what each rule is judged by now, by its name and the warehouse, None for all."""

Losses: TypeAlias = Callable[[], Mapping[str, int]]
"""Tells for each reason how much was lost since the start."""


Totals: TypeAlias = Callable[[], tuple[int, float]]
"""Tells how often something was done since the start, and how long that took in all [s]."""


class Firing(Collector):
    """`inv_alert_firing`: 1 while a rule fires, for any warehouse; each rule is there from the start."""

    def __init__(self, rules: Sequence[str]) -> None:
        self.labels = Labels()
        self._firing: dict[str, set[tuple[str, int | None]]] = {}
        for rule in rules:
            self._firing[self.labels.of(rule)] = set()

    def tell(self, alert: Alert) -> None:
        """Take note of an alert."""
        who = (alert.rule, alert.warehouse_id)
        firing = self._firing.setdefault(self.labels.of(alert.rule), set())
        firing.add(who) if alert.state == "firing" else firing.discard(who)

    def collect(self) -> Iterator[Metric]:
        """The family as it stands."""
        name = "inv_alert_firing"
        family = GaugeMetricFamily(name, HELP[name], labels=["rule"])
        for rule, firing in list(self._firing.items()):
            family.add_metric([rule], float(bool(firing)))
        yield family


class RuleValues(Collector):
    """`inv_rule_value`: NaN for a rule that has no value; what is beyond the bound is NaN too.

    A rule that tells warehouses apart has a series for each that it has met, by `warehouse_id`.
    """

    def __init__(self, rules: Sequence[str], values: Values | None) -> None:
        self._rules = tuple(rules)
        self._values = values
        self.labels = Labels()

    def collect(self) -> Iterator[Metric]:
        """The family as it stands."""
        name = "inv_rule_value"
        family = GaugeMetricFamily(name, HELP[name])
        values = self._values() if self._values is not None else {}
        known = {rule for rule, _ in values}
        told: dict[tuple[str, str | None], float] = {
            (self.labels.of(rule), None): math.nan for rule in self._rules if rule not in known
        }
        for (rule, warehouse_id), value in values.items():
            key = self._key(rule, warehouse_id)
            told[key] = math.nan if key in told else float(value)
        for (label, warehouse), value in told.items():
            apart = {} if warehouse is None else {"warehouse_id": warehouse}
            family.add_sample(name, {"rule": label, **apart}, value)
        yield family

    def _key(self, rule: str, warehouse_id: int | None) -> tuple[str, str | None]:
        """Its labels' values, so many at most."""
        if warehouse_id is None:
            return self.labels.of(rule), None
        pair = f"{rule}\n{warehouse_id}"
        return (
            (OTHER, None) if self.labels.of(pair) == OTHER else (cleaned(rule), str(warehouse_id))
        )


class Dropped(Collector):
    """`inv_telemetry_dropped_total`: what the metrics lost themselves, and what others tell of."""

    def __init__(self, own: Losses, others: Losses | None) -> None:
        self._own = own
        self._others = others
        self._labels = Labels()

    def collect(self) -> Iterator[Metric]:
        """The family as it stands."""
        name = "inv_telemetry_dropped"
        family = CounterMetricFamily(name, HELP[name], labels=["reason"])
        told: dict[str, float] = {}
        for losses in (self._own, self._others):
            for reason, count in losses().items() if losses is not None else ():
                label = self._labels.of(reason)
                told[label] = told.get(label, 0.0) + count
        for label, total in told.items():
            family.add_metric([label], total)
        yield family


class Flushes(Collector):
    """`inv_telemetry_flush_seconds`: how often the log was flushed, and how long that took."""

    def __init__(self, flushes: Totals | None) -> None:
        self._flushes = flushes

    def collect(self) -> Iterator[Metric]:
        """The family as it stands."""
        name = "inv_telemetry_flush_seconds"
        family = SummaryMetricFamily(name, HELP[name])
        count, total_s = self._flushes() if self._flushes is not None else (0, 0.0)
        family.add_metric([], count_value=count, sum_value=total_s)
        yield family
