"""The simulated machine reads as the work that it did, and the trouble it had."""

from typing import Any

import numpy as np
import polars as pl
import pytest

from simlab.dataset.schema import SAMPLES, Dataset
from simlab.workload.draw import draw
from simlab.workload.load import load_of
from simlab.workload.samples import background, sample_count

from .cases import S, case, ends_s, trouble


def machine(**changes: Any) -> tuple[Dataset, pl.DataFrame]:
    """A dataset and its samples."""
    dataset = draw(case(**changes), seed=9)
    assert dataset.samples is not None
    return dataset, dataset.samples


def test_there_is_one_sample_at_the_end_of_each_interval() -> None:
    _, samples = machine(resources={"interval": "20s"})
    assert samples.schema == SAMPLES
    seconds = samples["timestamp"].to_physical().to_numpy() / S - case().start.timestamp()
    np.testing.assert_array_equal(seconds, np.arange(1, 181) * 20)


@pytest.mark.parametrize(("span_s", "count"), [(0, 0), (14.9, 0), (15, 1), (3_600, 240)])
def test_an_interval_that_is_not_over_has_no_sample(span_s: float, count: int) -> None:
    assert sample_count(case(), span_s) == count


def test_disk_bytes_are_the_items_of_the_attempts_that_ended_times_the_bytes() -> None:
    dataset, samples = machine(resources={"read_bytes_per_item": 10, "write_bytes_per_item": 3})
    interval = (ends_s(dataset) // 15).astype(int)
    items = np.bincount(interval, dataset.rows["batch_size"].to_numpy(), minlength=240)[:240]
    np.testing.assert_array_equal(samples["disk_read_bytes"].to_numpy(), items * 10)
    np.testing.assert_array_equal(samples["disk_write_bytes"].to_numpy(), items * 3)


def test_cpu_is_idle_plus_what_each_busy_worker_takes() -> None:
    told = {"cpu_idle": 8, "cpu_per_busy_worker": 10}
    dataset, samples = machine(resources=told, workers=20)
    interval = (ends_s(dataset) // 15).astype(int)
    busy = np.bincount(interval, dataset.rows["duration"].to_numpy(), minlength=240)[:240] / 15
    noise = samples["cpu_percent"].to_numpy() - 8 - 10 * busy
    assert abs(noise.mean()) < 4.5 * 1.5 / np.sqrt(240)
    assert abs(noise.std() - 1.5) < 4.5 * 1.5 / np.sqrt(480)


def test_no_more_workers_are_busy_than_there_are() -> None:
    told = {"cpu_idle": 0, "cpu_per_busy_worker": 10}
    rush = {"per_minute": 2_000, "hourly": [1, *[0] * 23]}  # busy for the one hour that is drawn
    _, samples = machine(resources=told, workers=2, arrivals=rush)
    assert abs(samples["cpu_percent"].to_numpy().mean() - 20) < 4.5 * 1.5 / np.sqrt(240)


@pytest.mark.parametrize(("idle", "per_worker"), [(0, 0), (100, 1e6)])
def test_cpu_lies_from_0_to_100(idle: float, per_worker: float) -> None:
    _, samples = machine(resources={"cpu_idle": idle, "cpu_per_busy_worker": per_worker})
    assert samples["cpu_percent"].min() >= 0  # type: ignore[operator]  # numbers
    assert samples["cpu_percent"].max() <= 100  # type: ignore[operator]  # a number


def test_cpu_saturation_raises_the_cpu_by_its_points_while_it_lasts() -> None:
    told = {"cpu_idle": 8, "cpu_per_busy_worker": 0}
    changes = {"resources": told, "incident": [trouble("cpu_saturation")]}
    cpu = machine(**changes)[1]["cpu_percent"].to_numpy()
    inside = np.zeros(240, bool)
    inside[80:160] = True
    assert abs(cpu[inside].mean() - 83) < 4.5 * 1.5 / np.sqrt(80)
    assert abs(cpu[~inside].mean() - 8) < 4.5 * 1.5 / np.sqrt(160)


def test_a_load_peak_raises_the_cpu() -> None:
    changes = {"resources": {"cpu_per_busy_worker": 5}, "workers": 50}
    cpu = machine(**changes, lookalike=[trouble("load_peak")])[1]["cpu_percent"].to_numpy()
    assert cpu[80:160].mean() > cpu[:80].mean() + 10


def test_memory_is_the_declared_within_a_hundredth_or_so() -> None:
    mem = machine(resources={"mem_mb": 500})[1]["mem_usage_mb"].to_numpy()
    assert abs(mem.mean() - 500) < 4.5 * 5 / np.sqrt(240)
    assert abs(mem - 500).max() < 6 * 5


def test_more_samples_begin_as_fewer_do() -> None:
    load = load_of(case(incident=[trouble("cpu_saturation")]), seed=2)
    few, many = background(load, count=100), background(load, count=10_000)
    np.testing.assert_array_equal(few.cpu_percent, many.cpu_percent[:100])
    np.testing.assert_array_equal(few.mem_usage_mb, many.mem_usage_mb[:100])


def test_without_work_the_machine_is_at_its_background() -> None:
    _, samples = machine(arrivals={"per_minute": 1e-6})
    assert set(samples["disk_read_bytes"]) == {0}
    assert len(samples) == 240
