"""What is scraped is what the rows say, under the names that the strategy gives."""

import math
import shutil
import subprocess
from collections import Counter
from collections.abc import Sequence

import numpy as np
import prometheus_client
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from simlab.events import Alert, Attempt, Event, Sample
from simlab.telemetry.metrics import Metrics

from .cases import SECOND, START_US, attempt, load, parsed

TYPES = {
    "inv_batch_seconds": "summary",
    "inv_batch_duration_seconds": "histogram",
    "inv_batches": "counter",
    "inv_errors": "counter",
    "inv_error_count": "gauge",
    "inv_retries": "counter",
    "retry_count": "gauge",
    "batch_success_rate": "gauge",
    "inv_error_ratio": "gauge",
    "inv_slow_batches": "counter",
    "cpu_percent": "gauge",
    "mem_usage_mb": "gauge",
    "inv_disk_read_bytes": "counter",
    "inv_disk_write_bytes": "counter",
    "inv_alert_firing": "gauge",
}
"""The contract's names, counters without the `_total` that their samples have."""


def observed(events: Sequence[Event]) -> Metrics:
    metrics = Metrics(rules=["slow", "errors"])
    for event in events:
        metrics.emit(event)
    return metrics


def series(metrics: Metrics) -> dict[str, float]:
    return parsed(metrics.exposition())


def test_every_name_of_the_contract_is_there_with_its_type_and_no_other() -> None:
    families = text_string_to_metric_families(observed(load(200)).exposition().decode())
    assert {family.name: family.type for family in families} == TYPES


def test_counters_end_in_total_and_nothing_tells_when_it_was_created() -> None:
    names = {name.partition("{")[0] for name in series(observed(load(200)))}
    counters = {f"{name}_total" for name, kind in TYPES.items() if kind == "counter"}
    assert counters <= names
    assert not [name for name in names if name.endswith("_created")]


def test_the_registry_is_not_the_global_one_and_two_stand_side_by_side() -> None:
    one, other = observed(load(30)), observed([])
    assert one.registry is not prometheus_client.REGISTRY
    assert not set(TYPES) & {family.name for family in prometheus_client.REGISTRY.collect()}
    assert series(one)["inv_batch_seconds_count"] == 30
    assert series(other)["inv_batch_seconds_count"] == 0


def test_counts_are_those_of_the_rows() -> None:
    events = load(900)
    rows = [event for event in events if isinstance(event, Attempt)]
    samples = [event for event in events if isinstance(event, Sample)]
    told = series(observed(events))
    for status, count in Counter(row.status for row in rows).items():
        assert told[f"inv_batches_total{{{status}}}"] == count
    for error, count in Counter(row.error_type for row in rows if row.error_type).items():
        assert told[f"inv_errors_total{{{error}}}"] == count
    retries = sum(row.status == "retry" for row in rows)
    assert told["inv_retries_total"] == told["retry_count"] == retries
    assert told["inv_slow_batches_total"] == sum(row.duration > 2 for row in rows)
    assert told["inv_batch_seconds_count"] == len(rows)
    assert told["inv_batch_seconds_sum"] == pytest.approx(sum(row.duration for row in rows))
    assert told["inv_disk_read_bytes_total"] == sum(each.disk_read_bytes for each in samples)
    assert told["inv_disk_write_bytes_total"] == sum(each.disk_write_bytes for each in samples)
    assert told["cpu_percent"] == samples[-1].cpu_percent
    assert told["mem_usage_mb"] == samples[-1].mem_usage_mb
    finished = [row for row in rows if row.status != "retry"]
    assert told["batch_success_rate"] == sum(r.status == "success" for r in finished) / len(
        finished
    )
    assert told["inv_error_ratio"] == sum(r.status == "error" for r in finished[-100:]) / 100


def test_the_histogram_counts_up_to_each_edge_and_has_those_of_the_rules() -> None:
    rows = [event for event in load(400) if isinstance(event, Attempt)]
    told = series(Metrics(slow_s=1.7, edges_s=[4.25]))
    assert {"inv_batch_duration_seconds_bucket{1.7}", "inv_batch_duration_seconds_bucket{4.25}"} < {
        *told
    }
    told = series(observed([*rows, attempt(START_US + 10**9, duration=2.0)]))
    buckets = {name[34:-1]: value for name, value in told.items() if "_bucket{" in name}
    assert "2.0" in buckets
    durations = np.array([*(row.duration for row in rows), 2.0])
    assert buckets == {edge: (durations <= float(edge)).sum() for edge in buckets}


@pytest.mark.parametrize("count", [1, 7, 299, 300, 301, 1000])
def test_quantiles_are_those_of_the_last_ten_minutes(count: int) -> None:
    """Attempts are 2 s apart, so ten minutes hold the last 300; one exactly 10 min old is out."""
    events = load(count)
    durations = [event.duration for event in events if isinstance(event, Attempt)][-300:]
    told = series(observed(events))
    for share in (0.5, 0.95, 0.99):
        assert told[f"inv_batch_seconds{{{share}}}"] == np.quantile(durations, share)


def test_quantiles_and_hourly_errors_go_out_of_date_while_nothing_ends() -> None:
    """Samples tell that time goes on."""
    metrics = observed([attempt(START_US, status="error")])
    assert series(metrics)["inv_error_count"] == 1
    metrics.emit(Sample(START_US + 600 * SECOND, 0.0, 0.0, 0, 0))
    told = series(metrics)
    assert math.isnan(told["inv_batch_seconds{0.5}"])
    assert told["inv_error_count"] == 1
    metrics.emit(Sample(START_US + 3600 * SECOND, 0.0, 0.0, 0, 0))
    assert series(metrics)["inv_error_count"] == 0


@given(st.lists(st.tuples(st.integers(0, 2000), st.booleans()), min_size=1, max_size=40))
def test_the_hourly_count_is_of_failed_batches_in_the_last_3600_seconds(
    steps: list[tuple[int, bool]],
) -> None:
    metrics, failed, now = Metrics(), [], START_US
    for gap_s, fails in steps:
        now += gap_s * SECOND
        metrics.emit(attempt(now, status="error" if fails else "retry"))
        failed += [now] if fails else []
    within = [time_us for time_us in failed if now - time_us < 3600 * SECOND]
    assert series(metrics)["inv_error_count"] == len(within)


def test_what_has_no_value_yet_is_nan() -> None:
    told = series(observed([]))
    undefined = {name for name, value in told.items() if math.isnan(value)}
    assert undefined == {
        "inv_batch_seconds{0.5}", "inv_batch_seconds{0.95}", "inv_batch_seconds{0.99}",
        "batch_success_rate", "inv_error_ratio", "cpu_percent", "mem_usage_mb",
    }  # fmt: skip


def test_the_error_ratio_is_nan_until_100_batches_have_finished_and_retries_are_none() -> None:
    metrics = observed([attempt(START_US, status="retry")] * 50)
    for number in range(1, 106):
        metrics.emit(attempt(START_US, status="error" if number <= 7 else "success"))
        ratio = series(metrics)["inv_error_ratio"]
        assert math.isnan(ratio) if number < 100 else ratio == (7 - max(0, number - 100)) / 100


def test_a_rule_that_fires_reads_1_until_it_resolves() -> None:
    metrics = observed([])
    at = "2026-01-05T00:00:00.000000Z"
    for state, value in (("firing", 1.0), ("resolved", 0.0)):
        alert = Alert(START_US, "a", "slow", state, 2.5, 2.0, "page", at, "rollback")  # type: ignore[arg-type]  # one of the two
        metrics.emit(alert)
        told = series(metrics)
        assert (told["inv_alert_firing{slow}"], told["inv_alert_firing{errors}"]) == (value, 0.0)


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed")
def test_promtool_finds_fault_with_nothing_but_the_strategys_own_names() -> None:
    """It parses all; three names, which the strategy gives, are not to its taste."""
    told = subprocess.run(
        ["promtool", "check", "metrics"], input=observed(load(200)).exposition(),
        capture_output=True, check=False,
    )  # fmt: skip
    complaints = (told.stderr + told.stdout).decode().splitlines()
    assert {line.split()[0] for line in complaints} == {
        "inv_error_count", "mem_usage_mb", "retry_count",
    }  # fmt: skip
    assert told.returncode == 3
