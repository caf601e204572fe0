"""What troubles do to attempts: the kind's effect to its size, and shown where it made a change."""

import math
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest

from simlab.dataset.schema import Dataset
from simlab.workload.draw import draw
from simlab.workload.incidents import draw_troubles
from simlab.workload.kinds import KINDS
from simlab.workload.profile import Profile

from .cases import START, S, case, chi_square, firsts, is_chi_square, is_share, starts_s, trouble

FROM_S, UNTIL_S = 1_200, 2_400  # when trouble() acts
LIMIT_S = 10.0
BENIGN = ("load_peak", "slow_warehouse", "backup_cpu", "error_blip")
TYPES = {"timeout": 5.0, "locked": 3.0, "validation": 2.0}
KEY = ["batch_id", "attempt"]


def load(*entries: dict[str, Any], **changes: Any) -> Profile:
    """An hour with these incidents and look-alikes."""
    lookalikes = [each for each in entries if each["kind"] in BENIGN]
    incidents = [each for each in entries if each["kind"] not in BENIGN]
    return case(incident=incidents, lookalike=lookalikes, **changes)


def strengths(kind: str, starts: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Of a trouble at full severity without a ramp, by hand."""
    inside = (starts >= FROM_S) & (starts < UNTIL_S)
    share = (starts - FROM_S) / (UNTIL_S - FROM_S) if KINDS[kind].shape == "growth" else 1.0
    return np.where(inside, share, 0.0)


ON_ATTEMPTS = [name for name, kind in KINDS.items() if kind.effect.on_attempts]


def both(kind: str, **changes: Any) -> tuple[pl.DataFrame, Dataset]:
    """First attempts within the trouble, beside the same ones without it, and all of it."""
    there = {"warehouses": "all"} | changes
    with_it = draw(load(trouble(kind, **there)), seed=12)
    usual = draw(load(), seed=12).rows.filter(attempt=1)
    first = firsts(with_it, FROM_S, UNTIL_S)
    return first.join(usual, on=KEY, suffix="_usual").sort("batch_id"), with_it


@pytest.mark.parametrize("kind", ON_ATTEMPTS)
def test_attempts_take_longer_by_the_kinds_factor_and_hang_to_the_limit(kind: str) -> None:
    rows, _ = both(kind)
    factor = 1 + KINDS[kind].effect.slowdown * strengths(
        kind, starts_s(Dataset(name="", rows=rows))
    )
    expected = np.minimum(rows["duration_usual"].to_numpy() * factor, LIMIT_S)
    hangs = np.zeros(len(rows), bool)
    if KINDS[kind].effect.stuck:
        hangs = ((rows["duration"] == LIMIT_S) & (rows["duration_usual"] < LIMIT_S)).to_numpy()
        assert is_share(int(hangs.sum()), len(rows), KINDS[kind].effect.stuck)
        hung = rows.filter(pl.Series(hangs))
        assert set(hung["error_type"].cast(pl.String)) == {"timeout"}
        assert set(hung["status"].cast(pl.String)) == {"retry"}
    found = rows["duration"].to_numpy()
    np.testing.assert_allclose(found[~hangs], expected[~hangs], atol=1e-5)


@pytest.mark.parametrize("kind", ON_ATTEMPTS)
def test_attempts_end_in_the_shares_that_the_kind_brings(kind: str) -> None:
    """Summed over attempts, each at the strength of its start; the limit turns some to retries."""
    rows, _ = both(kind)
    effect, n = KINDS[kind].effect, len(rows)
    strength = strengths(kind, starts_s(Dataset(name="", rows=rows)))
    reached = np.log(LIMIT_S / (0.35 * (1 + effect.slowdown * strength))) / 0.6
    given_up = 1 - np.vectorize(NormalDist().cdf)(reached)
    given_up = given_up + (1 - given_up) * effect.stuck * strength
    error = np.minimum(0.02 + effect.error * strength, 1)
    retry = np.minimum(0.1 + effect.retry * strength, 1 - error)
    for status, chance in (
        ("error", error * (1 - given_up)),
        ("retry", retry * (1 - given_up) + given_up),
    ):
        assert is_share(rows.filter(status=status).height, n, float(chance.mean()))


@pytest.mark.parametrize("kind", ON_ATTEMPTS)
def test_what_the_kind_failed_has_its_error_types_by_weight_and_what_timed_out_timeout(
    kind: str,
) -> None:
    rows, _ = both(kind)
    late = rows.filter(pl.col("duration") == LIMIT_S)
    assert set(late["error_type"].cast(pl.String)) <= {"timeout"}
    in_time = rows.filter(pl.col("duration") < LIMIT_S)
    changed = in_time.filter(
        (pl.col("status") != pl.col("status_usual")) & (pl.col("status") != "success")
    )
    as_ever = in_time.filter(
        (pl.col("status") == pl.col("status_usual")) & (pl.col("status") != "success")
    )
    own = dict(KINDS[kind].effect.error_types)
    assert own or changed.is_empty()
    for failed, weights in ((changed, own), (as_ever, TYPES)):
        counts = dict(failed["error_type"].cast(pl.String).value_counts().iter_rows())
        assert set(counts) <= set(weights)
        if len(weights) > 1 and len(failed) > 50:
            found = np.array([counts.get(name, 0) for name in weights])
            expected = len(failed) * np.array(list(weights.values())) / sum(weights.values())
            assert is_chi_square(chi_square(found, expected), len(weights) - 1)


@pytest.mark.parametrize("kind", KINDS)
def test_the_machine_shows_the_kinds_points_and_memory_and_no_more(kind: str) -> None:
    """Beside the same machine without it, on which work costs nothing, sample by sample."""
    free = {"cpu_per_busy_worker": 0, "mem_mb": 200}
    with_it = draw(load(trouble(kind), resources=free), seed=12).samples
    usual = draw(load(resources=free), seed=12).samples
    assert with_it is not None
    assert usual is not None
    beside = with_it.join(usual, on="timestamp", suffix="_usual")
    ends_s = beside["timestamp"].to_physical().to_numpy() / S - START.timestamp()
    strength = strengths(kind, ends_s - 7.5)
    cpu = (beside["cpu_percent"] - beside["cpu_percent_usual"]).to_numpy()
    mem = (beside["mem_usage_mb"] - beside["mem_usage_mb_usual"]).to_numpy()
    effect = KINDS[kind].effect
    np.testing.assert_allclose(cpu, effect.cpu * strength, atol=0.011)
    np.testing.assert_allclose(mem, 200 * effect.mem * strength, atol=0.011)


def test_a_leak_fills_memory_to_four_times_at_its_end_and_then_it_falls() -> None:
    samples = draw(load(trouble("memory_leak"), resources={"mem_mb": 200}), seed=12).samples
    assert samples is not None
    mem = samples["mem_usage_mb"].to_numpy()
    assert abs(mem[159] - 4 * 200) < 5 * 2 + 200 * 3 * 7.5 / 1_200
    assert abs(mem[160] - 200) < 5 * 2


@pytest.mark.parametrize("ramp", ["0s", "4m"])
def test_a_bad_deploy_is_a_step_that_stays_to_its_end(ramp: str) -> None:
    rows, _ = both("bad_deploy", ramp=ramp)
    factor = (rows["duration"] / rows["duration_usual"]).to_numpy()
    starts = starts_s(Dataset(name="", rows=rows))
    whole = (rows["duration"] < LIMIT_S).to_numpy() & (
        starts >= FROM_S + (240 if ramp != "0s" else 0)
    )
    np.testing.assert_allclose(factor[whole], 1.5, atol=1e-4)
    assert starts[whole].max() > UNTIL_S - 1
    if ramp != "0s":
        rising = ~whole & (rows["duration"] < LIMIT_S).to_numpy()
        expected = 1 + 0.5 * (starts[rising] - FROM_S) / 240
        np.testing.assert_allclose(factor[rising], expected, atol=1e-4)


def test_a_slow_warehouse_is_one_warehouse_and_fails_no_more_than_ever() -> None:
    slow, usual = draw(load(trouble("slow_warehouse")), seed=12), draw(load(), seed=12)
    assert slow.incidents is not None
    (place,) = slow.incidents["warehouses"][0]
    spared = pl.col("warehouse_id") != place
    assert slow.rows.filter(spared).equals(usual.rows.filter(spared))
    here = firsts(slow, FROM_S, UNTIL_S).filter(~spared)
    in_time = here.filter(pl.col("duration") < LIMIT_S)
    assert len(here) > 1_000
    assert is_share(in_time.filter(status="error").height, len(in_time), 0.02)


def test_a_backup_leaves_the_rows_as_they_are() -> None:
    assert draw(load(trouble("backup_cpu")), seed=12).rows.equals(draw(load(), seed=12).rows)


def test_an_error_blip_is_over_as_soon_as_it_says() -> None:
    blip = trouble("error_blip", duration={"median": "15s", "sigma": 0})
    with_it, usual = draw(load(blip), seed=12), draw(load(), seed=12)
    changed = firsts(with_it, 0, 3_600).join(
        usual.rows, on=[*KEY, "timestamp", "status", "error_type"], how="anti", nulls_equal=True
    )
    starts = starts_s(Dataset(name="", rows=changed))
    assert FROM_S <= starts.min() < starts.max() < FROM_S + 15
    assert is_share(len(changed), len(firsts(usual, FROM_S, FROM_S + 15)), 0.5)


@pytest.mark.parametrize("kind", BENIGN)
def test_no_look_alike_is_labelled_as_trouble(kind: str) -> None:
    dataset = draw(load(trouble(kind), trouble("error_burst")), seed=12)
    assert dataset.incidents is not None
    assert dict(dataset.incidents.select("kind", "lookalike").iter_rows()) == {
        kind: True, "error_burst": False,
    }  # fmt: skip
    assert draw(load(trouble(kind)), seed=12, incidents=False).incidents["lookalike"].all()  # type: ignore[index]  # there are some


@pytest.mark.parametrize("kind", KINDS)
def test_an_entry_that_says_nothing_is_as_usual_for_its_kind(kind: str) -> None:
    """The median of 600 lengths, the ramp and the warehouses."""
    profile = load({"kind": kind, "per_day": 2}, duration="300d", warehouses=40)
    drawn = draw_troubles(profile, seed=1, until_s=300 * 86_400)
    usual, unit = KINDS[kind], {"s": 1, "m": 60, "h": 3_600}
    median_s = int(usual.median[:-1]) * unit[usual.median[-1]]
    lengths_s = np.array([t.end_s - t.start_s for t in drawn])
    longer = int((lengths_s > median_s).sum())
    assert is_share(longer, len(drawn), 0.5)
    assert {t.ramp_s for t in drawn} == {int(usual.ramp[:-1]) * unit[usual.ramp[-1]]}
    if usual.warehouses == "all":
        assert {t.warehouses for t in drawn} == {None}
    else:
        places = [t.warehouses for t in drawn]
        assert {len(each or ()) for each in places} == {1}
        assert len(set(places)) > 30


OVERLAPPING: list[list[dict[str, Any]]] = [
    [trouble("latency_spike"), trouble("error_burst", at=START.replace(minute=30))],
    [trouble("latency_spike"), trouble("disk_stall", at=START.replace(minute=25), ramp="5m")],
    [{"kind": "latency_spike", "per_day": 100, "ramp": "1m"}, {"kind": "error_burst", "per_day": 60}],
    [trouble("latency_spike", warehouses=[1, 2]), trouble("error_burst", warehouses=[2, 3])],
    [trouble("latency_spike", warehouses=[1]), trouble("latency_spike", warehouses=[3])],
    [trouble("stuck_batch"), trouble("slow_drift", at=START.replace(minute=22))],
    [trouble("warehouse_outage"), trouble("bad_deploy"), trouble("slow_warehouse")],
    [
        trouble("error_burst"),
        trouble("retry_storm", at=START.replace(minute=25), warehouses=0.5),
        trouble("memory_leak", at=START.replace(minute=15)),
    ],
]  # fmt: skip


def changed_by(profile: Profile, name: str) -> tuple[Dataset, pl.DataFrame]:
    """The load, and those of its rows that are otherwise without one of its incidents."""
    dataset, without = draw(profile, seed=12), draw(profile, seed=12, without=[name])
    beside = dataset.rows.join(without.rows, on=KEY, suffix="_usual", validate="1:1")
    longer = (pl.col("duration") * S).round() >= 1.1 * (pl.col("duration_usual") * S).round()
    return dataset, beside.filter(longer | (pl.col("status") != pl.col("status_usual")))


def shown(dataset: Dataset, name: str) -> tuple[Any, Any]:
    assert dataset.incidents is not None
    (span,) = dataset.incidents.filter(id=name).select("visible_start", "visible_end").iter_rows()
    return span


@pytest.mark.parametrize("entries", OVERLAPPING)
def test_each_of_several_shows_where_all_but_it_would_differ(entries: list[dict[str, Any]]) -> None:
    """With one attempt a batch, whose luck nothing moves: both loads drawn, row by row."""
    profile = load(*entries, outcome={"max_attempts": 1})
    incidents = draw(profile, seed=12).incidents
    assert incidents is not None
    machine = [kind for kind, told in KINDS.items() if told.effect.cpu or told.effect.mem]
    own = incidents.filter(~pl.col("lookalike") & ~pl.col("kind").is_in(machine))
    for name in own["id"]:
        dataset, changed = changed_by(profile, name)
        assert shown(dataset, name) == (changed["timestamp"].min(), changed["timestamp"].max())


@pytest.mark.parametrize("entries", OVERLAPPING)
def test_rows_out_of_reach_of_one_of_several_are_the_same_without_it(
    entries: list[dict[str, Any]],
) -> None:
    """Whoever else acts: other warehouses, and batches done before it or due after it."""
    profile = load(*entries)
    whole = draw(profile, seed=12)
    assert whole.incidents is not None
    for one in whole.incidents.filter(~pl.col("lookalike")).iter_rows(named=True):
        without = draw(profile, seed=12, without=[one["id"]])
        begun = pl.col("timestamp") - pl.duration(microseconds=(pl.col("duration") * S).round())
        spared = (
            (begun.min().over("batch_id") >= one["end"])
            | (pl.col("timestamp").max().over("batch_id") < one["start"])
            | ~pl.col("warehouse_id").is_in(one["warehouses"] or list(range(11)))
        )
        kept, usual = (each.rows.sort(KEY) for each in (whole, without))
        ids = kept.filter(spared)["batch_id"].unique()
        kept, usual = (each.filter(pl.col("batch_id").is_in(ids)) for each in (kept, usual))
        assert len(kept) > 8_000
        assert kept.equals(usual)


def test_the_luck_of_a_retried_attempt_hangs_on_no_other_that_is_retried() -> None:
    """A storm elsewhere has many more retried, and those that were anyway go as they did."""
    calm, storm = draw(load(), seed=12), draw(load(trouble("retry_storm", warehouses=[1])), seed=12)
    second, other = (each.rows.filter(pl.col("attempt") > 1) for each in (calm, storm))
    spared = pl.col("warehouse_id") != 1
    assert len(other) > len(second) + 500
    assert second.filter(spared).equals(other.filter(spared))
    both_there = second.join(other, on=KEY, suffix="_storm")
    late = pl.Series(starts_s(Dataset(name="", rows=both_there)) >= UNTIL_S)
    assert both_there.filter(late)["duration"].equals(both_there.filter(late)["duration_storm"])


def test_an_incident_of_the_second_half_leaves_the_first_as_it_was() -> None:
    at = START.replace(minute=40)
    with_it, usual = draw(load(trouble("disk_stall", at=at)), seed=12), draw(load(), seed=12)
    ends = with_it.rows["timestamp"] < at
    assert with_it.rows.filter(ends).equals(usual.rows.filter(usual.rows["timestamp"] < at))
    assert math.isclose(ends.mean(), 2 / 3, abs_tol=0.02)  # type: ignore[arg-type]  # a number
