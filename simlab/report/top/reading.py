"""The bot's metrics of one moment, whether they were scraped or counted from its log."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from prometheus_client.metrics_core import Metric
from prometheus_client.samples import Sample

DURATIONS: Final = "inv_batch_seconds"
FIRING: Final = "inv_alert_firing"
RULE_VALUE: Final = "inv_rule_value"

_GAUGES: Final = frozenset({
    "inv_error_count", "inv_error_ratio", "retry_count", "batch_success_rate", "cpu_percent",
    "mem_usage_mb", "host_cpu_percent",
})  # fmt: skip
_QUANTILES: Final = {"0.5": "p50", "0.95": "p95", "0.99": "p99"}
_TOTALS: Final = {
    "inv_batch_seconds_count": "attempts",
    "inv_retries_total": "retries",
    "inv_disk_read_bytes_total": "disk_read_bytes",
    "inv_disk_write_bytes_total": "disk_write_bytes",
    "inv_telemetry_dropped_total": "dropped",
}
NAMES: Final = (
    f"{DURATIONS}{{", f"{DURATIONS}_count", "inv_batches_total", FIRING, RULE_VALUE, *_TOTALS,
    *_GAUGES,
)  # fmt: skip
"""How the lines of an exposition begin that are looked at."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """The metrics of one moment.

    Attributes:
        time_us: the moment [us since 1970].
        values: gauges by their names, and `inv_batch_seconds_p50`, `_p95`, `_p99` [s]; what was
            not told is not there, what is undefined is NaN.
        totals: what is counted since the bot began: `attempts`, `finished`, `failed`, `retries`,
            `disk_read_bytes`, `disk_write_bytes`, `dropped`.
        firing: for each rule whether it fires.
        rule_values: what each rule is judged by, with the warehouse where it tells them apart.
    """

    time_us: int
    values: Mapping[str, float]
    totals: Mapping[str, float]
    firing: Mapping[str, bool]
    rule_values: Mapping[tuple[str, str | None], float]

    def value(self, name: str) -> float:
        """The gauge of that name; NaN where it was not told."""
        return self.values.get(name, math.nan)


def reading_of(families: Iterable[Metric], time_us: int) -> Reading:
    """What the contract's metrics say at a moment; other metrics are passed over."""
    values: dict[str, float] = {}
    totals: dict[str, float] = {}
    firing: dict[str, bool] = {}
    rule_values: dict[tuple[str, str | None], float] = {}
    for sample in (sample for family in families for sample in family.samples):
        labels = sample.labels
        if sample.name in _GAUGES:
            values[sample.name] = sample.value
        elif sample.name == DURATIONS and (share := _QUANTILES.get(labels.get("quantile", ""))):
            values[f"{DURATIONS}_{share}"] = sample.value
        elif sample.name == FIRING:
            firing[labels.get("rule", "")] = sample.value > 0
        elif sample.name == RULE_VALUE:
            rule_values[labels.get("rule", ""), labels.get("warehouse_id")] = sample.value
        else:
            _add(totals, sample)
    return Reading(
        time_us=time_us, values=values, totals=totals, firing=firing, rule_values=rule_values
    )


def _add(totals: dict[str, float], sample: Sample) -> None:
    """Count a sample of a counter in, if it is one of those that are looked at."""
    names = [_TOTALS[sample.name]] if sample.name in _TOTALS else []
    if sample.name == "inv_batches_total" and sample.labels.get("status") != "retry":
        names = ["finished", *(["failed"] if sample.labels.get("status") == "error" else [])]
    for name in names:
        totals[name] = totals.get(name, 0.0) + sample.value
