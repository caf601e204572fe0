"""Intervals of quantiles hold what they promise, and the charts are of the rows' own numbers."""

import numpy as np
import polars as pl
import pytest
from matplotlib.collections import QuadMesh

from simlab.dataset.schema import Dataset
from simlab.report import spread

from .cases import DAY_US, attempts, timestamps

BUCKETS, EACH = 400, 400


def test_quantile_intervals_hold_the_truth_19_times_in_20() -> None:
    """Over 400 buckets of an exponential distribution, whose quantiles are known."""
    drawn = np.random.default_rng(11).exponential(size=BUCKETS * EACH)
    time_us = DAY_US + np.arange(drawn.size) * (60_000_000 // EACH)
    rows = attempts([1.0] * drawn.size).with_columns(
        timestamp=timestamps(time_us), duration=pl.Series(drawn)
    )
    frame = spread.quantile_intervals(rows, every_s=60)
    for name, share in (("p50", 0.5), ("p95", 0.95)):
        truth = -np.log(1 - share)
        held = (frame[f"{name}_low"] <= truth) & (frame[f"{name}_high"] >= truth)
        assert held.mean() == pytest.approx(0.95, abs=0.035)


def test_an_interval_whose_bound_lies_beyond_all_values_is_undefined() -> None:
    frame = spread.quantile_intervals(attempts([1.0, 2.0, 3.0], every_s=1), every_s=60)
    assert np.isnan(frame["p99_high"][0])
    assert frame["p50"][0] == 2


def test_intervals_are_shaded_around_the_lines(trouble: Dataset) -> None:
    ax = spread.latency_with_intervals(trouble.rows, every_s=3600, threshold=2.0)
    assert len(ax.collections) >= 3
    assert ax.get_ylabel() == "batch duration [s]"
    assert "2 s" in ax.get_title(loc="left")


def test_waiting_and_working_are_means_of_their_bucket() -> None:
    rows = attempts([1.0, 3.0, 2.0], every_s=200).with_columns(
        queue_wait=pl.Series([0.0, 4.0, 1.0])
    )
    ax = spread.waiting_and_working(rows, every_s=300)
    lines = {str(line.get_label()): np.asarray(line.get_ydata()).tolist() for line in ax.lines}
    assert lines["duration"] == [2.0, 2.0]
    assert lines["queue_wait"] == [2.0, 1.0]
    # 5 s of 11 s were spent waiting; in the first bucket half.
    assert ax.get_title(loc="left") == "Waiting is 45.5 % of the time, at worst 50 %"


def test_waits_that_no_one_knows_are_not_told_as_none() -> None:
    ax = spread.waiting_and_working(attempts([1.0, 2.0]), every_s=300)
    assert ax.get_title(loc="left") == "How long attempts waited is not known"


def test_each_hour_of_the_heat_map_adds_up_to_all_its_attempts(trouble: Dataset) -> None:
    ax = spread.latency_heat_map(trouble.rows)
    (mesh,) = [each for each in ax.collections if isinstance(each, QuadMesh)]
    shares: np.ndarray = np.ma.asarray(mesh.get_array()).filled(np.nan)
    np.testing.assert_allclose(np.nansum(shares, axis=0), 1.0)
    assert ax.get_title(loc="left").startswith("P95 is highest at 03:00")


def test_nothing_to_draw_is_said() -> None:
    empty = attempts([1.0]).clear()
    assert spread.latency_heat_map(empty).get_title(loc="left") == "No duration is known"
