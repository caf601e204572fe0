"""Rules on a series that is scraped as it is, with any aggregate, in PromQL."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Final

from simlab.alerts.ordered import MAD_SCALE
from simlab.alerts.rule import DAY_US, QUANTILES, Rule
from simlab.alerts.seasons import LEAST_SEASON_DAYS, SEASON_DAYS
from simlab.prometheus.meaning import Meaning, Recording, enough, held
from simlab.prometheus.names import recorded_name
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
    Labelled,
    MedianDeviation,
    OverTime,
    OverTimeName,
    Selector,
)

_DAY: Final = "day"
"""A label that keeps the same moment of several days apart."""


@dataclass(frozen=True, kw_only=True)
class Gauge:
    """What a rule watches.

    Attributes:
        rule: the rule.
        series: which series.
        step_us: how often the rule is judged [µs].
        width_us: how long its window is [µs].
        lookback_us: how old a sample may be to stand for now [µs].
        needed: how many samples the window must hold.
    """

    rule: Rule
    series: Selector
    step_us: int
    width_us: int
    lookback_us: int
    needed: int

    @property
    def now(self) -> Expression:
        """The latest sample."""
        return OverTime("last", self.series, self.lookback_us)

    def window(self, function: OverTimeName, *, share: float | None = None) -> OverTime:
        """A function of the window that ends now."""
        return OverTime(function, self.series, self.width_us, share=share)

    def before(self, function: OverTimeName) -> OverTime:
        """A function of the window that ended a step ago."""
        return OverTime(function, self.series, self.width_us, self.step_us)


def over_gauge(
    rule: Rule, series: Selector, *, step_us: int, width_us: int, pace_us: int
) -> Meaning:
    """The rule over a series that comes as it is.

    Args:
        rule: any rule but on a ratio or on throughput.
        series: what it watches.
        step_us: how often it is judged [µs].
        width_us: how long its window is [µs].
        pace_us: from one sample of the series to the next [µs].
    """
    recordings: list[Recording] = []
    gauge = Gauge(
        rule=rule, series=series, step_us=step_us, width_us=width_us,
        lookback_us=max(rule.stale_after_us, 1000), needed=rule.needed_count,
    )  # fmt: skip
    if rule.smooth_us is not None:
        smooth = Recording(recorded_name("mean", rule), mean(series, rule.smooth_us))
        recordings.append(smooth)
        gauge = _smoothed(gauge, Selector(smooth.metric), pace_us)
    condition = _CONDITIONS[rule.aggregate](gauge, recordings)
    return Meaning(
        kind="promql",
        condition=condition,
        recordings=tuple(recordings),
        is_exact=rule.step_us is not None and (rule.window_us is not None or _is_latest(rule)),
    )


def mean(series: Selector, width_us: int) -> Expression:
    """The mean of a window, as a sum over a count.

    Versions of Prometheus do `avg_over_time` in different ways, and 2 in one that rounds at each
    sample. A sum of whole numbers is exact in all of them.
    """
    return Arithmetic("/", OverTime("sum", series, width_us), OverTime("count", series, width_us))


def _is_latest(rule: Rule) -> bool:
    return rule.aggregate == "last" and rule.needed_count == 1


def _smoothed(gauge: Gauge, series: Selector, pace_us: int) -> Gauge:
    """What is recorded comes at every step, however often the signal itself does."""
    rule, step_us = gauge.rule, gauge.step_us
    exact = rule.step_us is not None
    needed = gauge.needed if exact else math.ceil(gauge.needed * max(pace_us, 1) / step_us)
    return Gauge(
        rule=rule, series=series, step_us=step_us, width_us=gauge.width_us, lookback_us=step_us,
        needed=needed,
    )  # fmt: skip


def _plain(gauge: Gauge, value: Expression) -> Expression:
    """A window's value held against the limit, when the window holds enough."""
    return _sure(gauge, _beyond(gauge, value), gauge.series)


def _beyond(gauge: Gauge, value: Expression) -> Compare:
    folded = Absolute(value) if gauge.rule.direction == "outside" else value
    return held(gauge.rule.side, folded, gauge.rule.limit)


def _sure(gauge: Gauge, condition: Expression, series: Selector) -> Expression:
    floor = enough(series, gauge.width_us, gauge.needed)
    return condition if floor is None else Both(condition, floor)


def _last(gauge: Gauge, _: list[Recording]) -> Expression:
    if gauge.rule.window_us is None:
        return _beyond(gauge, gauge.now)
    # The window must hold one, so no older one stands for now.
    lookback_us = min(gauge.lookback_us, gauge.width_us)
    return _plain(gauge, OverTime("last", gauge.series, lookback_us))


def _folded(function: OverTimeName) -> Callable[[Gauge, list[Recording]], Expression]:
    return lambda gauge, _: _plain(gauge, gauge.window(function))


def _quantile(share: float) -> Callable[[Gauge, list[Recording]], Expression]:
    return lambda gauge, _: _plain(gauge, gauge.window("quantile", share=share))


def _zscore(gauge: Gauge, _: list[Recording]) -> Expression:
    away = Arithmetic("-", gauge.now, mean(gauge.series, gauge.width_us))
    return _plain(gauge, Arithmetic("/", away, _floored(gauge, gauge.window("stddev"))))


def _robust_z(gauge: Gauge, _: list[Recording]) -> Expression:
    away = Arithmetic("-", gauge.now, gauge.window("quantile", share=0.5))
    deviation = MedianDeviation(gauge.series, gauge.width_us, gauge.step_us)
    return _plain(
        gauge, Arithmetic("/", away, _floored(gauge, Arithmetic("*", deviation, MAD_SCALE)))
    )


def _seasonal_z(gauge: Gauge, recordings: list[Recording]) -> Expression:
    """What is beyond the season is recorded, since its spread over the window is needed."""
    rule, step_us = gauge.rule, gauge.step_us
    before = reduce(Either, [_day_before(gauge, days) for days in SEASON_DAYS])
    days = Recording(recorded_name("days", rule), before)
    known = OverTime("last", Selector(days.metric), step_us)
    count = Compare(">=", Aggregated("count", known, without=(_DAY,)), float(LEAST_SEASON_DAYS))
    usual = Both(Aggregated("quantile", known, without=(_DAY,), share=0.5), count)
    season = Recording(recorded_name("season", rule), usual)
    latest = OverTime("last", Selector(season.metric), step_us)
    beyond = Recording(recorded_name("beyond", rule), Arithmetic("-", gauge.now, latest))
    recordings += [days, season, beyond]
    rest = Selector(beyond.metric)
    spread = _floored(gauge, OverTime("stddev", rest, gauge.width_us))
    value = Arithmetic("/", OverTime("last", rest, step_us), spread)
    return _sure(gauge, _beyond(gauge, value), rest)


def _day_before(gauge: Gauge, days: int) -> Expression:
    then = OverTime("last", gauge.series, gauge.lookback_us, days * DAY_US)
    return Labelled(then, _DAY, str(days))


def _floored(gauge: Gauge, scale: Expression) -> Expression:
    return ClampMin(scale, gauge.rule.floor) if gauge.rule.floor else scale


def _record(gauge: Gauge, recordings: list[Recording]) -> Expression:
    """The range of what came before is recorded, since both sides need it, and it is long."""
    high = _recorded_before("max", gauge, recordings)
    low = _recorded_before("min", gauge, recordings)
    spread = Arithmetic("-", high, low)
    above = Arithmetic("/", Arithmetic("-", gauge.now, high), spread)
    below = Arithmetic("/", Arithmetic("-", gauge.now, low), spread)
    margin = abs(gauge.rule.limit)
    sides: dict[str, Expression] = {
        "above": Compare(">", above, margin),
        "below": Compare("<", below, -margin),
    }
    sides["outside"] = Either(sides["above"], sides["below"])
    condition = sides[gauge.rule.direction]
    if gauge.needed <= 1:
        return condition
    return Both(condition, Compare(">=", gauge.before("count"), float(gauge.needed)))


def _recorded_before(
    function: OverTimeName, gauge: Gauge, recordings: list[Recording]
) -> Expression:
    made = Recording(recorded_name(f"{function}_before", gauge.rule), gauge.before(function))
    recordings.append(made)
    return OverTime("last", Selector(made.metric), gauge.step_us)


def _rate(gauge: Gauge, _: list[Recording]) -> Expression:
    then = OverTime("last", gauge.series, gauge.lookback_us, gauge.width_us)
    rise = Arithmetic("-", gauge.now, then)
    return _beyond(gauge, Arithmetic("/", rise, gauge.width_us / 1e6))


def _absent(gauge: Gauge, _: list[Recording]) -> Expression:
    return Absent(gauge.series, gauge.width_us)


_CONDITIONS: Final[dict[str, Callable[[Gauge, list[Recording]], Expression]]] = {
    "last": _last,
    "mean": lambda gauge, _: _plain(gauge, mean(gauge.series, gauge.width_us)),
    "min": _folded("min"),
    "max": _folded("max"),
    "range": lambda gauge, _: _plain(
        gauge, Arithmetic("-", gauge.window("max"), gauge.window("min"))
    ),
    "count": _folded("count"),
    **{name: _quantile(share) for name, share in QUANTILES.items()},
    "zscore": _zscore,
    "robust_z": _robust_z,
    "seasonal_z": _seasonal_z,
    "record": _record,
    "rate": _rate,
    "absent": _absent,
}
