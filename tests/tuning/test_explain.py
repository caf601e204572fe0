"""An account of an incident tells what the rule saw, by hand and as the backtest judges."""

from dataclasses import replace
from math import isnan, nan
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simlab.alerts.rule import Rule
from simlab.dataset.schema import TIMESTAMP, Dataset
from simlab.errors import InputError
from simlab.tuning.account import Account
from simlab.tuning.backtest import backtest
from simlab.tuning.explain import Examined, examine

from .cases import at_s, busy, incidents, slow, small_dataset


def series(value: dict[int, float], labels: pl.DataFrame, *, seconds: int = 100) -> Dataset:
    """A value a second, 0 but for those given; NaN is left out."""
    values = [value.get(second, 0.0) for second in range(seconds)]
    rows = pl.DataFrame({"timestamp": at_s(*range(seconds)), "value": values})
    return Dataset(
        name="series",
        rows=rows.with_columns(pl.col("timestamp").cast(TIMESTAMP)).drop_nans(),
        incidents=labels,
    )


def at(*spans: tuple[int, int], value: float = 5.0) -> dict[int, float]:
    """The value in all seconds from one to another, not included."""
    return {second: value for start, stop in spans for second in range(start, stop)}


def high(**settings: Any) -> Rule:
    return Rule(**{"name": "high", "signal": "value", "threshold": 1.0, **settings})


def only(found: Examined) -> Account:
    (told,) = found.incidents
    (account,) = told.accounts
    return account


WINDOW = incidents((20, 40, False))


def test_the_lateness_of_a_catch_is_the_crossing_and_for() -> None:
    """It crosses at 25 s and falls back, crosses again at 28 s, and fires at 34 s."""
    account = only(examine(series(at((25, 27), (28, 50)), WINDOW), [high(for_="6s")]))
    assert (account.verdict, account.delay_s) == ("caught", 14.0)
    assert (account.first_crossed_s, account.crossed_s, account.for_s) == (5.0, 8.0, 6.0)


def test_a_condition_that_did_not_hold_long_enough_is_short() -> None:
    """True at 25 to 30 s, which is 5 s of 6, and for one moment at 22 s."""
    account = only(examine(series(at((22, 23), (25, 31)), WINDOW), [high(for_="6s")]))
    assert (account.verdict, account.longest_s, account.crossed_s) == ("short", 5.0, 5.0)
    assert isnan(account.delay_s)
    assert (account.peak_value, account.short_by) == (5.0, -4.0)


def test_a_value_that_never_passed_the_limit_is_below_it_by_the_distance_of_its_peak() -> None:
    values = at((25, 27), value=0.75) | at((60, 62), value=0.9)
    account = only(examine(series(values, WINDOW), [high()]))
    assert (account.verdict, account.peak_value) == ("below", 0.75)
    assert (account.short_by, account.short_by_ratio) == (0.25, 0.25)


def test_below_a_limit_the_peak_is_the_lowest_value() -> None:
    values = dict.fromkeys(range(100), 9.0) | at((25, 27), value=5.0)
    account = only(examine(series(values, WINDOW), [high(direction="below", threshold=4.0)]))
    assert (account.verdict, account.peak_value, account.short_by) == ("below", 5.0, 1.0)
    assert account.short_by_ratio == 0.25


def test_a_rule_that_was_firing_already_does_not_catch() -> None:
    account = only(examine(series(at((13, 30)), WINDOW), [high()]))
    assert (account.verdict, account.firing_since_s) == ("firing", 7.0)
    assert isnan(account.delay_s)


def test_a_rule_that_resolved_just_as_the_incident_began_was_not_firing() -> None:
    assert only(examine(series(at((13, 20)), WINDOW), [high()])).verdict == "below"


def test_what_fires_when_the_incident_is_over_is_late() -> None:
    account = only(examine(series(at((38, 60)), WINDOW), [high(for_="6s")]))
    assert (account.verdict, account.delay_s, account.crossed_s) == ("late", 24.0, 18.0)
    assert account.longest_s == 2.0


def test_what_its_cooldown_holds_back_is_held() -> None:
    values = at((10, 15), (25, 30))
    account = only(examine(series(values, WINDOW), [high(cooldown="30s")]))
    assert (account.verdict, account.delay_s) == ("held", 5.0)


def test_a_window_that_never_fills_is_undefined() -> None:
    rule = high(aggregate="mean", window="90 rows")
    assert only(examine(series(at((25, 30)), WINDOW), [rule])).verdict == "undefined"


def test_an_incident_without_an_observation_is_silent() -> None:
    gone = at((15, 45), value=nan)
    assert only(examine(series(gone, WINDOW), [high()])).verdict == "silent"


def test_a_rule_without_its_signal_is_unjudged_and_the_farthest() -> None:
    (told,) = examine(series(at((25, 30)), WINDOW), [busy(), high()]).incidents
    assert [each.rule for each in told.accounts] == ["high", "busy"]
    assert told.accounts[1].verdict == "unjudged"
    assert "cpu_percent" in (told.accounts[1].note or "")


def test_accounts_come_by_how_near_they_were() -> None:
    """Half of the `for` is nearer than a fifth of it, and that than a limit not reached."""
    rules = [
        high(name="far", threshold=50.0),
        high(name="near", threshold=6.0),
        high(name="fifth", for_="25s"),
        high(name="half", for_="10s"),
    ]
    (told,) = examine(series(at((25, 31)), WINDOW), rules).incidents
    assert [each.rule for each in told.accounts] == ["half", "fifth", "near", "far"]
    assert told.outcome == "missed"


def test_a_catch_is_as_likely_by_chance_as_a_poisson_process_of_false_alarms_hits() -> None:
    """Four false alarms in the 80 s outside, of an incident of 20 s: 1 - exp(-1)."""
    values = at((1, 2), (5, 6), (25, 30), (50, 51), (60, 61))
    found = examine(series(values, WINDOW, seconds=101), [high()])
    assert only(found).by_chance == pytest.approx(1 - np.exp(-4 * 20 / 80), rel=1e-6)


def test_what_lay_where_false_alarms_began() -> None:
    labels = incidents((20, 30, False), (50, 60, True), (80, 90, False))
    values = at((10, 11), (32, 33), (55, 56), (78, 82))
    found = examine(series(values, labels), [high()])
    told = [(alarm.lay, alarm.label, alarm.apart_s) for alarm in found.false_alarms]
    np.testing.assert_equal(
        told,
        [
            ("nothing", None, nan),
            ("nothing", None, nan),
            ("look-alike", "i1", nan),
            ("before", "i2", 2.0),
        ],
    )


@pytest.mark.parametrize("window", ["5s", "5 rows"])
def test_a_window_that_still_holds_the_incident_makes_a_tail(window: str) -> None:
    """The last 5 s hold the second of 30 s up to 34 s; the rule fires anew at 33 s."""
    rule = high(aggregate="mean", window=window, threshold=3.0, min_count=5)
    values = at((31, 33), value=8.0)
    labels = incidents((20, 30, False))
    (alarm,) = examine(series(values, labels), [rule]).false_alarms
    assert (alarm.lay, alarm.label, alarm.apart_s) == ("tail", "i0", 2.0)


def two_warehouses(*slow_at: tuple[float, int]) -> Dataset:
    """A row of each of two warehouses every ten seconds; slow ones as given."""
    rows = [(float(second), warehouse, 1.0) for second in range(0, 100, 10) for warehouse in (1, 2)]
    rows += [(second, warehouse, 9.0) for second, warehouse in slow_at]
    second, warehouse, duration = zip(*sorted(rows), strict=True)
    frame = pl.DataFrame(
        {"timestamp": at_s(*second), "warehouse_id": warehouse, "duration": duration}
    ).with_columns(pl.col("timestamp").cast(TIMESTAMP))
    labels = incidents((20, 40, False)).with_columns(
        warehouses=pl.Series([[2]], dtype=pl.List(pl.Int32))
    )
    return Dataset(name="two", rows=frame, incidents=labels)


def test_a_rule_by_warehouse_is_accounted_for_where_the_incident_is() -> None:
    rule = slow(by="warehouse_id")
    found = examine(two_warehouses((25.5, 1)), [rule])
    assert (only(found).verdict, only(found).warehouse_id) == ("below", 2)
    assert [(alarm.lay, alarm.label) for alarm in found.false_alarms] == [("elsewhere", "i0")]
    found = examine(two_warehouses((25.5, 1), (33.0, 2)), [rule])
    assert (only(found).verdict, only(found).warehouse_id, only(found).delay_s) == ("caught", 2, 13)


def test_without_labels_there_is_nothing_to_explain() -> None:
    with pytest.raises(InputError, match="found no labels, expected incidents to explain"):
        examine(replace(series({}, WINDOW), incidents=None), [high()])


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 10**6),
    st.lists(st.tuples(st.integers(0, 14_000), st.integers(1, 900), st.booleans()), max_size=6),
    st.sampled_from(["0s", "1m"]),
    st.sampled_from([None, "g"]),
    st.sampled_from(["0s", "10m"]),
)
def test_it_judges_as_the_backtest_does(
    seed: int, windows: list[tuple[int, int, bool]], for_: str, group: str | None, cooldown: str
) -> None:
    labels = [(start, start + length, fake) for start, length, fake in windows]
    dataset = small_dataset(seed, *labels)
    rules = [slow(for_=for_, group=group, cooldown=cooldown), busy(group=group)]
    found, judged = examine(dataset, rules), backtest(dataset, rules)
    for score in judged.scores[:-1]:
        accounts = [
            each for told in found.incidents for each in told.accounts if each.rule == score.rule
        ]
        delays = [each.delay_s for each in accounts if each.verdict == "caught"]
        assert (len(accounts), len(delays)) == (score.incidents, score.caught)
        assert delays == [] or np.median(delays) == pytest.approx(score.delay_median_s)
        alarms = [alarm for alarm in found.false_alarms if alarm.rule == score.rule]
        assert len(alarms) == score.false_episodes
        assert sum(alarm.lay == "look-alike" for alarm in alarms) == score.fooled
    assert sum(told.outcome == "caught" for told in found.incidents) == judged.scores[-1].caught
