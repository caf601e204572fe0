"""Random series as a scraper meets them, and random expressions of the kinds that we export."""

import numpy as np

from simlab.prometheus.exposed import Exposed, Flags, Values
from simlab.prometheus.promql import (
    Absent,
    Absolute,
    Aggregated,
    Arithmetic,
    Both,
    ClampMin,
    Compare,
    Either,
    Expression,
    Instant,
    Matcher,
    OverTime,
    OverTimeName,
    Rate,
    Selector,
)

from .harness import SCRAPE_S, STEP_S, Alert

S = 1_000_000
WIDTHS_S = (15, 20, 30, 45, 60, 120, 300)
FORS_S = (0, 0, 15, 30, 40, 60, 120)
UNEVEN = 0.123456789
"""No mean of a few whole numbers, so that the last bit of a mean decides nothing."""


def alert(random: np.random.Generator, name: str, series: str) -> Alert:
    """An alert on the series of one id."""
    return Alert(
        name=name,
        expression=_condition(random, series),
        for_s=int(random.choice(FORS_S)),
        keep_firing_for_s=int(random.choice(FORS_S)),
    )


def store(random: np.random.Generator, series: str, evaluations: int) -> list[Exposed]:
    """A gauge, and counters that are scraped together, of one id."""
    size = (evaluations - 1) * STEP_S // SCRAPE_S + 1
    seen = _seen(random, size)
    return [
        _gauge(random, series, size),
        *(_counter(random, series, status, seen) for status in ("error", "retry", "success")),
    ]


def _seen(random: np.random.Generator, size: int) -> Flags:
    """When there was a scrape: every so often, but for gaps, at times long ones."""
    seen = np.arange(size) % random.choice([1, 1, 3, 12]) == 0
    for _ in range(random.integers(0, 6)):
        start, length = random.integers(0, size), random.choice([1, 3, 10, 61, 80])
        seen[start : start + length] = False
    if not seen.any():
        seen[0] = True
    return np.asarray(seen, dtype=bool)


def _gauge(random: np.random.Generator, series: str, size: int) -> Exposed:
    seen = _seen(random, size)
    steps = random.integers(-1, 2, size) * (random.random(size) < random.choice([0.05, 0.3, 1]))
    value = (np.cumsum(steps) % 7).astype(np.float64)
    value[random.random(size) < random.choice([0, 0.02])] = np.nan
    stale = random.random(size) < random.choice([0, 0.02])
    return _exposed("gauge", series, value, seen, stale=stale)


def _counter(random: np.random.Generator, series: str, status: str, seen: Flags) -> Exposed:
    traffic = random.choice([0.02, 0.2, 3.0])
    value = random.integers(0, 3) + np.cumsum(random.poisson(traffic, len(seen)))
    for reset in random.integers(0, len(seen), random.integers(0, 4)):
        value[reset:] -= value[reset] - random.integers(0, 2)
    late = random.choice([0, 0, len(seen) // 4])
    born = seen & (np.arange(len(seen)) >= late)
    born[-1] = True
    return _exposed("count_total", series, value.astype(np.float64), born, status=status)


def _exposed(
    metric: str,
    series: str,
    value: Values,
    seen: Flags,
    *,
    stale: Flags | None = None,
    status: str | None = None,
) -> Exposed:
    labels = {"id": series} if status is None else {"id": series, "status": status}
    return Exposed(
        metric=metric,
        labels=tuple(labels.items()),
        time_ms=np.flatnonzero(seen) * SCRAPE_S * 1000,
        value=value[seen],
        stale=None if stale is None else stale[seen],
    )


def _condition(random: np.random.Generator, series: str) -> Expression:
    kinds = (_instant, _over_time, _over_time, _share, _throughput, _increase, _scaled, _record,
             _rise, _absent, _either)  # fmt: skip
    return kinds[random.integers(len(kinds))](random, series)


def _instant(random: np.random.Generator, series: str) -> Expression:
    return _held(random, Instant(_of("gauge", series)), int(random.integers(1, 6)))


def _over_time(random: np.random.Generator, series: str) -> Expression:
    functions: list[OverTimeName] = ["last", "sum", "avg", "min", "max", "count", "stddev"]
    function = functions[random.integers(len(functions))]
    value = OverTime(
        function, _of("gauge", series), _width(random), int(random.choice([0, 0, 15, 40])) * S
    )
    tied = function not in ("avg", "stddev")
    limit = float(random.integers(1, 6))
    if function in ("sum", "count"):
        limit *= int(random.integers(1, 9))
    return _held(random, value, limit if tied else limit - 1 + UNEVEN)


def _share(random: np.random.Generator, series: str) -> Expression:
    """An error ratio, judged when there were enough of them; ties are common at a half."""
    width = _width(random)
    errors, all_of_them = (
        _counts(series, "=", "error", width),
        _counts(series, "!=", "retry", width),
    )
    share = Arithmetic("/", errors, all_of_them)
    limit = float(random.choice([0.0, 0.1, 0.25, 0.5, 0.5]))
    enough = Aggregated("sum", Rate("increase", _status(series, "!=", "retry"), width))
    return Both(_held(random, share, limit), Compare(">=", enough, float(random.integers(1, 5))))


def _throughput(random: np.random.Generator, series: str) -> Expression:
    counted = _counts(series, "!=", "retry", _width(random))
    return _held(random, Arithmetic("*", counted, 60.0), float(random.integers(0, 20)))


def _increase(random: np.random.Generator, series: str) -> Expression:
    rise = Rate("increase", _status(series, "=", "error"), _width(random))
    return _held(random, rise, float(random.integers(0, 3)))


def _scaled(random: np.random.Generator, series: str) -> Expression:
    """A z-score."""
    gauge, width = _of("gauge", series), _width(random)
    away = Arithmetic("-", Instant(gauge), OverTime("avg", gauge, width))
    scale = ClampMin(OverTime("stddev", gauge, width), 0.25)
    return Compare(">", Absolute(Arithmetic("/", away, scale)), 1 + UNEVEN)


def _record(random: np.random.Generator, series: str) -> Expression:
    gauge, width = _of("gauge", series), _width(random)
    high = OverTime("max", gauge, width, STEP_S * S)
    spread = Arithmetic("-", high, OverTime("min", gauge, width, STEP_S * S))
    above = Arithmetic("-", OverTime("last", gauge, 300 * S), high)
    return Compare(">", Arithmetic("/", above, spread), float(random.choice([0.0, 0.5, 1.0])))


def _rise(random: np.random.Generator, series: str) -> Expression:
    gauge = _of("gauge", series)
    then = OverTime("last", gauge, 300 * S, int(random.choice(WIDTHS_S)) * S)
    return _held(random, Arithmetic("-", OverTime("last", gauge, 300 * S), then), 1.0)


def _absent(random: np.random.Generator, series: str) -> Expression:
    return Absent(_of("gauge", series), _width(random))


def _either(random: np.random.Generator, series: str) -> Expression:
    return Either(_instant(random, series), _over_time(random, series))


def _held(random: np.random.Generator, value: Expression, limit: float) -> Compare:
    return Compare(">" if random.random() < 0.6 else "<", value, limit)


def _width(random: np.random.Generator) -> int:
    return int(random.choice(WIDTHS_S)) * S


def _counts(series: str, operator: str, status: str, width_us: int) -> Expression:
    return Aggregated("sum", Rate("rate", _status(series, operator, status), width_us))


def _of(metric: str, series: str) -> Selector:
    return Selector(metric, (Matcher("id", "=", series),))


def _status(series: str, operator: str, status: str) -> Selector:
    matcher = Matcher("status", "=" if operator == "=" else "!=", status)
    return Selector("count_total", (Matcher("id", "=", series), matcher))
