"""Injected trouble comes when it should, does what its kind does, and shows where it is said to."""

import math
from statistics import NormalDist
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simlab.dataset.schema import Dataset
from simlab.workload.draw import draw
from simlab.workload.incidents import Trouble, draw_troubles
from simlab.workload.kinds import KINDS
from simlab.workload.load import Load, load_of
from simlab.workload.slices import longest_life_s

from .cases import START, S, case, due_s, ends_s, firsts, is_share, starts_s, trouble

FROM_S, UNTIL_S = 1_200, 2_400  # when trouble() acts


def one(**changes: Any) -> Trouble:
    """A trouble from 100 s to 200 s, with ramps of 10 s."""
    told: dict[str, Any] = {
        "id": "t", "kind": "error_burst", "start_s": 100.0, "end_s": 200.0, "severity": 0.8,
        "warehouses": None, "ramp_s": 10.0, "lookalike": False,
    }  # fmt: skip
    return Trouble(**{**told, **changes})


def hit(kind: str, *, seed: int = 12, **changes: Any) -> tuple[Dataset, Dataset]:
    """The same load with one trouble and without."""
    profile = case(incident=[trouble(kind, **changes)])
    return draw(profile, seed=seed), draw(profile, seed=seed, incidents=False)


def given_up_share(slowdown: float) -> float:
    """The share of lognormal attempts that a slowdown takes to the limit of 10 s."""
    limit = math.log(10 / (0.35 * (1 + slowdown))) / 0.6
    return 1 - NormalDist().cdf(limit)


def test_strength_is_0_outside_and_grows_and_dies_down_over_the_ramp() -> None:
    times = np.array([0, 99.9, 100, 105, 110, 150, 190, 195, 200, 300])
    np.testing.assert_allclose(one().strength(times), [0, 0, 0, 0.4, 0.8, 0.8, 0.8, 0.4, 0, 0])


def test_without_a_ramp_strength_is_full_from_the_start_to_just_before_the_end() -> None:
    times = np.array([99.999, 100, 150, 199.999, 200])
    np.testing.assert_allclose(one(ramp_s=0.0).strength(times), [0, 0.8, 0.8, 0.8, 0])


def test_ramps_longer_than_half_the_trouble_meet_in_its_middle() -> None:
    times = np.array([100, 125, 150, 175, 200])
    np.testing.assert_allclose(one(ramp_s=1e6).strength(times), [0, 0.4, 0.8, 0.4, 0])


@given(st.floats(-1e6, 1e6), st.floats(0, 1e4), st.just(0.0) | st.floats(1e-6, 1e4))
def test_strength_lies_between_0_and_the_severity(
    time_s: float, length_s: float, ramp_s: float
) -> None:
    strength = one(end_s=100 + length_s, ramp_s=ramp_s).strength(np.array([time_s]))[0]
    assert 0 <= strength <= 0.8
    if not 100 <= time_s < 100 + length_s:
        assert strength == 0


def test_touched_are_the_listed_warehouses_or_all() -> None:
    ids = np.array([1, 2, 3, 2, 9], np.int32)
    assert one(warehouses=(2, 7)).touches(ids).tolist() == [False, True, False, True, False]
    assert one().touches(ids).all()
    assert one(warehouses=(2,)).touches(ids[:0]).tolist() == []


def test_near_are_those_at_work_at_some_moment_of_a_stretch() -> None:
    load = Load(case(), 1, (one(),))
    assert load.near(0, 100) == ()
    assert load.near(0, 100.1) == (one(),)
    assert load.near(199, 500) == (one(),)
    assert load.near(200, 500) == ()
    assert Load(case(), 1, ()).near(0, 500) == ()


def test_so_many_a_day_is_the_mean_of_a_poisson_number_spread_evenly_over_the_day() -> None:
    entry = trouble("error_burst", at=None, per_day=3)
    del entry["at"]
    profile = case(duration="400d", incident=[entry])
    drawn = draw_troubles(profile, seed=2, until_s=400 * 86_400)
    starts = np.array([t.start_s for t in drawn])
    counts = np.bincount((starts // 86_400).astype(int), minlength=400)
    assert abs(len(drawn) - 1_200) < 4.5 * math.sqrt(1_200)
    assert abs(counts.var() - 3) < 4.5 * 3 * math.sqrt(2 / 400 + 1 / (3 * 400))
    assert abs((starts % 86_400).mean() - 43_200) < 4.5 * 86_400 / math.sqrt(12 * len(starts))


def test_lengths_are_lognormal_and_severities_even() -> None:
    entry = {
        "kind": "error_burst", "per_day": 5, "duration": {"median": "20m", "sigma": 0.5},
        "severity": {"low": 0.2, "high": 0.8},
    }  # fmt: skip
    drawn = draw_troubles(case(duration="400d", incident=[entry]), seed=3, until_s=400 * 86_400)
    logs = np.log([(t.end_s - t.start_s) / 1_200 for t in drawn])
    severities = np.array([t.severity for t in drawn])
    n = len(drawn)
    assert abs(logs.mean()) < 4.5 * 0.5 / math.sqrt(n)
    assert abs(logs.std() - 0.5) < 4.5 * 0.5 / math.sqrt(2 * n)
    assert severities.min() >= 0.2
    assert severities.max() <= 0.8
    assert abs(severities.mean() - 0.5) < 4.5 * 0.6 / math.sqrt(12 * n)


def test_at_a_moment_there_is_one_and_it_starts_then() -> None:
    drawn = draw_troubles(case(incident=[trouble("error_burst")]), seed=1, until_s=3_600)
    assert [(t.start_s, t.end_s, t.severity) for t in drawn] == [(FROM_S, UNTIL_S, 1.0)]


def test_the_longest_length_that_can_be_drawn_is_a_year() -> None:
    wild = {"kind": "error_burst", "per_day": 50, "duration": {"median": "365d", "sigma": 10}}
    drawn = draw_troubles(case(duration="1d", incident=[wild]), seed=1, until_s=86_400)
    assert max(t.end_s - t.start_s for t in drawn) == pytest.approx(365 * 86_400)


@pytest.mark.parametrize(("told", "count"), [(0.2, 2), (0.0, 1), (1.0, 10), ([3, 1, 3], 2)])
def test_warehouses_are_a_share_or_a_list(told: Any, count: int) -> None:
    drawn = draw_troubles(
        case(incident=[trouble("error_burst", warehouses=told)]), seed=1, until_s=3_600
    )
    chosen = drawn[0].warehouses
    assert chosen is not None
    assert len(set(chosen)) == len(chosen) == count
    assert set(chosen) <= set(range(1, 11))
    assert told != [3, 1, 3] or chosen == (1, 3)


@given(st.integers(0, 99), st.floats(0, 20 * 86_400), st.floats(0, 20 * 86_400))
def test_a_longer_time_only_adds_later_ones(seed: int, one_s: float, other_s: float) -> None:
    entries = [{"kind": kind, "per_day": 2} for kind in ("latency_spike", "error_burst")]
    profile = case(incident=entries, lookalike=[{"kind": "load_peak", "per_day": 1}])
    short_s, long_s = sorted((one_s, other_s))
    short = draw_troubles(profile, seed=seed, until_s=short_s)
    long = draw_troubles(profile, seed=seed, until_s=long_s)
    assert long[: len(short)] == short
    assert all(t.start_s >= short_s for t in long[len(short) :])


def test_ids_are_the_kind_and_its_number_in_the_order_of_start() -> None:
    entries = [{"kind": kind, "per_day": 9} for kind in ("latency_spike", "error_burst")]
    drawn = draw_troubles(case(incident=[*entries, entries[0]]), seed=1, until_s=86_400)
    assert len({t.id for t in drawn}) == len(drawn)
    for kind in ("latency_spike", "error_burst"):
        ids = [t.id for t in drawn if t.kind == kind]
        assert ids == [f"{kind}-{number + 1}" for number in range(len(ids))]


@pytest.mark.parametrize(
    ("kind", "factor"), [("latency_spike", 8.0), ("cpu_saturation", 1.6), ("error_burst", 1.0)]
)
def test_full_severity_makes_each_attempt_longer_by_the_kinds_factor(
    kind: str, factor: float
) -> None:
    with_it, without = hit(kind)
    slow = firsts(with_it, FROM_S, UNTIL_S).sort("batch_id")["duration"].to_numpy()
    usual = firsts(without, FROM_S, UNTIL_S).sort("batch_id")["duration"].to_numpy()
    np.testing.assert_allclose(slow, np.minimum(usual * factor, 10.0), atol=1e-5)


def test_half_the_severity_has_half_the_effect() -> None:
    with_it, without = hit("latency_spike", severity={"low": 0.5, "high": 0.5})
    slow = firsts(with_it, FROM_S, UNTIL_S).sort("batch_id")["duration"].to_numpy()
    usual = firsts(without, FROM_S, UNTIL_S).sort("batch_id")["duration"].to_numpy()
    np.testing.assert_allclose(slow, np.minimum(usual * 4.5, 10.0), atol=1e-5)


@pytest.mark.parametrize("kind", ["latency_spike", "error_burst", "cpu_saturation"])
def test_full_severity_adds_the_kinds_points_to_the_outcomes(kind: str) -> None:
    rows = firsts(hit(kind)[0], FROM_S, UNTIL_S)
    effect = KINDS[kind].effect
    given_up = given_up_share(effect.slowdown)
    error, retry = 0.02 + effect.error, 0.1 + effect.retry
    assert is_share(rows.filter(status="error").height, len(rows), error * (1 - given_up))
    expected = retry * (1 - given_up) + given_up
    assert is_share(rows.filter(status="retry").height, len(rows), expected)


@pytest.mark.parametrize("kind", ["latency_spike", "error_burst", "cpu_saturation"])
def test_rows_out_of_an_incidents_reach_are_the_same_with_it_and_without(kind: str) -> None:
    with_it, without = hit(kind)
    reach_s = longest_life_s(case())
    for out_of_reach in (pl.col("start_s") < FROM_S, pl.col("start_s") > UNTIL_S + reach_s):
        kept, usual = (
            each.rows.with_columns(start_s=starts_s(each)).filter(out_of_reach)
            for each in (with_it, without)
        )
        assert len(kept) > 10_000
        assert kept.equals(usual)
    assert not with_it.rows.equals(without.rows)


def test_warehouses_that_are_not_touched_have_the_same_rows() -> None:
    with_it, without = hit("latency_spike", warehouses=[2, 5])
    spared = ~pl.col("warehouse_id").is_in([2, 5])
    assert with_it.rows.filter(spared).equals(without.rows.filter(spared))
    touched = firsts(with_it, FROM_S, UNTIL_S).filter(~spared)["duration"].to_numpy()
    assert np.median(touched) > 5 * 0.35


def test_without_incidents_none_is_labelled_and_look_alikes_stay() -> None:
    profile = case(incident=[trouble("error_burst")], lookalike=[trouble("load_peak", ramp="2m")])
    full, calm = draw(profile, seed=4), draw(profile, seed=4, incidents=False)
    assert full.incidents is not None
    assert calm.incidents is not None
    assert full.incidents.select("kind", "lookalike").rows() == [
        ("error_burst", False), ("load_peak", True),
    ]  # fmt: skip
    assert calm.incidents.equals(full.incidents.filter("lookalike"))
    np.testing.assert_array_equal(due_s(full), due_s(calm))


def test_a_load_peak_adds_its_share_of_arrivals_while_it_lasts_and_no_trouble() -> None:
    profile = case(lookalike=[trouble("load_peak")])
    with_it = draw(profile, seed=4)
    due = due_s(with_it)
    inside = np.count_nonzero((due >= FROM_S) & (due < UNTIL_S))
    assert abs(inside - 12_000 * 1.8) < 4.5 * math.sqrt(12_000 * 1.8)
    assert abs(len(due) - inside - 24_000) < 4.5 * math.sqrt(24_000)
    rows = firsts(with_it, FROM_S, UNTIL_S)
    assert is_share(rows.filter(status="error").height, len(rows), 0.02)
    assert is_share(int((rows["duration"] > 0.35).sum()), len(rows), 0.5)


@pytest.mark.parametrize("ramp", ["0s", "5m"])
@pytest.mark.parametrize("kind", ["latency_spike", "error_burst", "cpu_saturation"])
def test_an_incident_shows_within_its_injection_and_the_life_of_an_attempt(
    kind: str, ramp: str
) -> None:
    incidents = hit(kind, ramp=ramp)[0].incidents
    assert incidents is not None
    times = incidents.select(pl.col(pl.Datetime).to_physical() - int(START.timestamp()) * S)
    shown = {name: times[name][0] / S for name in times.columns}
    assert shown["start"] == FROM_S
    assert shown["end"] == UNTIL_S
    assert FROM_S <= shown["visible_start"] <= shown["visible_end"]
    assert shown["visible_end"] <= UNTIL_S + 15
    assert shown["visible_end"] - shown["visible_start"] > 900


def test_what_an_incident_shows_is_when_attempts_that_it_changed_ended() -> None:
    with_it, without = hit("error_burst", warehouses=[3])
    here = ["batch_id", "attempt"]
    changed = with_it.rows.join(without.rows, on=[*here, "timestamp", "status"], how="anti")
    acted = changed.filter(pl.Series(starts_s(Dataset(name="", rows=changed)) < UNTIL_S))
    incidents = with_it.incidents
    assert incidents is not None
    assert incidents["visible_start"][0] == acted["timestamp"].min()
    assert incidents["visible_end"][0] == acted["timestamp"].max()
    assert ends_s(with_it).max() > UNTIL_S


def test_an_incident_of_no_strength_shows_nowhere() -> None:
    incidents = hit("error_burst", severity={"low": 0, "high": 0})[0].incidents
    assert incidents is not None
    assert incidents.select("visible_start", "visible_end").row(0) == (None, None)


def test_two_that_overlap_stay_two_rows_and_their_effects_add_up() -> None:
    later = START.replace(minute=30)
    entries = [trouble("latency_spike"), trouble("error_burst", at=later)]
    both = draw(case(incident=entries), seed=3)
    assert both.incidents is not None
    assert both.incidents["kind"].to_list() == ["latency_spike", "error_burst"]
    rows = firsts(both, 1_800, UNTIL_S)
    in_time = 1 - given_up_share(7.0)
    assert is_share(rows.filter(status="error").height, len(rows), 0.42 * in_time)
    assert is_share(rows.filter(status="retry").height, len(rows), 1 - in_time + 0.3 * in_time)
    assert np.median(rows["duration"].to_numpy()) > 6 * 0.35


def test_by_rows_alone_only_troubles_that_begin_before_the_last_row_are_labelled() -> None:
    profile = case(duration=None, rows=3_000, incident=[{"kind": "error_burst", "per_day": 4_000}])
    dataset = draw(profile, seed=3)
    assert dataset.incidents is not None
    assert 0 < len(dataset.incidents) < len(load_of(profile, seed=3).troubles)
    last = dataset.rows["timestamp"].max()
    assert (dataset.incidents["start"] < last).all()
    assert (dataset.incidents["visible_end"].drop_nulls() <= last).all()


def test_the_span_above_a_strength_is_where_the_strength_is_reached() -> None:
    """A trapezoid of 100 s with ramps of 20 s passes half its height after 10 s."""
    drawn = Trouble("a-1", "load_peak", 50.0, 150.0, 0.8, None, 20.0, lookalike=True)
    assert drawn.span_above(0.4) == (60.0, 140.0)
    assert drawn.span_above(0.8) == (70.0, 130.0)
    assert drawn.span_above(0.81) is None
    assert drawn.strength(np.array([60.0, 140.0])).tolist() == [0.4, 0.4]
