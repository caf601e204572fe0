"""The values a rule is judged by are those of its words, each window as if it were cut out."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simlab.alerts.rule import RATIO_SIGNALS, Rule
from simlab.alerts.spans import Values
from simlab.alerts.windowed import windowed

from .cases import SECOND
from .rules import any_rules, days_observed, observed
from .words import Seen, judged_by_hand

COUNTED = ["last", "mean", "min", "max", "p50", "zscore", "robust_z", "record"]


def rule(signal: str, *, window: str = "1 row", aggregate: str = "last", **keys: object) -> Rule:
    settings = {"signal": signal, "window": window, "aggregate": aggregate, "threshold": 1.0}
    if aggregate == "record":
        settings = {**settings, "threshold": None, "margin": 0.0}
    return Rule(name="r", **settings | keys)  # type: ignore[arg-type]  # by name


def judged(rule: Rule, value: Values) -> Values:
    """The values at observations a second apart."""
    return windowed(rule, np.arange(len(value)) * SECOND, value)[1]


def check(rule: Rule, seen: list[Seen], *, idle_us: int = 0) -> None:
    until_us = (seen[-1].time_us if seen else 0) + idle_us
    time_us = np.array([one.time_us for one in seen], dtype=np.int64)
    value = np.array([one.value for one in seen], dtype=np.float64)
    at, found = windowed(rule, time_us, value, until_us=until_us)
    moments, expected = judged_by_hand(rule, seen, until_us=until_us)
    assert at.tolist() == moments
    assert np.allclose(found, expected, rtol=1e-9, atol=1e-9, equal_nan=True)


@settings(max_examples=600, deadline=None)
@given(data=st.data(), idle_s=st.sampled_from([0, 0, 1, 10]))
def test_every_rule_is_judged_by_the_values_of_its_words(data: st.DataObject, idle_s: int) -> None:
    rule = data.draw(any_rules(["value", "error_ratio", "duration", "throughput"]))
    if rule.aggregate == "absent" and rule.step_us is None:
        return  # it is judged at silences: below
    seen = data.draw(observed(binary=rule.signal in RATIO_SIGNALS))
    check(rule, seen, idle_us=idle_s * SECOND)


@settings(max_examples=150, deadline=None)
@given(seen=days_observed(), data=st.data())
def test_what_is_usual_at_a_time_of_day_is_the_median_of_the_days_before(
    seen: list[Seen], data: st.DataObject
) -> None:
    rule = Rule(
        name="r", signal="value", aggregate="seasonal_z", threshold=1.0,
        window=data.draw(st.sampled_from(["6 rows", "2d", "30h"])),
        direction=data.draw(st.sampled_from(["above", "outside"])),
        floor=data.draw(st.sampled_from([0.5, 1.0])),
        smooth=data.draw(st.none() | st.just("8h")),
        evaluate=data.draw(st.sampled_from(["row", "6h", "3h"])),
        stale_after=data.draw(st.sampled_from(["5m", "7h"])),
    )  # fmt: skip
    check(rule, seen)


@pytest.mark.parametrize("for_", ["0s", "2s"])
def test_a_silence_says_something_once_it_is_longer_than_the_window(for_: str) -> None:
    absent = Rule(name="r", signal="duration", aggregate="absent", window="5s", for_=for_)
    time_us = np.array([0, 5, 11, 30]) * SECOND
    at, value = windowed(absent, time_us, np.ones(4), until_us=35 * SECOND)
    silent = {10 + 6 * 0: 1.0} if for_ == "0s" else {}
    told = dict(zip((at // SECOND).tolist(), value.tolist(), strict=True))
    expected = {0: 0, 5: 0, 10: 1, 11: 0, 16: 1, 30: 0}
    if for_ == "2s":
        expected |= {18: 1}
    assert told == expected
    assert not silent or told[10] == 1


def test_5_errors_of_100_are_one_twentieth_to_the_bit_wherever_they_lie() -> None:
    errors = rule("error_ratio", aggregate="ratio", window="100 batches")
    value = judged(errors, np.tile([1.0] + [0.0] * 19, 5_000))
    assert np.isnan(value[:99]).all()
    assert set(value[99:].tolist()) == {0.05}


def test_a_window_is_undefined_until_it_is_full_or_holds_min_count() -> None:
    value = np.arange(5.0)
    full = judged(rule("value", aggregate="max", window="4 rows"), value)
    early = judged(rule("value", aggregate="max", window="4 rows", min_count=2), value)
    assert np.array_equal(full, [np.nan, np.nan, np.nan, 3, 4], equal_nan=True)
    assert np.array_equal(early, [np.nan, 1, 2, 3, 4], equal_nan=True)


def test_a_mean_forgets_what_left_its_window_however_large_it_was() -> None:
    """Sums that add and subtract keep the rounding of 1e16 for ever; here it leaves no trace."""
    value = np.array([0.1, 1e16, *[0.1] * 8])
    found = judged(rule("value", aggregate="mean", window="3 rows"), value)
    assert found[4:] == pytest.approx(0.1, rel=1e-15)


def test_an_infinity_or_a_nan_stays_in_the_windows_that_hold_it() -> None:
    value = np.array([1.0, math.inf, -math.inf, 1.0, math.nan, 1.0, 1.0, 3.0])
    found = judged(rule("value", aggregate="mean", window="2 rows"), value)
    expected = [np.nan, np.inf, np.nan, -np.inf, np.nan, np.nan, 1.0, 2.0]
    assert np.array_equal(found, expected, equal_nan=True)


def test_the_windows_over_nothing_are_nothing() -> None:
    for aggregate in COUNTED:
        counted = rule("duration", aggregate=aggregate, window="3 rows")
        assert judged(counted, np.empty(0)).shape == (0,)
    errors = rule("error_ratio", aggregate="ratio", window="3 batches")
    assert judged(errors, np.empty(0)).shape == (0,)
