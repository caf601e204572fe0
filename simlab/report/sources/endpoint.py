"""A bot's metrics off its own endpoint, read for a while."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from prometheus_client.parser import text_string_to_metric_families

from simlab.clock import US_PER_S, WallClock, utc_now_us
from simlab.errors import ConfigError, InputError
from simlab.prometheus.names import BATCHES
from simlab.report.sources.answer import Address, address, answer
from simlab.report.sources.told import (
    COUNTERS,
    CPU,
    FIRING,
    HIGHEST,
    Counter,
    Fires,
    Times,
    Told,
    Values,
)

_MOST_READINGS: Final = 600
_LEAST_S: Final = 2.0
_MOST_S: Final = 86_400.0
_TIMEOUT_S: Final = 5.0
_OK: Final = 200

Labels = tuple[tuple[str, str], ...]
Reading = Mapping[tuple[str, Labels], float]
"""A value for each series of one moment."""


@dataclass(frozen=True, kw_only=True, eq=False)
class _Readings:
    """What was read, a place a moment; empty where there was no answer."""

    moments: tuple[Reading, ...]

    def series(self, name: str) -> dict[Labels, Values]:
        """Each series of a metric over the moments, NaN where it is absent."""
        keys = dict.fromkeys(key for moment in self.moments for key in moment if key[0] == name)
        return {
            key[1]: np.array([moment.get(key, math.nan) for moment in self.moments]) for key in keys
        }

    def gauge(self, name: str) -> Values:
        """A gauge at the end of each bucket."""
        found = self.series(name)
        return next(iter(found.values()), np.full(len(self.moments), math.nan))[1:]


def told_by_endpoint(
    url: str, *, for_s: float, report: Callable[[int], None] | None = None
) -> Told:
    """What a bot's endpoint told over some time, read each second, or 600 times when that is longer.

    Args:
        url: of the endpoint; `/metrics` where no path is named.
        for_s: how long to read it [s]: from two seconds to a day.
        report: told how many readings are done.

    Raises:
        ConfigError: that is no address, or no such length of time.
        InputError: nobody answers there at first, or someone who is not the bot.
    """
    count, every_s = readings(for_s), _every_s(for_s)
    where = address(url, "--scrape", path="/metrics")
    clock = WallClock(utc_now_us())
    start_us = clock.now_us()
    read: list[Reading] = []
    for nth in range(count):
        clock.sleep_until_us(start_us + nth * every_s * US_PER_S)
        read.append(_reading(where, must=nth == 0))
        if report is not None:
            report(nth + 1)
    edge_us = start_us + np.arange(count, dtype=np.int64) * every_s * US_PER_S
    return _told(str(where), _Readings(moments=tuple(read)), edge_us, every_s)


def readings(for_s: float) -> int:
    """How often an endpoint is read in so long [s], at the beginning and at the end too.

    Raises:
        ConfigError: that is no such length of time: from two seconds to a day.
    """
    if not _LEAST_S <= for_s <= _MOST_S:
        raise ConfigError(f"--for: found {for_s:g} s, expected two seconds to a day")
    return int(for_s // _every_s(for_s)) + 1


def _every_s(for_s: float) -> int:
    return max(1, math.ceil(for_s / _MOST_READINGS))


def _told(name: str, read: _Readings, edge_us: Times, every_s: int) -> Told:
    firing = {
        dict(labels).get("rule", ""): _fires(value, edge_us)
        for labels, value in read.series(FIRING).items()
    }
    cpu = read.gauge(CPU)
    silent = sum(not moment for moment in read.moments)
    gap = f"{silent} of {len(read.moments)} times the endpoint did not answer."
    return Told(
        name=name,
        edge_us=edge_us,
        counters={
            metric: tuple(
                Counter(labels=dict(labels), at_edge=value)
                for labels, value in read.series(metric).items()
            )
            for metric in COUNTERS
        },
        mean_cpu=cpu,
        highest={metric: read.gauge(metric) for metric in HIGHEST},
        readings=int(np.isfinite(cpu).sum()),
        firing=firing,
        look_s=every_s,
        gaps=(gap,) if silent else (),
    )


def _fires(value: Values, edge_us: Times) -> Fires:
    known = np.isfinite(value)
    return Fires(time_us=edge_us[known], fires=value[known] > 0)


def _reading(where: Address, *, must: bool) -> Reading:
    """The metrics now; none when there is no answer, unless there must be one."""
    try:
        return _parsed(where, *answer(where, "", timeout_s=_TIMEOUT_S))
    except InputError:
        if must:
            raise
        return {}


def _parsed(where: Address, status: int, body: bytes) -> Reading:
    if status != _OK:
        raise InputError(f"{where}: found status {status}, expected metrics; is the path right?")
    text, wanted = body.decode(errors="replace"), {*COUNTERS, *HIGHEST, FIRING}
    # A long exposition is mostly what is not looked at.
    lines = [line for line in text.split("\n") if line.partition("{")[0].split(" ")[0] in wanted]
    try:
        found = {
            (sample.name, tuple(sorted(sample.labels.items()))): float(sample.value)
            for family in text_string_to_metric_families("\n".join([*lines, ""]))
            for sample in family.samples
        }
    except (ValueError, KeyError, IndexError):
        raise InputError(f"{where}: expected metrics in Prometheus' text format") from None
    if not any(name == BATCHES for name, _ in found):
        raise InputError(f"{where}: {_foreign(text)}")
    return found


def _foreign(text: str) -> str:
    if text.startswith("node_") or "\nnode_" in text:
        return (
            f"node_exporter answers there, which listens on 9100 by default; expected the bot's "
            f"{BATCHES}. Run the bot with another --metrics-port, and name that"
        )
    return f"these are not the bot's metrics: found no {BATCHES} among them"
