"""What a bot's metrics told over some time, whoever kept it: counters and gauges on one grid."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simlab.prometheus.names import BATCHES, BUCKETS, ERROR_RATIO

READ: Final = "inv_disk_read_bytes_total"
WRITTEN: Final = "inv_disk_write_bytes_total"
COUNTERS: Final = (BATCHES, BUCKETS, READ, WRITTEN)
CPU: Final = "cpu_percent"
MEMORY: Final = "mem_usage_mb"
HIGHEST: Final = (CPU, MEMORY, ERROR_RATIO)
FIRING: Final = "inv_alert_firing"

Times = NDArray[np.int64]
Values = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Counter:
    """One series of a counter.

    Attributes:
        labels: what it is of.
        at_edge: its value at each edge, NaN where it is absent.
        lowest: its lowest value within each bucket, where that is known.
    """

    labels: Mapping[str, str]
    at_edge: Values
    lowest: Values | None = None

    @property
    def increase(self) -> Values:
        """By how much it grew in each bucket; NaN where nothing tells.

        A counter that is smaller than it was began anew at 0. What it grew by in a gap shows
        where it is back. Where it was not seen before, it grew from its lowest value in that
        bucket, where that is known.
        """
        known = np.isfinite(self.at_edge)
        last = np.maximum.accumulate(np.where(known, np.arange(known.size), -1))
        lowest = np.nan if self.lowest is None else self.lowest
        before = np.where(last[:-1] >= 0, self.at_edge[last[:-1]], lowest)
        now = self.at_edge[1:]
        return np.where(now < before, now, now - before)


@dataclass(frozen=True, kw_only=True, eq=False)
class Fires:
    """Whether a rule fired at some moments: ascending, absent ones left out."""

    time_us: Times
    fires: NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class Told:
    """What was told.

    Attributes:
        name: who told it.
        edge_us: where buckets begin and end [µs since 1970]: one more than there are buckets.
        counters: the series of each of `COUNTERS`, none where it was never told.
        mean_cpu: the mean of `cpu_percent` in each bucket [%].
        highest: the highest of each of `HIGHEST` in each bucket.
        readings: how many readings of the machine there were.
        firing: of each rule.
        look_s: how often rules were looked at [s].
        gaps: what is missing, a sentence each.
    """

    name: str
    edge_us: Times
    counters: Mapping[str, tuple[Counter, ...]]
    mean_cpu: Values
    highest: Mapping[str, Values]
    readings: int
    firing: Mapping[str, Fires]
    look_s: float
    gaps: tuple[str, ...] = field(default=())

    @property
    def every_s(self) -> int:
        """The width of a bucket [s]."""
        return max(1, round(float(np.median(np.diff(self.edge_us))) / 1e6))

    def increase(self, name: str, **labels: str) -> Values:
        """By how much the counter grew in each bucket, over all series with these labels."""
        return total(
            [
                series.increase
                for series in self.counters.get(name, ())
                if labels.items() <= series.labels.items()
            ],
            size=self.edge_us.size - 1,
        )


def total(values: list[Values], *, size: int) -> Values:
    """The sums of what is known; NaN where nothing is."""
    if not values:
        return np.full(size, np.nan)
    stacked = np.stack(values)
    return np.where(np.isfinite(stacked).any(axis=0), np.nansum(stacked, axis=0), np.nan)
