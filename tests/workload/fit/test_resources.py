"""The machine is told from its samples."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from simlab.dataset.schema import SAMPLES, Dataset
from simlab.workload.fit.estimate import Learned
from simlab.workload.fit.resources import fit_resources

from .cases import Array, evidence, is_recovered, named, poisson_log

MINUTES = 120
INTERVAL_S = 30


def learned(dataset: Dataset) -> Learned:
    return fit_resources(evidence(dataset))


def busy(dataset: Dataset, *, spread: bool) -> tuple[Array, Array]:
    """The ends of intervals [µs since 1970], and the workers busy in each on average."""
    ends_us = dataset.rows["timestamp"].dt.epoch("us").to_numpy()
    worked_us = dataset.rows["duration"].to_numpy() * 1e6
    edges_us = ends_us[0] // 1_000_000 * 1_000_000 + np.arange(MINUTES * 2 + 1) * INTERVAL_S * 10**6
    if spread:
        passed = [np.clip(edge - ends_us + worked_us, 0, worked_us).sum() for edge in edges_us]
        return edges_us[1:], np.diff(passed) / (INTERVAL_S * 1e6)
    counted, _ = np.histogram(ends_us, edges_us, weights=worked_us)
    return edges_us[1:], counted / (INTERVAL_S * 1e6)


def sampled(cpu: Array, times_us: Array, **columns: Array) -> pl.DataFrame:
    told = {"timestamp": times_us, "cpu_percent": cpu, "mem_usage_mb": np.full(len(cpu), 512.0)}
    frame = pl.DataFrame({**told, "disk_read_bytes": 0, "disk_write_bytes": 0, **columns})
    return frame.cast(dict(SAMPLES))  # type: ignore[arg-type]  # dict is invariant


@pytest.mark.parametrize("spread", [False, True])
def test_cpu_is_a_line_over_the_work_whenever_it_is_booked(spread: bool) -> None:
    dataset = poisson_log(20, MINUTES, seed=1)
    times_us, workers = busy(dataset, spread=spread)
    noise = np.random.default_rng(2).standard_normal(len(workers))
    found = learned(replace(dataset, samples=sampled(10 + 30 * workers + noise, times_us)))
    assert found.table["interval"] == "30s"
    assert found.table["mem_mb"] == 512
    assert is_recovered(named(found.estimates, "$.resources.cpu_idle"), 10)
    assert is_recovered(named(found.estimates, "$.resources.cpu_per_busy_worker"), 30)


def test_a_backup_does_not_bend_the_line() -> None:
    dataset = poisson_log(20, MINUTES, seed=3)
    times_us, workers = busy(dataset, spread=False)
    cpu = 10 + 30 * workers + np.random.default_rng(4).standard_normal(len(workers))
    cpu[50:70] = np.minimum(cpu[50:70] + 60, 100)
    found = learned(replace(dataset, samples=sampled(cpu, times_us)))
    assert is_recovered(named(found.estimates, "$.resources.cpu_idle"), 10)
    assert is_recovered(named(found.estimates, "$.resources.cpu_per_busy_worker"), 30)


def test_disk_is_by_item_and_a_batch_of_unknown_size_is_one() -> None:
    dataset = poisson_log(20, MINUTES, seed=5)
    times_us, workers = busy(dataset, spread=False)
    ends_us = dataset.rows["timestamp"].dt.epoch("us").to_numpy()
    counts, _ = np.histogram(ends_us, np.append(times_us - INTERVAL_S * 10**6, times_us[-1]))
    frame = sampled(workers, times_us, disk_read_bytes=counts * 300, disk_write_bytes=counts * 7)
    found = learned(replace(dataset, samples=frame))
    assert found.table["read_bytes_per_item"] == pytest.approx(300)
    assert found.table["write_bytes_per_item"] == pytest.approx(7)


@pytest.mark.parametrize("count", [0, 19])
def test_few_samples_say_nothing(count: int) -> None:
    dataset = poisson_log(20, MINUTES, seed=6)
    times_us, workers = busy(dataset, spread=False)
    found = learned(replace(dataset, samples=sampled(workers, times_us).head(count)))
    assert found.table == {}
    assert found.notes == (f"no [resources]: {count} samples; 20 are needed",)
    assert learned(dataset).table == {}


def test_where_work_never_varies_what_it_costs_is_not_known() -> None:
    dataset = poisson_log(20, MINUTES, seed=7)
    later_us = np.arange(100) * 15_000_000 + 1_800_000_000_000_000
    found = learned(replace(dataset, samples=sampled(np.full(100, 12.0), later_us)))
    assert not {"cpu_idle", "cpu_per_busy_worker"} & set(found.table)
    assert any("CPU" in note for note in found.notes)
