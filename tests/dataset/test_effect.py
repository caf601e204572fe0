"""What an incident did is what differs between the same load with it and without."""

import math
from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from workload.cases import START, case, trouble

from simlab.dataset.effect import effect
from simlab.dataset.schema import INCIDENTS, ROWS, SAMPLES, Dataset
from simlab.errors import InputError
from simlab.workload.draw import draw


def rows(*told: tuple[int, int, float, str, float]) -> pl.DataFrame:
    """Rows of (batch, second of its end, duration, status, queue_wait), warehouse = batch."""
    return pl.DataFrame(
        {
            "timestamp": [START + timedelta(seconds=end) for _, end, *_ in told],
            "duration": [duration for _, _, duration, _, _ in told],
            "status": [status for *_, status, _ in told],
            "warehouse_id": [batch for batch, *_ in told],
            "batch_id": [batch for batch, *_ in told],
            "attempt": [1] * len(told),
            "batch_size": [1] * len(told),
            "queue_wait": [waited for *_, waited in told],
            "error_type": [None] * len(told),
        },
        schema=ROWS,
    )


def incidents(*told: tuple[str, int, int, list[int] | None]) -> pl.DataFrame:
    """Incidents of (id, second of start, of end, warehouses), visible while they last."""
    columns: dict[str, list[Any]] = {
        "id": [name for name, *_ in told],
        "kind": [name.partition("-")[0] for name, *_ in told],
        "start": [START + timedelta(seconds=start) for _, start, _, _ in told],
        "end": [START + timedelta(seconds=end) for *_, end, _ in told],
    }
    columns["visible_start"], columns["visible_end"] = columns["start"], columns["end"]
    columns["severity"] = [1.0] * len(told)
    columns["warehouses"] = [warehouses for *_, warehouses in told]
    columns["lookalike"] = [False] * len(told)
    return pl.DataFrame(columns, schema=INCIDENTS)


def cpu(*percent: float) -> pl.DataFrame:
    """A sample every 10 s."""
    times = [START + timedelta(seconds=10 * (i + 1)) for i in range(len(percent))]
    zeros = [0] * len(percent)
    return pl.DataFrame(
        {"timestamp": times, "cpu_percent": percent, "mem_usage_mb": [1.0] * len(percent),
         "disk_read_bytes": zeros, "disk_write_bytes": zeros},
        schema=SAMPLES,
    )  # fmt: skip


CALM = Dataset(
    name="calm",
    rows=rows((1, 12, 2, "success", 0), (2, 14, 2, "success", 0), (3, 50, 2, "success", 0)),
    samples=cpu(10, 10, 10, 10),
    incidents=incidents(),
)


def test_each_figure_by_hand() -> None:
    """Batch 1 waits 3 s, is retried and fails 9 s after it was due; batch 2 waits 1 s; 3 is away."""
    hit = Dataset(
        name="hit",
        rows=rows(
            (1, 15, 2, "retry", 3), (2, 15, 2, "success", 1), (1, 19, 2, "error", 0),
            (3, 50, 2, "success", 0),
        ),
        samples=cpu(10, 70, 50, 10),
        incidents=incidents(("latency_spike-1", 11, 30, [1])),
    )  # fmt: skip
    told = effect(hit, CALM).row(0, named=True)
    assert (told["id"], told["kind"]) == ("latency_spike-1", "latency_spike")
    assert (told["batches"], told["overlaps"]) == (1, [])
    assert (told["latency_s"], told["latency_s_without"]) == (9.0, 2.0)
    assert (told["error_ratio"], told["error_ratio_without"]) == (1.0, 0.0)
    assert (told["errors_added"], told["retries_added"]) == (1, 1)
    assert (told["cpu_percent"], told["cpu_percent_without"]) == (60.0, 10.0)
    assert told["slowed_elsewhere"] == 1


def test_those_that_overlap_name_each_other_and_one_that_both_have_is_not_judged() -> None:
    told = incidents(
        ("error_burst-1", 0, 10, None), ("bot_down-1", 5, 8, None), ("slow_drift-1", 9, 20, None)
    )
    hit = Dataset(name="hit", rows=CALM.rows, samples=None, incidents=told)
    both = effect(hit, CALM)
    assert both["overlaps"].to_list() == [
        ["bot_down-1", "slow_drift-1"], ["error_burst-1"], ["error_burst-1"],
    ]  # fmt: skip
    less = Dataset(name="less", rows=CALM.rows, incidents=told[:2])
    assert effect(hit, less)["id"].to_list() == ["slow_drift-1"]
    assert effect(hit, less)["overlaps"].to_list() == [[]]


def test_without_batches_or_samples_in_reach_figures_are_undefined() -> None:
    hit = Dataset(
        name="hit", rows=CALM.rows, samples=None, incidents=incidents(("a-1", 20, 30, None))
    )
    told = effect(hit, CALM).row(0, named=True)
    assert told["batches"] == 0
    for name in ("latency_s", "latency_p95_s", "error_ratio", "cpu_percent"):
        assert math.isnan(told[name])


def test_the_effect_of_a_drawn_spike_is_its_factor_on_the_same_batches() -> None:
    """Eight times as long without ramps or retries: no sampling error, for the pair has none."""
    changes = {"service": {"limit": "10m"}, "outcome": {"retry": 0.0}}
    profile = case(incident=[trouble("latency_spike")], **changes)
    told = effect(draw(profile, seed=3), draw(profile, seed=3, incidents=False)).row(0, named=True)
    edge = 20 / told["batches"]  # batches in work at the start or the end are not all slowed
    assert told["latency_s"] / told["latency_s_without"] == pytest.approx(8, rel=10 * edge)
    assert told["errors_added"] == 0


def test_left_out_one_at_a_time_overlapping_incidents_are_apart() -> None:
    entries = [trouble("latency_spike", warehouses=[1, 2]), trouble("error_burst")]
    profile = case(incident=entries)
    whole = draw(profile, seed=3)
    spike = effect(whole, draw(profile, seed=3, without=["latency_spike-1"])).row(0, named=True)
    burst = effect(whole, draw(profile, seed=3, without=["error_burst-1"])).row(0, named=True)
    assert spike["overlaps"] == burst["overlaps"] == []
    assert spike["error_ratio_without"] > 0.3 < burst["error_ratio"]
    assert spike["latency_s"] > 3 * spike["latency_s_without"]
    assert burst["error_ratio_without"] < 0.05


@pytest.mark.parametrize(
    ("without", "told"),
    [
        (CALM.rows.with_columns(pl.col("batch_id") + 100), "they have no batch in common"),
        (CALM.rows.with_columns(pl.col("duration") + 1), "fall due at other times"),
        (CALM.rows.with_columns(batch_id=pl.lit(None, pl.Int64)), "which batch they belong to"),
    ],
)
def test_what_is_no_pair_is_refused(without: pl.DataFrame, told: str) -> None:
    hit = Dataset(name="hit", rows=CALM.rows, incidents=incidents(("a-1", 0, 30, None)))
    with pytest.raises(InputError, match=told):
        effect(hit, Dataset(name="other", rows=without, incidents=incidents()))


def test_the_same_incidents_or_unknown_ones_are_refused() -> None:
    with pytest.raises(InputError, match="has no incident that calm has not"):
        effect(CALM, CALM)
    with pytest.raises(InputError, match="nothing is known of its incidents"):
        effect(CALM, Dataset(name="log", rows=CALM.rows))
