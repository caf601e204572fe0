"""What a reader should know before believing the figures."""

import dataclasses
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from msgspec.structs import replace

from simlab.alerts.rule import Rule, Search, Steps
from simlab.alerts.rules_file import strategy_rules
from simlab.dataset.schema import TIMESTAMP, Dataset
from simlab.errors import InputError
from simlab.tuning.cautions import cautions_on_data, cautions_on_tuning
from simlab.tuning.tune import Tuning, tune
from simlab.workload.draw import draw
from simlab.workload.loading import load_profile

HIGH = Rule(name="high", signal="value", threshold=1.0)


def series(step: timedelta) -> Dataset:
    """Ten values, so far apart."""
    start = datetime(2026, 1, 5, tzinfo=UTC)
    times = pl.Series([start + step * i for i in range(10)], dtype=TIMESTAMP)
    return Dataset(name="series", rows=pl.DataFrame({"timestamp": times, "value": [0.0, 0.5] * 5}))


def replace_rows(dataset: Dataset, **columns: pl.Expr) -> Dataset:
    return dataclasses.replace(dataset, rows=dataset.rows.with_columns(**columns))


def tuned(*rules: Rule) -> Tuning:
    """These rules tuned on the default day."""
    return tune(draw(load_profile("busy-day"), seed=7), rules)


def test_data_slower_than_stale_after_are_told_of_with_what_to_set() -> None:
    """Hourly data under the default of five minutes; exactly five minutes are allowed."""
    (told,) = cautions_on_data(series(timedelta(hours=1)), [HIGH])
    assert told == (
        "high: its data come every 60 min, and after 5m without any it resolves: "
        "set stale_after above that"
    )
    assert not cautions_on_data(series(timedelta(minutes=5)), [HIGH])
    assert not cautions_on_data(series(timedelta(hours=1)), [replace(HIGH, stale_after="2h")])


def test_a_signal_that_tells_nothing_apart_is_told_of() -> None:
    """A constant, and windows that never fill."""
    flat = replace_rows(series(timedelta(minutes=1)), value=pl.lit(3.5))
    assert cautions_on_data(flat, [HIGH]) == [
        "high has the value 3.5 throughout: no threshold tells anything apart"
    ]
    wide = replace(HIGH, aggregate="mean", window="50 rows")
    (told,) = cautions_on_data(series(timedelta(minutes=1)), [wide])
    assert "has no value anywhere: 10 observations, none with what a window of 50 rows" in told


def test_data_on_which_no_rule_says_anything_are_refused() -> None:
    flat = replace_rows(series(timedelta(minutes=1)), value=pl.lit(float("nan")))
    with pytest.raises(InputError, match=r"^series: found nothing to choose by[^\n]*$"):
        tune(flat, [HIGH])


def test_rules_of_one_group_are_told_of_since_they_are_counted_apart() -> None:
    """And a group of one is not."""
    slow, errors, _ = strategy_rules()
    pair = tuned(replace(slow, group="trouble"), replace(errors, group="trouble"))
    told = cautions_on_tuning(pair, max_false_alarms_per_day=2.0)
    assert sum("2 rules raise the alert 'trouble' together" in text for text in told) == 1
    alone = tuned(replace(slow, group="trouble"), errors)
    told = cautions_on_tuning(alone, max_false_alarms_per_day=2.0)
    assert not any("together" in text for text in told)


def test_a_rule_without_its_data_is_the_scores_business() -> None:
    """It says what is missing already."""
    assert not cautions_on_data(series(timedelta(minutes=1)), strategy_rules())


def test_a_rule_that_can_only_be_tuned_to_silence_is_called_switched_off() -> None:
    """No duration reaches an hour; and the best of two thresholds is an edge of the grid."""
    steps = Steps(low=3600.0, high=7200.0, steps=2)
    silent = Rule(name="slow", signal="duration", threshold=3600.0, search=Search(threshold=steps))
    error_rate = strategy_rules()[1]
    told = cautions_on_tuning(tuned(silent, error_rate), max_false_alarms_per_day=2.0)
    assert "slow as tuned never fired where it was chosen: it is switched off" in told
    assert any("slow: 3600 is the edge of its grid, 3600 to 7200" in text for text in told)


def test_few_incidents_and_a_broken_cap_are_told_of() -> None:
    """Half a day of busy-day has nine incidents; a cap below 0 is broken by any figure."""
    told = cautions_on_tuning(tuned(*strategy_rules()), max_false_alarms_per_day=-1.0)
    assert "9 incidents are few to choose by: other days may differ much" in told
    assert any("over the cap of -1" in text for text in told)
