"""What is shown over time equals the same counted by hand, and gaps stay gaps."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simlab.dataset.kpis import kpis_over_time
from simlab.dataset.schema import Dataset
from simlab.report import view
from simlab.report.buckets import bucket_s, without_stub
from simlab.tuning.backtest import Backtest

from .cases import DAY_US, at, attempts, incident, labels, timestamps

HOUR = 3600


@settings(deadline=None)  # frames of thousands of rows
@given(st.integers(2, 5000), st.floats(0.001, 50_000))
def test_a_chart_has_at_most_600_buckets_of_a_round_width(count: int, every_s: float) -> None:
    rows = attempts([1.0] * count, every_s=every_s)
    width = bucket_s(rows)
    assert view.rows_over_time(rows, every_s=width).height <= 600
    assert 86_400 % width == 0 or width % 86_400 == 0


def test_few_rows_get_wider_buckets_but_48_of_them_remain() -> None:
    few = attempts([1.0] * 100, every_s=864)
    assert bucket_s(few) == 1800
    assert view.rows_over_time(few, every_s=1800).height == 48


def test_quantiles_by_bucket_are_numpys(trouble: Dataset) -> None:
    frame = view.rows_over_time(trouble.rows, every_s=HOUR)
    hours = trouble.rows["timestamp"].dt.hour().to_numpy()
    durations = trouble.rows["duration"].to_numpy()
    for name, quantile in {"p50": 0.5, "p95": 0.95, "p99": 0.99}.items():
        by_hand = [np.quantile(durations[hours == hour], quantile) for hour in range(24)]
        np.testing.assert_allclose(frame[name].to_numpy(), by_hand)


def test_buckets_agree_with_the_kpis_over_time(trouble: Dataset) -> None:
    theirs = kpis_over_time(trouble, every_s=HOUR)
    rows = view.rows_over_time(trouble.rows, every_s=HOUR)
    assert trouble.samples is not None
    samples = view.samples_over_time(trouble.samples, every_s=HOUR)
    assert rows["time"].to_list() == theirs["start"].to_list()
    np.testing.assert_allclose(rows["p99"], theirs["inv_batch_seconds_p99"])
    np.testing.assert_allclose(rows["retries_per_minute"] * 60, theirs["retry_count"])
    np.testing.assert_allclose(samples["cpu_percent"], theirs["cpu_percent"])
    np.testing.assert_allclose(samples["mem_usage_mb"], theirs["mem_usage_mb"])


@settings(deadline=None)  # frames of thousands of rows
@given(st.lists(st.sampled_from(["success", "error", "retry"]), min_size=1, max_size=300))
def test_the_error_ratio_is_that_of_the_last_100_finished_batches(statuses: list[str]) -> None:
    rows = attempts([1.0] * len(statuses), statuses=statuses, every_s=1)
    frame = view.rows_over_time(rows, every_s=1)
    finished: list[bool] = []
    for shown, status in zip(frame["error_ratio"], statuses, strict=True):
        if status != "retry":
            finished.append(status == "error")
        if status == "retry" or len(finished) < 100:
            assert np.isnan(shown)
        else:
            assert shown == sum(finished[-100:]) / 100


def test_an_empty_bucket_has_no_latency_and_no_load() -> None:
    rows = attempts([1.0, 3.0], every_s=2 * HOUR)
    frame = view.rows_over_time(rows, every_s=HOUR)
    assert frame["per_minute"].to_list() == [1 / 60, 0, 1 / 60]
    np.testing.assert_array_equal(frame["p99"], [1.0, np.nan, 3.0])


def test_unknown_durations_are_gaps() -> None:
    frame = view.rows_over_time(attempts([None, 2.0], every_s=HOUR), every_s=HOUR)
    np.testing.assert_array_equal(frame["p50"], [np.nan, 2.0])


def test_disk_bytes_that_no_one_read_are_unknown_rather_than_0() -> None:
    samples = pl.DataFrame(
        {
            "timestamp": timestamps(DAY_US + np.arange(3) * 1_800_000_000),
            "cpu_percent": [1.0, 3.0, 5.0],
            "mem_usage_mb": [1.0, 2.0, 3.0],
            "disk_read_bytes": [10, 5, None],
            "disk_write_bytes": [0, 0, 0],
        }
    )
    frame = view.samples_over_time(samples, every_s=HOUR)
    np.testing.assert_array_equal(frame["disk_read_bytes"], [15, np.nan])
    assert frame["cpu_percent"].to_list() == [2, 5]
    assert frame["cpu_percent_max"].to_list() == [3, 5]


def test_a_plain_series_keeps_its_range() -> None:
    rows = pl.DataFrame(
        {"timestamp": timestamps(DAY_US + np.arange(4) * 1_800_000_000), "value": [1.0, 9, 4, 4]}
    )
    frame = view.values_over_time(rows, every_s=HOUR)
    assert frame.select("low", "mean", "high").rows() == [(1, 5, 9), (4, 4, 4)]


def test_the_envelope_keeps_every_stretchs_extremes() -> None:
    rng = np.random.default_rng(3)
    time_us = np.sort(rng.integers(0, 10**9, 20_000))
    value = rng.normal(size=20_000)
    value[rng.uniform(size=20_000) < 0.1] = np.nan
    kept_us, kept = view.envelope(time_us, value, most=50)
    assert kept_us.size <= 100
    assert (np.diff(kept_us) >= 0).all()
    assert kept.max() == np.nanmax(value)
    assert kept.min() == np.nanmin(value)
    for value_us, shown in zip(kept_us, kept, strict=True):
        assert shown in value[time_us == value_us]


def test_the_envelope_leaves_a_short_series_alone() -> None:
    time_us, value = np.arange(10), np.full(10, np.nan)
    assert view.envelope(time_us, value, most=5)[1] is value


def test_warehouses_are_counted_one_by_one(trouble: Dataset) -> None:
    table = view.by_warehouse(trouble.rows)
    assert table["batches"].is_sorted(descending=True)
    for row in table.head(3).iter_rows(named=True):
        rows = [
            r
            for r in trouble.rows.iter_rows(named=True)
            if r["warehouse_id"] == row["warehouse_id"]
        ]
        finished = [r for r in rows if r["status"] != "retry"]
        errors = sum(r["status"] == "error" for r in finished)
        assert (row["batches"], row["errors"]) == (len(finished), errors)
        assert row["error_ratio"] == pytest.approx(errors / len(finished))
        assert row["p95"] == pytest.approx(np.quantile([r["duration"] for r in rows], 0.95))


def test_a_warehouse_without_a_finished_batch_has_no_error_ratio() -> None:
    table = view.by_warehouse(attempts([1.0], statuses=["retry"]))
    assert table["batches"].to_list() == [0]
    assert np.isnan(table["error_ratio"][0])


def _episodes(*found: tuple[str, float]) -> pl.DataFrame:
    return pl.DataFrame(
        [(rule, at(hours), None) for rule, hours in found],
        schema={"rule": pl.String, "start": pl.Datetime("us", "UTC"), "incident": pl.String},
        orient="row",
    )


def test_a_catch_counts_from_the_visible_start_both_bounds_included() -> None:
    truth = labels(incident("a", "x", 2, 3), incident("b", "x", 5, 6))
    found = view.catches(
        truth, _episodes(("on start", 2), ("on end", 3), ("late", 2.5), ("late", 2.75), ("out", 4))
    )
    assert found.rows() == [("a", "on start", 0), ("a", "late", 1800), ("a", "on end", 3600)]


def test_a_look_alike_catches_nothing_and_fools() -> None:
    truth = labels(incident("a", "x", 2, 3), incident("peak", "x", 5, 6, lookalike=True))
    episodes = _episodes(("r", 5.1), ("r", 5.2), ("s", 2.5), ("s", 9))
    assert view.fooled(truth, episodes).rows() == [("peak", "r", 2)]
    assert view.catches(truth, episodes)["rule"].to_list() == ["s"]


def test_marks_are_thinned_to_two_a_rule_and_bucket(judged: Backtest) -> None:
    marks = view.episode_marks(judged.episodes, every_s=12 * HOUR, truth_known=True)
    assert marks["episodes"].sum() == judged.episodes.height
    buckets = marks.group_by("rule", pl.col("time").dt.truncate("12h")).len()
    assert buckets["len"].max() == 2
    assert marks.filter(pl.col("caught"))["episodes"].sum() == judged.episodes["incident"].count()


def test_without_truth_a_mark_says_neither(judged: Backtest) -> None:
    marks = view.episode_marks(judged.episodes, every_s=HOUR, truth_known=False)
    assert marks["caught"].null_count() == marks.height > 0


def test_no_rows_give_no_buckets() -> None:
    assert view.rows_over_time(attempts([]), every_s=60).is_empty()
    assert bucket_s(attempts([])) > 0


def test_a_last_bucket_that_the_data_hardly_reach_into_is_no_bucket() -> None:
    frame = view.rows_over_time(attempts([1.0] * 10, every_s=400), every_s=HOUR)
    starts = frame["time"]
    assert frame.height == 2
    for seconds, height in ((0, 1), (899, 1), (900, 2), (3600, 2)):
        last = starts[-1] + timedelta(seconds=seconds)
        assert without_stub(frame, last, every_s=HOUR).height == height
    only = frame.head(1)
    assert without_stub(only, starts[0], every_s=HOUR).height == 1
