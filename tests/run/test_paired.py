"""A trouble shows where the run differs from the same run without it, each run from its beginning."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from simlab.run import run
from simlab.run.paired import visible_spans
from simlab.run.plan import Plan
from simlab.workload.profile import Profile
from simlab.workload.source import source_of_profile

from .cases import SHORT, injected, plan_of, rules, short, worked

Spans = dict[str, tuple[int, int]]
S = 1_000_000
START_US = short().start_us


def planned_run(profile: Profile, seed: int, **options: Any) -> Plan:
    return plan_of(source_of_profile(profile, seed=seed), **options)


def by_the_paired_run(plan: Plan) -> Spans:
    return visible_spans(plan, *worked(plan))


def by_two_whole_runs(profile: Profile, seed: int, **options: Any) -> Spans:
    """The definition, row by row: the load run with all its trouble, and with all but one."""
    plan = planned_run(profile, seed, **options)
    assert plan.calm is not None
    rows, samples = worked(plan)
    spans: Spans = {}
    for trouble in plan.calm.load.troubles:
        without = plan_of(source_of_profile(profile, seed=seed, without=[trouble.id]), **options)
        others, readings = worked(without, model=plan.machine_model())
        times = [*slower_or_other(rows, others), *moved(samples, readings, plan)]
        if times:
            begun_us = START_US + round(trouble.start_s * S)
            spans[trouble.id] = (begun_us if trouble.effect.down else min(times), max(times))
    return spans


def slower_or_other(rows: pl.DataFrame, others: pl.DataFrame) -> list[int]:
    """When attempts ended that were not made, ended otherwise or were a tenth sooner without it."""
    usual = {(row["batch_id"], row["attempt"]): row for row in others.iter_rows(named=True)}
    times = []
    ends_us = rows["timestamp"].to_physical()
    for end_us, row in zip(ends_us, rows.iter_rows(named=True), strict=True):
        other = usual.get((row["batch_id"], row["attempt"]))
        if (
            other is None
            or row["status"] != other["status"]
            or row["duration"] + row["queue_wait"]
            >= 1.1 * (other["duration"] + other["queue_wait"])
        ):
            times.append(end_us)
    return times


def moved(samples: pl.DataFrame, others: pl.DataFrame, plan: Plan) -> list[int]:
    """When samples were taken whose CPU or memory is another by 5 points, or a tenth."""
    usual = dict(zip(others["timestamp"], others.iter_rows(named=True), strict=True))
    tenth_mb = 0.1 * float(plan.machine_model().mem_usage_mb.mean())
    times_us = samples["timestamp"].to_physical()
    return [
        time_us
        for time_us, one in zip(times_us, samples.iter_rows(named=True), strict=True)
        if (other := usual.get(one["timestamp"])) is not None
        and (
            abs(one["cpu_percent"] - other["cpu_percent"]) >= 5
            or abs(one["mem_usage_mb"] - other["mem_usage_mb"]) >= tenth_mb
        )
    ]


LOADS = {
    "one": [injected("latency_spike", "10:00", "4m")],
    "down when the machine is read": [injected("bot_down", "10:00", "4m")],
    "down in between": [injected("bot_down", "10:07", "4m")],
    "down amid two others": [
        injected("latency_spike", "08:00", "5m"),
        injected("bot_down", "10:00", "4m"),
        injected("error_burst", "12:00", "4m", warehouses=[1, 3]),
    ],
    "to the end": [
        injected("latency_spike", "28:00", "5m"),
        injected("bot_down", "29:30", "3m"),
    ],
    "down twice": [
        injected("stuck_batch", "09:00", "8m", severity={"low": 1, "high": 1}),
        injected("bot_down", "10:00", "3m"),
        injected("bot_down", "13:01", "2m"),
    ],
    "three at once": [
        injected("retry_storm", "05:00", "5m"),
        injected("error_burst", "07:00", "6m"),
        injected("disk_stall", "08:00", "2m", warehouses=[2]),
    ],
    "two kinds that reach the limit": [
        injected("latency_spike", "06:00", "6m", severity={"low": 1, "high": 1}),
        injected("slow_drift", "02:00", "20m"),
        injected("warehouse_outage", "09:00", "5m"),
    ],
}  # fmt: skip
"""Incidents that overlap, begin with a reading of the machine, cut each other short."""
CREWS: dict[str, dict[str, Any]] = {
    "tight": {"workers": 2, "arrivals": {"per_minute": 90}},
    "roomy": {"workers": 50},
    "sparse": {"workers": 1, "arrivals": {"per_minute": 1}},
}


@pytest.mark.parametrize("crew", CREWS)
@pytest.mark.parametrize("load", LOADS)
def test_each_shows_just_where_two_whole_runs_differ(load: str, crew: str) -> None:
    profile = short(*LOADS[load], **CREWS[crew])
    for seed in (1, 2):
        expected = by_two_whole_runs(profile, seed)
        assert by_the_paired_run(planned_run(profile, seed)) == expected
        assert len(expected) == len(LOADS[load]) or crew == "sparse"


def test_a_run_that_is_cut_short_shows_what_it_came_to() -> None:
    profile = short(*LOADS["down amid two others"][:2], injected("error_burst", "20:00", "4m"))
    expected = by_two_whole_runs(profile, 3, for_s=700.0)
    assert by_the_paired_run(planned_run(profile, 3, for_s=700.0)) == expected
    assert set(expected) == {"latency_spike-1", "bot_down-1"}


SPIKE = injected("latency_spike", "10:00", "3m", severity={"low": 1, "high": 1}, ramp="0s")
FROM_US, UNTIL_US = START_US + 600 * S, START_US + 780 * S


def test_in_a_tight_crew_a_spike_shows_until_its_queue_has_drained() -> None:
    """Two workers do 70 of the 270 batches of its three minutes, at 5.2 s each: 200 are left.

    Those are 0.87 s of work each; two workers, busy for 65 % as it is, take 4 minutes to them.
    Of the attempts that it slows, 18 % reach the limit: 4.8 s times exp(0.8 z) does for z > 0.92.
    """
    tight = {"arrivals": {"per_minute": 90}, "service": {**SHORT["service"], "limit": "10s"}}
    plan = planned_run(short(SPIKE, **tight), 4)
    calm = planned_run(short(**tight), 4)
    (rows, samples), (usual, usual_samples) = worked(plan), worked(calm)
    (shown,) = visible_spans(plan, rows, samples).values()
    waits = rows.filter(pl.col("timestamp").to_physical().is_between(UNTIL_US, shown[1]))
    assert shown[0] > FROM_US
    assert shown[1] > UNTIL_US + 120 * S
    assert waits["queue_wait"].median() > 10  # type: ignore[operator]  # a number
    later = rows.filter(pl.col("timestamp").to_physical() > shown[1])
    same = later.join(usual, on=["batch_id", "attempt"], suffix="_usual")
    assert len(same) == len(later) > 0
    age, usual_age = (
        same[f"duration{which}"] + same[f"queue_wait{which}"] for which in ("", "_usual")
    )
    assert (age < 1.1 * usual_age).all()
    given_up = [len(each.filter(duration=10.0, status="retry")) for each in (rows, usual)]
    assert given_up[0] > given_up[1] + 3
    during = pl.col("timestamp").to_physical().is_between(FROM_US, shown[1])
    busy, idle = (each.filter(during)["cpu_percent"].mean() for each in (samples, usual_samples))
    assert busy > idle + 5  # type: ignore[operator]  # numbers


def test_where_no_one_queues_a_spike_shows_no_longer_than_attempts_and_their_retries_last() -> None:
    """The last attempt that it slows works for 20 s at most, and two more may follow in 6 s."""
    rows_and_samples = worked(plan := planned_run(short(SPIKE, workers=1_000), 4))
    (shown,) = visible_spans(plan, *rows_and_samples).values()
    assert FROM_US < shown[0] < FROM_US + 15 * S
    assert UNTIL_US - 15 * S < shown[1] < UNTIL_US + (3 * 20 + 6 + 15) * S
    assert rows_and_samples[0]["queue_wait"].max() == 0


@pytest.mark.parametrize(
    "incident",
    [
        injected("latency_spike", "10:00", "3m", severity={"low": 0, "high": 0}),
        injected("latency_spike", "29:59", "3m"),
    ],
    ids=["of no strength", "after the last batch was begun"],
)
def test_what_has_no_effect_shows_nowhere(incident: dict[str, Any], tmp_path: Path) -> None:
    profile = short(incident, arrivals={"process": "fixed", "per_minute": 1})
    ran = run(source_of_profile(profile, seed=1), out=tmp_path / "a", rules=rules())
    assert ran.dataset.incidents is not None
    assert ran.dataset.incidents.select("visible_start", "visible_end").row(0) == (None, None)


def test_a_wall_run_has_the_visible_stretches_of_a_virtual_one(tmp_path: Path) -> None:
    """They come from the rows alone, so the virtual machine is one on which work costs nothing."""
    incidents = [
        injected("latency_spike", "01:00", "2m"),
        injected("bot_down", "02:30", "1m"),
        injected("error_burst", "03:00", "2m"),
    ]
    free = {"cpu_per_busy_worker": 0, "cpu_per_waiting_batch": 0, "mem_mb_per_waiting_batch": 0}
    source = source_of_profile(short(*incidents, duration="6m", resources=free), seed=5)
    virtual = run(source, out=tmp_path / "virtual", rules=rules()).dataset.incidents
    wall = run(source, out=tmp_path / "wall", rules=rules(), clock="wall", speed=600.0)
    assert virtual is not None
    assert wall.dataset.incidents is not None
    times = ("start", "end", "visible_start", "visible_end")
    shifts = {
        wall.dataset.incidents[name][k] - virtual[name][k] for name in times for k in range(3)
    }
    assert len(shifts) == 1
