"""What is scraped is what the rows say, under the names that the strategy gives."""

import math
import shutil
import subprocess
import threading
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import prometheus_client
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from simlab.events import Alert, Attempt, Event, Sample
from simlab.telemetry.metrics import Metrics
from simlab.telemetry.plain import PlainMetrics
from simlab.telemetry.resources import Reading
from simlab.telemetry.stack import MetricStack

from .cases import SECOND, START_US, attempt, load, parsed, same

STACKS: list[type[MetricStack]] = [Metrics, PlainMetrics]
STEPS = st.tuples(st.integers(0, 2000), st.booleans())
"""How long after the one before an attempt ends [s], and whether it fails."""

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
    "host_cpu_percent": "gauge",
    "inv_cpu_limit_cores": "gauge",
    "inv_mem_limit_bytes": "gauge",
    "inv_disk_read_bytes": "counter",
    "inv_disk_write_bytes": "counter",
    "inv_alert_firing": "gauge",
    "inv_rule_value": "gauge",
    "inv_telemetry_dropped": "counter",
    "inv_telemetry_flush_seconds": "summary",
}
"""The contract's names, counters without the `_total` that their samples have."""


@pytest.fixture(params=STACKS)
def stack(request: pytest.FixtureRequest) -> type[MetricStack]:
    kind: type[MetricStack] = request.param
    return kind


def observed(stack: type[MetricStack], events: Sequence[Event]) -> MetricStack:
    metrics = stack(rules=["slow", "errors"])
    for event in events:
        metrics.emit(event)
    return metrics


def series(metrics: MetricStack) -> dict[str, float]:
    return parsed(metrics.exposition())


def test_every_name_of_the_contract_is_there_with_its_type_and_no_other(
    stack: type[MetricStack],
) -> None:
    told = observed(stack, load(200)).exposition().decode()
    families = text_string_to_metric_families(told)
    assert {family.name: family.type for family in families} == TYPES


def test_counters_end_in_total_and_nothing_tells_when_it_was_created(
    stack: type[MetricStack],
) -> None:
    names = {name.partition("{")[0] for name in series(observed(stack, load(200)))}
    counters = {f"{name}_total" for name, kind in TYPES.items() if kind == "counter"}
    assert counters <= names
    assert not [name for name in names if name.endswith("_created")]


def test_the_registry_is_not_the_global_one_and_two_stand_side_by_side(
    stack: type[MetricStack],
) -> None:
    one, other = observed(stack, load(30)), observed(stack, [])
    assert not set(TYPES) & {family.name for family in prometheus_client.REGISTRY.collect()}
    assert series(one)["inv_batch_seconds_count"] == 30
    assert series(other)["inv_batch_seconds_count"] == 0


def all_kinds() -> list[Event]:
    """More attempts than are added up at once, errors and labels of every sort, and alerts."""
    events = load(2500)
    odd = ['a "quote"', "two\nlines", "back\\slash", "\ud800", "ümlaut", "x" * 300]
    events += [
        attempt(START_US + 5001 * SECOND + n, status="error", error=text)
        for n, text in enumerate(odd)
    ]
    at = "2026-01-05T00:00:00.000000Z"
    alert = Alert(START_US + 5002 * SECOND, "a", "slow", "firing", 2.5, 2.0, "page", at, "rollback")
    return [*events, alert]


@pytest.mark.parametrize("upto", [0, 1, 40, 1200, 3000])
def test_both_stacks_expose_the_same_family_by_family_and_sample_by_sample(upto: int) -> None:
    """Quantiles within 1 %, sums but for the order of adding; all else to the bit."""
    default, plain = (
        stack(rules=["slow", "errors"], slow_s=1.7, values=lambda: {("slow", None): 2.5, ("apart", 7): 1.5},
              dropped=lambda: {"log": 3}, flushes=lambda: (1, 0.25))
        for stack in STACKS
    )  # fmt: skip
    for metrics in (default, plain):
        for event in all_kinds()[:upto]:
            metrics.emit(event)
        metrics.read(READING)
    ours, theirs = (list(each.registry.collect()) for each in (default, plain))
    assert [(f.name, f.type, f.documentation) for f in ours] == [
        (f.name, f.type, f.documentation) for f in theirs
    ]
    for our, their in zip(ours, theirs, strict=True):
        assert [(s.name, s.labels) for s in our.samples] == [
            (s.name, s.labels) for s in their.samples
        ]
        for left, right in zip(our.samples, their.samples, strict=True):
            close = 1e-2 if "quantile" in left.labels else 1e-12 if "_sum" in left.name else 0.0
            assert same(left.value, right.value) or left.value == pytest.approx(
                right.value, rel=close, abs=0
            )


READING = Reading(
    cpu_percent=130.0, host_cpu_percent=70.0, mem_usage_mb=90.0, disk_read_bytes=10,
    disk_write_bytes=20, cpu_limit_cores=1.5, mem_limit_bytes=2e9,
)  # fmt: skip


def test_counts_are_those_of_the_rows(stack: type[MetricStack]) -> None:
    events = load(900)
    rows = [event for event in events if isinstance(event, Attempt)]
    samples = [event for event in events if isinstance(event, Sample)]
    told = series(observed(stack, events))
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


def test_the_histogram_counts_up_to_each_edge_and_has_those_of_the_rules(
    stack: type[MetricStack],
) -> None:
    rows = [event for event in load(400) if isinstance(event, Attempt)]
    told = series(stack(slow_s=1.7, edges_s=[4.25]))
    assert {"inv_batch_duration_seconds_bucket{1.7}", "inv_batch_duration_seconds_bucket{4.25}"} < {
        *told
    }
    told = series(observed(stack, [*rows, attempt(START_US + 10**9, duration=2.0)]))
    buckets = {name[34:-1]: value for name, value in told.items() if "_bucket{" in name}
    assert "2.0" in buckets
    durations = np.array([*(row.duration for row in rows), 2.0])
    assert buckets == {edge: (durations <= float(edge)).sum() for edge in buckets}


@pytest.mark.parametrize("count", [1, 7, 295, 296, 300, 301, 1000])
def test_quantiles_are_those_of_the_last_ten_minutes(stack: type[MetricStack], count: int) -> None:
    """Of the 60 stretches of ten seconds up to the last attempt's: attempts are 2 s apart.

    The plain stack has the value itself, which floor(q (n - 1)) others come before, the default
    stack one within 1 % of it.
    """
    events = load(count)
    since_s = max(0, 2 * (count - 1) // 10 - 59) * 10
    durations = [event.duration for event in events if isinstance(event, Attempt)]
    within = sorted(durations[since_s // 2 :])
    told = series(observed(stack, events))
    for share in (0.5, 0.95, 0.99):
        exact = within[math.floor(share * (len(within) - 1))]
        value = told[f"inv_batch_seconds{{{share}}}"]
        assert value == exact if stack is PlainMetrics else abs(value - exact) <= 0.01 * exact


def test_quantiles_and_hourly_errors_go_out_of_date_while_nothing_ends(
    stack: type[MetricStack],
) -> None:
    """Samples tell that time goes on."""
    metrics = observed(stack, [attempt(START_US, status="error")])
    assert series(metrics)["inv_error_count"] == 1
    metrics.emit(Sample(START_US + 600 * SECOND, 0.0, 0.0, 0, 0))
    told = series(metrics)
    assert math.isnan(told["inv_batch_seconds{0.5}"])
    assert told["inv_error_count"] == 1
    metrics.emit(Sample(START_US + 3600 * SECOND, 0.0, 0.0, 0, 0))
    assert series(metrics)["inv_error_count"] == 0


@given(st.sampled_from(STACKS), st.lists(STEPS, min_size=1, max_size=40))
def test_the_hourly_count_is_of_failed_batches_in_the_last_3600_seconds(
    stack: type[MetricStack], steps: list[tuple[int, bool]]
) -> None:
    metrics, failed, now = stack(), [], START_US
    for gap_s, fails in steps:
        now += gap_s * SECOND
        metrics.emit(attempt(now, status="error" if fails else "retry"))
        failed += [now] if fails else []
    within = [time_us for time_us in failed if now - time_us < 3600 * SECOND]
    assert series(metrics)["inv_error_count"] == len(within)


def test_what_has_no_value_yet_is_nan(stack: type[MetricStack]) -> None:
    told = series(observed(stack, []))
    undefined = {name for name, value in told.items() if math.isnan(value)}
    assert undefined == {
        "inv_batch_seconds{0.5}", "inv_batch_seconds{0.95}", "inv_batch_seconds{0.99}",
        "batch_success_rate", "inv_error_ratio", "cpu_percent", "mem_usage_mb",
        "host_cpu_percent", "inv_cpu_limit_cores", "inv_mem_limit_bytes",
        "inv_rule_value{slow}", "inv_rule_value{errors}",
    }  # fmt: skip


def test_the_error_ratio_is_nan_until_100_batches_have_finished_and_retries_are_none(
    stack: type[MetricStack],
) -> None:
    metrics = observed(stack, [attempt(START_US, status="retry")] * 50)
    for number in range(1, 106):
        metrics.emit(attempt(START_US, status="error" if number <= 7 else "success"))
        ratio = series(metrics)["inv_error_ratio"]
        assert math.isnan(ratio) if number < 100 else ratio == (7 - max(0, number - 100)) / 100


def test_a_rule_that_fires_reads_1_until_it_resolves(stack: type[MetricStack]) -> None:
    metrics = observed(stack, [])
    at = "2026-01-05T00:00:00.000000Z"
    for state, value in (("firing", 1.0), ("resolved", 0.0)):
        alert = Alert(START_US, "a", "slow", state, 2.5, 2.0, "page", at, "rollback")  # type: ignore[arg-type]  # one of the two
        metrics.emit(alert)
        told = series(metrics)
        assert (told["inv_alert_firing{slow}"], told["inv_alert_firing{errors}"]) == (value, 0.0)


def test_a_rule_by_warehouse_fires_while_it_does_for_any(stack: type[MetricStack]) -> None:
    metrics = observed(stack, [])
    at = "2026-01-05T00:00:00.000000Z"
    for warehouse, state, firing in (
        (1, "firing", 1), (2, "firing", 1), (1, "resolved", 1), (2, "resolved", 0),
    ):  # fmt: skip
        alert = Alert(
            START_US, "a", "slow", state, 2.5, 2.0, "page", at, "rollback", warehouse  # type: ignore[arg-type]  # one of the two
        )  # fmt: skip
        metrics.emit(alert)
        assert series(metrics)["inv_alert_firing{slow}"] == firing


def test_samples_are_shown_until_the_machine_is_read_and_add_nothing_afterwards(
    stack: type[MetricStack],
) -> None:
    metrics = observed(stack, [Sample(START_US, 40.0, 80.0, 1, 2)])
    told = series(metrics)
    assert (told["cpu_percent"], told["inv_disk_write_bytes_total"]) == (40.0, 2.0)
    metrics.read(READING)
    metrics.emit(Sample(START_US + SECOND, 40.0, 80.0, 1, 2))
    told = series(metrics)
    assert (told["cpu_percent"], told["host_cpu_percent"]) == (130.0, 70.0)
    assert (told["inv_disk_read_bytes_total"], told["inv_disk_write_bytes_total"]) == (11.0, 22.0)
    assert (told["inv_cpu_limit_cores"], told["inv_mem_limit_bytes"]) == (1.5, 2e9)


def test_rules_values_flushes_and_losses_are_told(stack: type[MetricStack]) -> None:
    values, lost = {("slow", None): 2.5, ("apart", 7): 1.5}, {"log": 0}
    metrics = stack(
        rules=["slow", "errors"], values=lambda: values, dropped=lambda: lost,
        flushes=lambda: (2, 0.75),
    )  # fmt: skip
    lost["log"] = 4
    told = series(metrics)
    assert told["inv_rule_value{slow}"] == 2.5
    assert told["inv_rule_value{apart,7}"] == 1.5
    assert math.isnan(told["inv_rule_value{errors}"])
    assert told["inv_telemetry_dropped_total{log}"] == 4
    assert told["inv_telemetry_flush_seconds_count"] == 2
    assert told["inv_telemetry_flush_seconds_sum"] == 0.75


def test_threads_that_count_at_once_lose_nothing_while_it_is_scraped() -> None:
    metrics = Metrics()

    def count() -> None:
        for number in range(20_000):
            metrics.emit(attempt(START_US + number, duration=0.5))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    seen = [0.0]
    while any(thread.is_alive() for thread in threads):
        seen.append(series(metrics)["inv_batch_seconds_count"])
    for thread in threads:
        thread.join()
    assert seen == sorted(seen)
    told = series(metrics)
    assert told["inv_batch_seconds_count"] == told["inv_batches_total{success}"] == 80_000


@pytest.mark.parametrize("duration", [math.nan, math.inf, -0.5, "x", None])
def test_an_attempt_that_makes_no_sense_is_left_out_and_its_neighbours_count(
    duration: Any,
) -> None:
    metrics = observed(Metrics, [attempt(START_US), attempt(START_US, duration=duration),
                                 attempt(START_US)])  # fmt: skip
    told = series(metrics)
    assert told["inv_batch_seconds_count"] == told["inv_batch_seconds_sum"] == 2
    assert told["inv_telemetry_dropped_total{value}"] == 1


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed")
def test_promtool_finds_fault_with_nothing_but_the_strategys_own_names(
    stack: type[MetricStack],
) -> None:
    """It parses all; three names, which the strategy gives, are not to its taste."""
    told = subprocess.run(
        ["promtool", "check", "metrics"], input=observed(stack, load(200)).exposition(),
        capture_output=True, check=False,
    )  # fmt: skip
    complaints = (told.stderr + told.stdout).decode().splitlines()
    assert {line.split()[0] for line in complaints} == {
        "inv_error_count", "mem_usage_mb", "retry_count",
    }  # fmt: skip
    assert told.returncode == 3
