"""KPIs, against numpy and counting by hand."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simlab.dataset.conform import conform
from simlab.dataset.kpis import kpis, kpis_over_time
from simlab.dataset.schema import ROWS, SAMPLES, STATUSES, TIMESTAMP, Dataset
from simlab.errors import ConfigError

EPOCH = datetime(2026, 1, 5, tzinfo=UTC)
ATTEMPTS = st.lists(
    st.tuples(st.integers(0, 20_000), st.floats(0, 1e3), st.sampled_from(STATUSES)),
    min_size=1,
    max_size=40,
).map(sorted)
READINGS = st.lists(
    st.tuples(st.integers(0, 20_000), st.floats(0, 100), st.floats(0, 1e4)), max_size=20
).map(sorted)


def dataset_of(attempts: list[Any], readings: list[Any] | None = None) -> Dataset:
    """Rows of (second, duration, status), and samples of (second, CPU, memory)."""
    rows = pl.DataFrame(
        {"timestamp": [EPOCH + timedelta(seconds=a[0]) for a in attempts], "duration": [a[1] for a in attempts],
         "status": [a[2] for a in attempts]},
        schema={name: ROWS[name] for name in ("timestamp", "duration", "status")},
    )  # fmt: skip
    samples = pl.DataFrame(
        [(EPOCH + timedelta(seconds=s), cpu, mem, 0, 0) for s, cpu, mem in readings or []],
        schema=SAMPLES,
        orient="row",
    )
    return Dataset(
        name="made",
        rows=conform(rows, schema=ROWS).frame,
        samples=None if readings is None else samples,
    )


def by_hand(attempts: list[Any], readings: list[Any], hours: float) -> dict[str, float]:
    """The same figures by numpy and plain counting."""
    durations = [duration for _, duration, _ in attempts]
    count = {status: sum(a[2] == status for a in attempts) for status in STATUSES}
    finished = count["success"] + count["error"]
    quantile = {
        f"p{q}": np.quantile(durations, q / 100) if durations else math.nan for q in (50, 95, 99)
    }
    return {
        **{f"inv_batch_seconds_{name}": float(value) for name, value in quantile.items()},
        "inv_error_count": count["error"] / hours if hours else math.nan,
        "batch_success_rate": count["success"] / finished if finished else math.nan,
        "retry_count": count["retry"],
        "cpu_percent": float(np.mean([r[1] for r in readings])) if readings else math.nan,
        "cpu_percent_max": max((r[1] for r in readings), default=math.nan),
        "mem_usage_mb": max((r[2] for r in readings), default=math.nan),
    }


@given(attempts=ATTEMPTS, readings=READINGS)
def test_the_figures_are_those_of_numpy_and_of_counting(
    attempts: list[Any], readings: list[Any]
) -> None:
    hours = (attempts[-1][0] - attempts[0][0]) / 3600
    found = kpis(dataset_of(attempts, readings))
    assert found == pytest.approx(by_hand(attempts, readings, hours), nan_ok=True, rel=1e-9)


@given(attempts=ATTEMPTS, readings=READINGS, every_s=st.sampled_from([0.5, 7, 900, 3600, 7200]))
def test_each_stretch_has_the_figures_of_its_own_rows(
    attempts: list[Any], readings: list[Any], every_s: float
) -> None:
    table = kpis_over_time(dataset_of(attempts, readings), every_s=every_s)
    first, last = (int((EPOCH.timestamp() + attempts[i][0]) // every_s) for i in (0, -1))
    assert table["start"].dt.epoch("us").to_list() == [
        int(n * every_s * 1e6) for n in range(first, last + 1)
    ]
    offset = EPOCH.timestamp()
    busy = {int((offset + attempt[0]) // every_s) for attempt in attempts}
    for number in sorted(busy | {first, (first + last) // 2}):
        mine = [
            [x for x in xs if (offset + x[0]) // every_s == number] for xs in (attempts, readings)
        ]
        row = table.drop("start").row(number - first, named=True)
        assert row == pytest.approx(
            by_hand(mine[0], mine[1], every_s / 3600), nan_ok=True, rel=1e-9
        )


def test_what_is_undefined_is_nan() -> None:
    only_retry = kpis(dataset_of([(0, 1.0, "retry")]))
    undefined = {name for name, value in only_retry.items() if math.isnan(value)}
    assert undefined == {
        "inv_error_count",
        "batch_success_rate",
        "cpu_percent",
        "cpu_percent_max",
        "mem_usage_mb",
    }
    assert only_retry["retry_count"] == 1


def test_a_rate_per_hour_goes_by_the_span_of_the_rows() -> None:
    attempts = [(0, 1.0, "success"), (60, 1.0, "error"), (1800, 1.0, "error")]
    assert kpis(dataset_of(attempts))["inv_error_count"] == 4.0


def test_rows_without_durations_still_have_a_success_rate() -> None:
    found = kpis(dataset_of([(0, None, "success"), (9, None, "error")]))
    assert math.isnan(found["inv_batch_seconds_p99"])
    assert found["batch_success_rate"] == 0.5


def test_a_plain_series_has_figures_of_its_value() -> None:
    values = [3.0, 1.0, 4.0, 1.0, 5.0]
    times = [EPOCH + timedelta(seconds=second) for second in (0, 0, 1, 2, 30)]
    rows = pl.DataFrame(
        {"timestamp": times, "value": values}, schema={"timestamp": TIMESTAMP, "value": pl.Float64}
    )
    series = Dataset(name="made", rows=rows)
    p50, p95, p99 = np.quantile(values, [0.5, 0.95, 0.99])
    assert kpis(series) == pytest.approx(
        {"value_p50": p50, "value_p95": p95, "value_p99": p99, "value_max": 5.0, "rows": 5.0}
    )
    over_time = kpis_over_time(series, every_s=10)
    assert over_time["rows"].to_list() == [4.0, 0.0, 0.0, 1.0]
    assert over_time["value_max"].is_nan().to_list() == [False, True, True, False]


@pytest.mark.parametrize("every_s", [0, -1, math.nan, math.inf, 1e-9, 1e-6])
def test_a_length_that_makes_no_sense_is_refused(every_s: float) -> None:
    dataset = dataset_of([(0, 1.0, "error"), (20, 1.0, "error")])
    with pytest.raises(ConfigError, match="stretches of"):
        kpis_over_time(dataset, every_s=every_s)
