"""A bot's metrics out of a real Prometheus, over its HTTP API."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

import numpy as np
from msgspec import DecodeError, Struct, ValidationError
from msgspec.json import decode

from simlab.clock import US_PER_S
from simlab.errors import ConfigError, InputError
from simlab.prometheus.names import BATCHES, STEP_US
from simlab.report.buckets import round_s
from simlab.report.inert import visible
from simlab.report.sources.answer import Address, address, answer
from simlab.report.sources.told import (
    COUNTERS,
    CPU,
    FIRING,
    HIGHEST,
    Counter,
    Fires,
    Told,
    Values,
)

MOST_POINTS: Final = 11_000
"""What `query_range` gives of a series at most."""
_MOST_BUCKETS: Final = 600
_LEAST_BUCKET_S: Final = 60
"""Four scrapes, by default: with fewer there is too little to count by."""
_LEAST_SPAN_S: Final = 300
_MOST_SPAN_S: Final = 366 * 86_400
_TIMEOUT_S: Final = 60.0
_OK: Final = 200
_REFUSED: Final = frozenset({400, 422, 503})
"""With these Prometheus says why."""

Range = tuple[int, int, int]
"""The first moment, the last one, and the step between moments [s]."""


class _Series(Struct, frozen=True):
    metric: dict[str, str]
    values: list[tuple[float, str]]


class _Found(Struct, frozen=True):
    result: tuple[_Series, ...] = ()


class _Answer(Struct, frozen=True):
    status: str
    data: _Found = _Found()
    error: str = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class _Curve:
    """One series at the moments of a range, NaN where it has no value."""

    labels: Mapping[str, str]
    value: Values


def told_by_prometheus(
    url: str,
    *,
    last_s: float,
    until_us: int,
    report: Callable[[int], None] | None = None,
) -> Told:
    """What a Prometheus knows of the bot in some time.

    Buckets begin at multiples of their width since 1970, and there are at most 600; the last one
    is whole. Counters are read at the buckets' edges, gauges over each bucket, and whether rules
    fire at each 15 s.

    Args:
        url: of the server, with the path before `/api` if it has one.
        last_s: how long [s]: from five minutes to a year.
        until_us: until when [µs since 1970].
        report: told how many queries are done.

    Raises:
        ConfigError: that is no address, or no such length of time.
        InputError: nobody answers there; it is no Prometheus; or it knows nothing of a bot.
    """
    if not _LEAST_SPAN_S <= last_s <= _MOST_SPAN_S:
        raise ConfigError(f"--last: found {last_s:g} s, expected five minutes to a year")
    server = _Server(address(url, "--prometheus", path=""), report or _untold)
    every_s = max(_LEAST_BUCKET_S, round_s(last_s / (_MOST_BUCKETS - 1)))
    end_s = until_us // US_PER_S // every_s * every_s
    count = max(1, round(last_s / every_s))
    edges = (end_s - count * every_s, end_s, every_s)
    counters = {name: tuple(server.counters(name, edges)) for name in COUNTERS}
    if not counters[BATCHES]:
        raise InputError(
            f"{server}: it knows no {BATCHES} in that time, which InventoryRPA's metrics have; "
            "does it scrape the bot? Is --last long enough?"
        )
    within, over = (edges[0] + every_s, end_s, every_s), _over(every_s)
    readings = server.one(f"sum(count_over_time({CPU}{over}))", within)
    look_s = STEP_US // US_PER_S
    return Told(
        name=str(server),
        edge_us=np.arange(edges[0], end_s + 1, every_s, dtype=np.int64) * US_PER_S,
        counters=counters,
        mean_cpu=server.one(f"avg(avg_over_time({CPU}{over}))", within),
        highest={name: server.one(f"max(max_over_time({name}{over}))", within) for name in HIGHEST},
        readings=int(np.nansum(readings)),
        firing=dict(server.firing((edges[0], end_s, look_s))),
        look_s=look_s,
        gaps=_gaps(counters[BATCHES], count),
    )


class _Server:
    """A Prometheus server that is asked."""

    def __init__(self, where: Address, report: Callable[[int], None]) -> None:
        self._where = where
        self._report = report
        self._asked = 0

    def __str__(self) -> str:
        return str(self._where)

    def counters(self, metric: str, edges: Range) -> Iterator[Counter]:
        """The series of a counter at the edges of buckets, and its lowest values within each."""
        first, last, step = edges
        lowest = {
            _key(curve.labels): curve.value
            for curve in self._curves(
                f"min_over_time({metric}{_over(step)})", (first + step, last, step)
            )
        }
        for curve in self._curves(metric, edges):
            found = lowest.get(_key(curve.labels))
            yield Counter(labels=curve.labels, at_edge=curve.value, lowest=found)

    def one(self, query: str, wanted: Range) -> Values:
        """The one series that a query has, NaN where there is none."""
        for curve in self._curves(query, wanted):
            return curve.value
        return np.full(_count(wanted), math.nan)

    def firing(self, wanted: Range) -> Iterator[tuple[str, Fires]]:
        """Whether each rule fires at the moments of a range."""
        first, _, step = wanted
        for curve in self._curves(f"max by (rule) ({FIRING})", wanted):
            known = np.flatnonzero(np.isfinite(curve.value))
            time_us = (first + known * step) * US_PER_S
            yield curve.labels.get("rule", ""), Fires(time_us=time_us, fires=curve.value[known] > 0)

    def _curves(self, query: str, wanted: Range) -> list[_Curve]:
        """The series of a query at the moments of a range, asked for a chunk at a time."""
        first, last, step = wanted
        found: dict[tuple[tuple[str, str], ...], _Curve] = {}
        for start in range(first, last + 1, MOST_POINTS * step):
            stop = min(last, start + (MOST_POINTS - 1) * step)
            for series in self._asked_for(query, (start, stop, step)):
                key = tuple(sorted(series.metric.items()))
                if key not in found:
                    value = np.full(_count(wanted), math.nan)
                    found[key] = _Curve(labels=series.metric, value=value)
                at = np.array([moment for moment, _ in series.values])
                place = np.round((at - first) / step).astype(np.int64)
                found[key].value[place] = [float(text) for _, text in series.values]
        return list(found.values())

    def _asked_for(self, query: str, wanted: Range) -> tuple[_Series, ...]:
        first, last, step = wanted
        asked = urlencode({"query": query, "start": first, "end": last, "step": step})
        where = Address(
            secure=self._where.secure,
            host=self._where.host,
            port=self._where.port,
            path=f"{self._where.path}/api/v1/query_range",
        )
        status, body = answer(where, asked, timeout_s=_TIMEOUT_S)
        self._asked += 1
        self._report(self._asked)
        if status != _OK and status not in _REFUSED:
            raise InputError(f"{self}: no Prometheus: its API answered with status {status}")
        try:
            told = decode(body, type=_Answer)
        except (ValidationError, DecodeError):
            raise InputError(
                f"{self}: no Prometheus: its answer is not what its API gives"
            ) from None
        if told.status != "success":
            raise InputError(f"{self}: it refused the query: {visible(told.error)}")
        return told.data.result


def _over(every_s: int) -> str:
    """A window of so long, less a millisecond: Prometheus 2 would take in what its start saw."""
    return f"[{every_s * 1000 - 1}ms]"


def _key(labels: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """What tells series of one metric apart."""
    return tuple(sorted((name, text) for name, text in labels.items() if name != "__name__"))


def _count(wanted: Range) -> int:
    first, last, step = wanted
    return (last - first) // step + 1


def _gaps(batches: tuple[Counter, ...], count: int) -> tuple[str, ...]:
    """What part of the time nothing is known of."""
    known = np.isfinite(np.stack([series.increase for series in batches])).any(axis=0)
    dark = int((~known).sum())
    instances = len({(s.labels.get("job"), s.labels.get("instance")) for s in batches})
    return (
        *([f"In {dark} of {count} stretches of time nothing was scraped."] if dark else []),
        *([f"These are {instances} bots' metrics, added up."] if instances > 1 else []),
    )


def _untold(_: int) -> None:
    """Tell no one."""
