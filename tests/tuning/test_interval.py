"""The judged interval includes its start and not its end."""

from dataclasses import replace

import polars as pl
import pytest

from simlab.errors import ConfigError, InputError
from simlab.tuning.interval import Interval, when, whole, within

from .cases import S, samples_of, small_dataset

DATASET = small_dataset(1, (600, 900, False))


def test_it_runs_from_the_first_record_to_just_after_the_last() -> None:
    times = pl.concat([DATASET.rows["timestamp"], samples_of(DATASET)["timestamp"]])
    time_us = times.dt.timestamp("us").to_list()
    assert whole(DATASET) == Interval(start_us=min(time_us), until_us=max(time_us) + 1)


def test_an_interval_of_nothing_is_refused_in_one_line() -> None:
    with pytest.raises(ConfigError, match=r"^small: .*1970-01-01T00:00:05Z.*expected[^\n]*$"):
        within(DATASET, start_us=5 * S, until_us=5 * S)


def test_a_dataset_of_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="no row and no sample"):
        whole(replace(DATASET, rows=DATASET.rows.clear(), samples=None))


def test_moments_are_told_in_utc() -> None:
    assert when(86_400 * S) == "1970-01-02T00:00:00Z"
    assert Interval(start_us=0, until_us=3 * S).span_s == 3.0
