"""A window fed value by value gives the floats that the arrays give, to the bit."""

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from simlab.alerts.rule import RATIO_SIGNALS, Rule
from simlab.alerts.window import grid_window, window
from simlab.alerts.windowed import windowed

from .cases import SECOND
from .rules import any_rules, days_observed, observed
from .words import Seen


def live(rule: Rule, seen: list[Seen], *, until_us: int) -> list[float]:
    if rule.step_us is None:
        push = window(rule)
        return [value if push is None else push(time_us, value) for time_us, value in seen]
    held, values, waiting = grid_window(rule), [], list(seen)
    first = -(-seen[0].time_us // rule.step_us) * rule.step_us
    for at in range(first, until_us + 1, rule.step_us):
        while waiting and waiting[0].time_us <= at:
            held.push(*waiting.pop(0))
        values.append(held.read(at))
    return values


def check(rule: Rule, seen: list[Seen], *, until_us: int) -> None:
    time_us = np.array([one.time_us for one in seen], dtype=np.int64)
    value = np.array([one.value for one in seen], dtype=np.float64)
    _, expected = windowed(rule, time_us, value, until_us=until_us)
    assert np.array_equal(live(rule, seen, until_us=until_us), expected, equal_nan=True)


@settings(max_examples=600, deadline=None)
@given(data=st.data(), idle_s=st.sampled_from([0, 0, 1, 10]))
def test_one_by_one_is_all_at_once_for_any_floats(data: st.DataObject, idle_s: int) -> None:
    rule = data.draw(any_rules(["value", "error_ratio", "duration", "throughput"]))
    binary = rule.signal in RATIO_SIGNALS
    seen = data.draw(observed(binary=binary, odd=not binary))
    silent = rule.aggregate == "absent" and rule.step_us is None  # it has no window
    if seen and not silent:
        check(rule, seen, until_us=seen[-1].time_us + idle_s * SECOND)


@settings(max_examples=150, deadline=None)
@given(seen=days_observed(), data=st.data())
def test_a_season_one_by_one_is_a_season_all_at_once(seen: list[Seen], data: st.DataObject) -> None:
    rule = Rule(
        name="r", signal="value", aggregate="seasonal_z", threshold=1.0,
        window=data.draw(st.sampled_from(["6 rows", "2d", "30h"])),
        smooth=data.draw(st.none() | st.just("8h")),
        evaluate=data.draw(st.sampled_from(["row", "6h", "3h"])),
        stale_after=data.draw(st.sampled_from(["5m", "7h"])),
    )  # fmt: skip
    if seen:
        check(rule, seen, until_us=seen[-1].time_us)


def test_two_windows_of_one_rule_know_nothing_of_each_other() -> None:
    rule = Rule(name="r", signal="value", aggregate="max", window="2 rows", threshold=0)
    first, second = window(rule), window(rule)
    assert first is not None
    assert second is not None
    assert math.isnan(first(0, 5.0))
    assert math.isnan(second(0, 1.0))
    assert (first(1, 1.0), second(1, 2.0)) == (5.0, 2.0)


def test_the_last_value_alone_needs_no_window() -> None:
    assert window(Rule(name="r", signal="value", threshold=0)) is None
