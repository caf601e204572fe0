"""A run of a load in whatever form it comes: its profile, its directory, a file as recorded."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from simlab.dataset.read import read
from simlab.run import run
from simlab.run.truth import truth
from simlab.workload.generate import generate
from simlab.workload.profile import Profile
from simlab.workload.source import Source, source_of_dataset, source_of_profile

from .cases import equal, injected, plan_of, rules, short, worked

KEY = ["batch_id", "attempt"]
S = 1_000_000


def halting(**changes: Any) -> Profile:
    return short(
        injected("latency_spike", "02:00", "6m"),
        injected("bot_down", "09:30", "3m"),
        injected("error_burst", "20:00", "5m", warehouses=[1, 2]),
        **changes,
    )


def generated(profile: Profile, out: Path) -> Source:
    generate(profile, seed=4, out=out)
    return source_of_dataset(read(out), out)


def test_a_run_of_a_directory_is_the_run_of_its_profile_and_seed(tmp_path: Path) -> None:
    kept = generated(halting(), tmp_path / "load")
    one = run(kept, out=tmp_path / "one", rules=rules())
    other = run(source_of_profile(halting(), seed=4), out=tmp_path / "other", rules=rules())
    assert equal(one.dataset, other.dataset)
    assert one.dataset.incidents is not None
    assert one.dataset.incidents.equals(other.dataset.incidents)  # type: ignore[arg-type]  # there are some
    assert one.dataset.rows["queue_wait"].max() > 60  # type: ignore[operator]  # a number


@pytest.mark.parametrize("name", ["load.parquet", "load.jsonl.gz", "load.csv"])
def test_a_single_file_is_run_as_recorded_and_the_bot_is_down_when_its_truth_says(
    name: str, tmp_path: Path
) -> None:
    """By so many that no one waits, what was recorded comes out again, held-up attempts too.

    Only what trouble had slowed when it was cut short is not: the record tells how long it took
    in the end.
    """
    source = generated(halting(), tmp_path / name)
    assert source.load is None
    done, _ = worked(plan_of(source, workers=1_000))
    recorded = source.dataset.rows
    same = ["timestamp", "duration", *KEY, "warehouse_id", "batch_size"]
    assert done.sort(KEY).select(same).equals(recorded.sort(KEY).select(same))
    for text in ("status", "error_type"):
        found, told = (each.sort(KEY)[text].cast(pl.String) for each in (done, recorded))
        assert found.equals(told)
    held_up = recorded.sort(KEY)["queue_wait"].fill_null(0.0)
    assert done.sort(KEY)["queue_wait"].equals(held_up)
    assert held_up.max() > 100  # type: ignore[operator]  # a number


def test_few_who_run_a_record_do_nothing_while_it_says_that_they_are_down(tmp_path: Path) -> None:
    source = generated(halting(), tmp_path / "load.parquet")
    plan = plan_of(source, workers=1)
    done, samples = worked(plan)
    down = (plan.start_us + 570 * S, plan.start_us + 750 * S)
    for times in (done["timestamp"], samples["timestamp"]):
        assert not times.to_physical().is_between(*down, closed="left").any()
    assert len(done) == len(source.dataset.rows)


def test_outages_that_overlap_in_a_record_are_one(tmp_path: Path) -> None:
    """Three at random in half an hour; no one is booked as busy for less than nothing."""
    often = {"kind": "bot_down", "per_day": 300, "duration": {"median": "2m", "sigma": 0.5}}
    source = generated(short(often), tmp_path / "load.parquet")
    assert source.dataset.incidents is not None
    down = source.dataset.incidents.sort("start")
    assert (down["start"].shift(-1) < down["end"]).any()
    plan = plan_of(source, workers=1_000)
    spans = list(plan.faults().outages_us)
    assert all(one[0] < one[1] < after[0] for one, after in pairwise(spans))
    done, samples = worked(plan)
    assert done.sort(KEY)["timestamp"].equals(source.dataset.rows.sort(KEY)["timestamp"])
    for start_us, end_us in down.select(pl.col("start", "end").to_physical()).iter_rows():
        for times in (done["timestamp"], samples["timestamp"]):
            assert not times.to_physical().is_between(start_us, end_us, closed="left").any()


@pytest.mark.parametrize("workers", [1, 50])
@pytest.mark.parametrize("rows", [1, 777, 1_200])
def test_n_rows_are_exactly_n_attempts_in_a_run_too(
    rows: int, workers: int, tmp_path: Path
) -> None:
    """With retries, outages and a queue, by the order of their ends."""
    told = {"duration": None, "rows": rows, "workers": workers, "arrivals": {"per_minute": 50}}
    spikes = {"kind": "latency_spike", "per_day": 200, "duration": {"median": "2m"}}
    ran = run(source_of_profile(short(spikes, **told), seed=3), out=tmp_path / "a", rules=rules())
    assert len(ran.dataset.rows) == rows
    assert not ran.interrupted
    longer = short(spikes, **{**told, "rows": rows + 50})
    more = run(source_of_profile(longer, seed=3), out=tmp_path / "b", rules=rules())
    assert more.dataset.rows[:rows].equals(ran.dataset.rows)


def test_every_trouble_that_acts_before_the_last_row_is_labelled(tmp_path: Path) -> None:
    """1,200 rows would be there in 23 minutes; a spike in 18 to 22 holds the last of them up."""
    told = {"duration": None, "rows": 1_200, "workers": 1, "arrivals": {"per_minute": 50}}
    spike = injected("latency_spike", "18:00", "4m", severity={"low": 1, "high": 1})
    later, never = injected("error_burst", "25:00", "5m"), injected("error_burst", "50:00", "5m")
    source = source_of_profile(short(spike, later, never, **told), seed=3)
    ran = run(source, out=tmp_path / "a", rules=rules())
    assert ran.dataset.incidents is not None
    assert source.load is not None
    last = ran.dataset.rows["timestamp"]
    last_s = (int(last.to_physical()[-1]) - source.profile.start_us) / S
    begun = [trouble.id for trouble in source.load.troubles if trouble.start_s < last_s]
    assert ran.dataset.incidents["id"].to_list() == begun
    assert begun == ["latency_spike-1", "error_burst-1"]
    assert source.dataset.incidents is not None
    assert len(source.dataset.incidents) == 1


def test_a_run_that_is_cut_short_still_tells_of_all_that_is_to_come(tmp_path: Path) -> None:
    plan = plan_of(source := source_of_profile(halting(), seed=4), for_s=60.0)
    found = truth(plan, *worked(plan))
    assert found is not None
    assert source.dataset.incidents is not None
    assert found["id"].to_list() == source.dataset.incidents["id"].to_list()
    assert found["visible_start"].null_count() == 3
