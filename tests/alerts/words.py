"""What a rule is judged by, done again by the words of `simlab.alerts`: each window cut out."""

import math
import statistics
from collections.abc import Sequence
from typing import NamedTuple

from simlab.alerts.rule import DAY_US, Rule
from simlab.alerts.seasons import LEAST_SEASON_DAYS, SEASON_DAYS


class Seen(NamedTuple):
    """An observation."""

    time_us: int
    value: float


def judged_by_hand(
    rule: Rule, seen: Sequence[Seen], *, until_us: int
) -> tuple[list[int], list[float]]:
    """When the rule is judged, and by what."""
    if not seen:
        return [], []
    if rule.step_us is None:
        moments = [(one.time_us, index + 1) for index, one in enumerate(seen)]
    else:
        first = -(-seen[0].time_us // rule.step_us) * rule.step_us
        moments = [
            (at, sum(one.time_us <= at for one in seen))
            for at in range(first, until_us + 1, rule.step_us)
        ]
    if rule.smooth_us is not None:
        seen, moments = _smoothed(rule, seen, moments)
    if rule.aggregate == "seasonal_z":
        values = _seasonal(rule, seen, moments)
    else:
        values = [_value(rule, seen, at, stop) for at, stop in moments]
    if rule.direction == "outside" and rule.aggregate != "record":
        values = [abs(value) for value in values]
    return [at for at, _ in moments], values


def _smoothed(
    rule: Rule, seen: Sequence[Seen], moments: Sequence[tuple[int, int]]
) -> tuple[list[Seen], list[tuple[int, int]]]:
    assert rule.smooth_us is not None
    means, stops = [], []
    for at, stop in moments:
        held = [v for t, v in seen[:stop] if t > at - rule.smooth_us]
        mean = math.fsum(held) / len(held) if held else math.nan
        if rule.step_us is None or not math.isnan(mean):
            means.append(Seen(at, mean))
        stops.append((at, len(means)))
    return means, stops


def _window(rule: Rule, seen: Sequence[Seen], at: int, stop: int) -> list[float]:
    known = seen[:stop]
    if rule.window_count is not None:
        return [value for _, value in known][-rule.window_count :]
    assert rule.window_us is not None
    return [value for time_us, value in known if time_us > at - rule.window_us]


def _latest(rule: Rule, seen: Sequence[Seen], at: int) -> float:
    known = [one for one in seen if at - rule.lookback_us < one.time_us <= at]
    return known[-1].value if known else math.nan


def _now(rule: Rule, seen: Sequence[Seen], at: int, stop: int) -> float:
    return seen[stop - 1].value if rule.step_us is None else _latest(rule, seen, at)


def _value(  # noqa: PLR0911 - a line a word
    rule: Rule, seen: Sequence[Seen], at: int, stop: int
) -> float:
    now = _now(rule, seen, at, stop)
    if rule.aggregate == "rate":
        assert rule.window_us is not None
        then = _latest(rule, seen[:stop], at - rule.window_us)
        return (now - then) / (rule.window_us / 1e6)
    if rule.aggregate == "record":
        return _record(rule, seen, at, stop, now)
    held = _window(rule, seen, at, stop)
    if rule.aggregate == "absent":
        return float(not held)
    if rule.aggregate == "last" and rule.window_count is not None:
        held = [value for _, value in seen[:stop]]
    if len(held) < rule.needed_count:
        return math.nan
    if rule.aggregate == "ratio" and rule.short_window_us is not None:
        short = [v for t, v in seen[:stop] if t > at - rule.short_window_us]
        if len(short) < rule.needed_count:
            return math.nan
        return min(sum(held) / len(held), sum(short) / len(short))
    return _aggregate(rule, held, now, first=seen[0].value)


def _record(rule: Rule, seen: Sequence[Seen], at: int, stop: int, now: float) -> float:
    if rule.step_us is None:
        held = _window(rule, seen, at, stop - 1)
    else:
        end = at - rule.step_us
        held = _window(rule, seen, end, sum(time_us <= end for time_us, _ in seen))
    if len(held) < rule.needed_count:
        return math.nan
    high, low = max(held), min(held)
    above, below = _divided(now - high, high - low), _divided(now - low, high - low)
    return {"above": above, "below": below, "outside": max(above, -below)}[rule.direction]


def _aggregate(rule: Rule, held: Sequence[float], now: float, *, first: float) -> float:
    mean = math.fsum(held) / len(held)
    middle = statistics.median(held)
    deviation = statistics.median(abs(value - middle) for value in held)
    spread = max(statistics.pstdev(held), abs(mean - first) / 2**20)
    scales = {"zscore": spread, "robust_z": 1.4826 * deviation}
    if rule.aggregate in scales:
        centre = mean if rule.aggregate == "zscore" else middle
        return _divided(now - centre, max(scales[rule.aggregate], rule.floor or 0.0))
    if rule.aggregate == "mean" and rule.signal == "throughput":
        return len(held) / ((rule.window_us or 0) / 60e6)
    shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
    if rule.aggregate in shares:
        return _quantile(sorted(held), shares[rule.aggregate])
    plain = {
        "last": now, "mean": mean, "min": min(held), "max": max(held), "range": max(held) - min(held),
        "count": float(len(held)), "ratio": sum(value == 1 for value in held) / len(held),
    }  # fmt: skip
    return plain[rule.aggregate]


def _quantile(ordered: Sequence[float], share: float) -> float:
    position = share * (len(ordered) - 1)
    low, high = math.floor(position), math.ceil(position)
    return ordered[low] + (ordered[high] - ordered[low]) * (position - low)


def _seasonal(rule: Rule, seen: Sequence[Seen], moments: Sequence[tuple[int, int]]) -> list[float]:
    beyond: list[Seen] = []
    values = []
    for at, stop in moments:
        before = [_latest(rule, seen[:stop], at - days * DAY_US) for days in SEASON_DAYS]
        known = [value for value in before if not math.isnan(value)]
        usual = statistics.median(known) if len(known) >= LEAST_SEASON_DAYS else math.nan
        rest = _now(rule, seen, at, stop) - usual
        value = math.nan
        if not math.isnan(rest):
            beyond.append(Seen(at, rest))
            held = _window(rule, beyond, at, len(beyond))
            if len(held) >= rule.needed_count:
                scale = max(statistics.pstdev(held), abs(math.fsum(held) / len(held)) / 2**20)
                value = _divided(rest, max(scale, rule.floor or 0.0))
        values.append(value)
    return values


def _divided(part: float, whole: float) -> float:
    if whole:
        return part / whole
    return math.copysign(math.inf, part) if abs(part) > 0 else math.nan
