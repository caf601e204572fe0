"""Rules on what attempts show, in PromQL over the bot's counters and its histogram."""

import math
from typing import Final

from simlab.alerts.rule import QUANTILES, RATIO_SIGNALS, Rule
from simlab.prometheus.meaning import Meaning, Recording, held
from simlab.prometheus.names import (
    ATTEMPTS,
    BATCHES,
    BUCKETS,
    FINISHED,
    SECONDS,
    STEP_US,
    edge,
    recorded_name,
)
from simlab.prometheus.over_gauge import over_gauge
from simlab.prometheus.pace import LEAST_COUNTER_US, counter_width_us
from simlab.prometheus.promql import (
    Absent,
    Aggregated,
    Arithmetic,
    Both,
    Compare,
    Either,
    Expression,
    Instant,
    Matcher,
    Rate,
    RateName,
    Selector,
)

_COUNTED_FLOOR: Final = 0.3
"""Of a window counted in rows, so many must have come in the time that stands for it: without, a
quiet night alerts on one error in three."""

_HALF: Final = 0.5
"""Between none and one: two counters that rose alike may differ by less when they are carried on.

`inv_slow_batches_total` would need no difference, but counts what the bot's own rules call slow."""


def over_counters(rule: Rule, *, pace_us: int) -> Meaning | None:
    """The rule over counters; None when they do not tell.

    Args:
        rule: a rule on what attempts show.
        pace_us: from one observation of its signal to the next [µs].
    """
    if rule.by is not None or rule.signal not in _COUNTED or rule.aggregate == "range":
        return None  # counters tell no warehouses apart, know no other signal and no extremes
    if rule.aggregate == "absent":
        return _absent(rule)
    width_us = counter_width_us(rule, pace_us)
    if rule.signal in RATIO_SIGNALS:
        return _ratio(rule, width_us)
    if rule.signal == "throughput":
        value = Arithmetic("*", _sum("rate", FINISHED, width_us), 60.0)
        return _judged(rule, held(rule.side, value, rule.limit), FINISHED, width_us)
    adaptive = rule.aggregate in _ADAPTIVE or rule.smooth is not None
    return _adaptive(rule, width_us, pace_us) if adaptive else _durations(rule, width_us)


def _ratio(rule: Rule, width_us: int) -> Meaning:
    if rule.short_window_us is not None:
        return _burn_rate(rule, width_us, max(rule.short_window_us, LEAST_COUNTER_US))
    if rule.signal == "error_ratio":
        wrong, all_of_them = _of_status("error"), FINISHED
    else:
        wrong, all_of_them = _of_status("retry"), Selector(ATTEMPTS)
    share = Arithmetic("/", _sum("rate", wrong, width_us), _sum("rate", all_of_them, width_us))
    return _judged(rule, held(rule.side, share, rule.limit), all_of_them, width_us)


def _burn_rate(rule: Rule, width_us: int, short_us: int) -> Meaning:
    """The share in both windows; what batches came in each is recorded, by status.

    Windows of days are dear to read, and the shares and their floors need the same of them.
    """
    is_error = rule.signal == "error_ratio"
    counted = FINISHED if is_error else Selector(BATCHES)
    wrong = Matcher("status", "=", "error" if is_error else "retry")
    names = {recorded_name("long", rule): width_us, recorded_name("short", rule): short_us}

    def beyond(name: str) -> Expression:
        share = Arithmetic("/", _total(Selector(name, (wrong,))), _total(Selector(name)))
        return held(rule.side, share, rule.limit)

    long, short = names
    meaning = Meaning(
        kind="promql",
        condition=Both(beyond(long), beyond(short)),
        recordings=tuple(
            Recording(name, Aggregated("sum", Rate("increase", counted, over_us), by=("status",)))
            for name, over_us in names.items()
        ),
    )
    for name in names:
        meaning = meaning.judged_if(_enough(rule, _total(Selector(name))))
    return meaning


def _durations(rule: Rule, width_us: int) -> Meaning:
    attempts, fast = Selector(ATTEMPTS), _bucket(rule.limit)
    if rule.aggregate in QUANTILES:
        # A quantile is above the edge when fewer than its share are below the edge.
        share = Arithmetic("/", _sum("rate", fast, width_us), _sum("rate", attempts, width_us))
        above = rule.side == "above"
        condition = Compare("<" if above else ">", share, QUANTILES[rule.aggregate])
        return _judged(rule, condition, attempts, width_us)
    if rule.aggregate == "mean":
        mean = _mean_duration(width_us)
        return _judged(rule, held(rule.side, mean, rule.limit), attempts, width_us)
    if rule.aggregate == "count":
        count = _sum("increase", attempts, width_us)
        return _judged(rule, held(rule.side, count, rule.limit), attempts, width_us)
    return _single(rule, width_us)


def _single(rule: Rule, width_us: int) -> Meaning:
    """One attempt beyond the limit is enough, or all of them must be."""
    above = rule.side == "above"
    one_is_enough = (
        rule.for_us == 0 if rule.aggregate == "last" else ((rule.aggregate == "max") == above)
    )
    if one_is_enough:
        return Meaning(
            kind="promql", condition=(_some_slow if above else _some_fast)(rule, width_us)
        )
    condition = (_none_fast if above else _none_slow)(rule, width_us)
    return _judged(rule, condition, Selector(ATTEMPTS), width_us)


def _some_slow(rule: Rule, width_us: int) -> Expression:
    return Compare(">", _slow(rule, width_us), _HALF)


def _none_slow(rule: Rule, width_us: int) -> Expression:
    return Compare("<", _slow(rule, width_us), _HALF)


def _some_fast(rule: Rule, width_us: int) -> Expression:
    return Compare(">", _sum("increase", _bucket(rule.limit), width_us), 0.0)


def _none_fast(rule: Rule, width_us: int) -> Expression:
    return Compare("==", _sum("increase", _bucket(rule.limit), width_us), 0.0)


def _slow(rule: Rule, width_us: int) -> Expression:
    """How many attempts took longer than the limit."""
    return Arithmetic(
        "-",
        _sum("increase", Selector(ATTEMPTS), width_us),
        _sum("increase", _bucket(rule.limit), width_us),
    )


def _adaptive(rule: Rule, width_us: int, pace_us: int) -> Meaning:
    """Over the mean duration of the last minute, recorded at each step."""
    name = recorded_name("duration", rule)
    step_us = rule.step_us or STEP_US
    recording = Recording(name, _mean_duration(LEAST_COUNTER_US))
    meaning = over_gauge(
        rule, Selector(name), step_us=step_us, width_us=width_us, pace_us=max(pace_us, step_us)
    )
    return Meaning(
        kind="promql",
        condition=meaning.condition,
        recordings=(recording, *meaning.recordings),
    )


def _absent(rule: Rule) -> Meaning:
    """Nothing was counted for the window, or there is no counter to be had."""
    assert rule.window_us is not None
    counted = FINISHED if rule.signal in ("error_ratio", "throughput") else Selector(ATTEMPTS)
    still = Compare("==", _sum("increase", counted, rule.window_us), 0.0)
    return Meaning(kind="promql", condition=Either(still, Absent(counted, rule.window_us)))


def _judged(rule: Rule, condition: Expression, counted: Selector, width_us: int) -> Meaning:
    meaning = Meaning(kind="promql", condition=condition)
    return meaning.judged_if(_floor(rule, counted, width_us))


def _floor(rule: Rule, counted: Selector, width_us: int) -> Expression:
    """Where the window holds what the rule needs."""
    return _enough(rule, _sum("increase", counted, width_us))


def _enough(rule: Rule, rise: Expression) -> Expression:
    """Where there were as many as the rule needs."""
    needed = rule.needed_count
    if rule.window_count is not None:
        needed = math.ceil(needed * _COUNTED_FLOOR)
    return Compare(">=", rise, float(needed)) if needed > 1 else Compare(">", rise, 0.0)


def _mean_duration(width_us: int) -> Expression:
    return Arithmetic(
        "/",
        _sum("rate", Selector(SECONDS), width_us),
        _sum("rate", Selector(ATTEMPTS), width_us),
    )


def _sum(function: RateName, selector: Selector, width_us: int) -> Expression:
    return Aggregated("sum", Rate(function, selector, width_us))


def _total(selector: Selector) -> Expression:
    return Aggregated("sum", Instant(selector))


def _of_status(status: str) -> Selector:
    return Selector(BATCHES, (Matcher("status", "=", status),))


def _bucket(threshold: float) -> Selector:
    return Selector(BUCKETS, (Matcher("le", "=", edge(threshold)),))


_COUNTED: Final = RATIO_SIGNALS | {"duration", "throughput"}
_ADAPTIVE: Final = frozenset({"zscore", "robust_z", "seasonal_z", "record", "rate"})
