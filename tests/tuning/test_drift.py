"""Drift is told where there is some, and not where chance explains it."""

from dataclasses import replace
from datetime import timedelta
from math import isnan
from typing import Any

import msgspec
import numpy as np
import polars as pl
import pytest

from simlab.alerts.rule import Rule
from simlab.dataset.schema import Dataset
from simlab.errors import InputError
from simlab.tuning.alarms import alarms_on
from simlab.tuning.apart import change_apart, ks_apart, mix_apart
from simlab.tuning.drift import Drift, drift, same_hours
from simlab.tuning.resample import Again
from simlab.tuning.traits import BLOCKS, Trait, traits
from simlab.workload.draw import draw
from simlab.workload.fit.distances import ks_distance
from simlab.workload.loading import parse_profile
from simlab.workload.profile import Profile

from .cases import incidents, slow, small_dataset

TABLE: dict[str, Any] = {
    "schema": 1, "name": "plain", "start": "2026-01-05T00:00:00Z", "duration": "8h",
    "warehouses": 20, "arrivals": {"per_minute": 60},
    "service": {"dist": "lognormal", "median": 0.5, "sigma": 0.6},
    "outcome": {"retry": 0.03, "error": 0.02},
}  # fmt: skip


def profile(**changes: dict[str, Any]) -> Profile:
    table = {key: value | changes.get(key, {}) if isinstance(value, dict) else value
             for key, value in TABLE.items()}  # fmt: skip
    return parse_profile(table, where="test")


PLAIN = profile()
LOGS = draw(PLAIN, seed=3)


def verdicts(found: Drift) -> dict[str, str]:
    return {each.apart.quantity: each.verdict for each in found.quantities}


def again(*, paired: bool = False) -> Again:
    return Again(random=np.random.default_rng(0), paired=paired)


def trait(random: np.random.Generator, value: np.ndarray[Any, Any]) -> Trait:
    return Trait(block=np.sort(random.integers(0, BLOCKS, value.size)), value=value)


def test_logs_of_the_profile_itself_have_not_drifted() -> None:
    found = drift(LOGS, PLAIN)
    assert found.drifted == ()
    assert set(verdicts(found)) == {
        "duration", "queue_wait", "batch_size", "gap", "cpu_percent", "mem_usage_mb",
        "error_ratio", "retry_ratio", "arrivals", "warehouses",
    } - {name for name in ("queue_wait",) if LOGS.rows[name].null_count()}  # fmt: skip
    assert found.notes == ()


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"service": {"median": 0.65}}, {"duration"}),
        ({"outcome": {"error": 0.06}}, {"error_ratio"}),
        ({"outcome": {"retry": 0.09}}, {"retry_ratio"}),
        ({"arrivals": {"per_minute": 90}}, {"arrivals", "gap"}),
    ],
)
def test_what_was_changed_has_drifted(
    changed: dict[str, dict[str, Any]], expected: set[str]
) -> None:
    found = drift(draw(profile(**changed), seed=5), PLAIN)
    assert expected <= set(found.drifted)
    free = {"duration", "error_ratio", "batch_size", "warehouses"} - expected
    assert free.isdisjoint(found.drifted)


def test_a_change_is_told_with_its_size() -> None:
    """Three times the errors among what finishes, within sampling."""
    found = drift(draw(profile(outcome={"error": 0.06}), seed=5), PLAIN)
    (errors,) = (each.apart for each in found.quantities if each.apart.quantity == "error_ratio")
    assert errors.low < 2.0 < errors.high
    assert errors.distance == pytest.approx(2.0, abs=0.6)


def test_small_changes_that_are_sure_are_near_and_no_drift() -> None:
    """A median 4 % greater is a KS distance of ln 1.04 / 0.6 / sqrt(2 pi) = 0.026."""
    found = drift(draw(profile(service={"median": 0.52}), seed=5), draw(PLAIN, seed=6))
    assert verdicts(found)["duration"] == "near"
    found = drift(draw(profile(service={"median": 0.52}), seed=5), draw(PLAIN, seed=6), most_ks=0.0)
    assert "duration" in found.drifted


def test_trouble_is_left_out_where_it_is_labelled() -> None:
    """An hour of attempts that took ten times as long, in the logs alone."""
    when = pl.col("timestamp").dt.hour() == 3
    worse = replace(
        LOGS,
        rows=LOGS.rows.with_columns(
            duration=pl.when(when).then(pl.col("duration") * 10).otherwise("duration")
        ),
    )
    first, last = (worse.rows.filter(when)["timestamp"][place] for place in (0, -1))
    labels = incidents((0, 1, False)).with_columns(
        start=pl.lit(first), end=pl.lit(last),
        visible_start=pl.lit(first), visible_end=pl.lit(last),
    )  # fmt: skip
    reference = draw(PLAIN, seed=6)

    def apart(logs: Dataset) -> float:
        found = drift(logs, reference).quantities
        return next(each.apart.distance for each in found if each.apart.quantity == "duration")

    assert apart(worse) > 0.1
    assert apart(replace(worse, incidents=labels)) < 0.02


def test_unknown_incidents_and_other_hours_are_noted() -> None:
    later = replace(
        LOGS,
        incidents=None,
        samples=None,
        rows=LOGS.rows.with_columns(pl.col("timestamp") + timedelta(hours=5)),
    )
    notes = drift(later, LOGS).notes
    assert any("incidents are unknown" in note for note in notes)
    assert any("do not span the same hours" in note for note in notes)
    assert any("cpu_percent" in note and "not compared" in note for note in notes)


def test_a_week_later_the_hours_are_the_same_and_an_hour_later_they_are_not() -> None:
    def moved(by: timedelta) -> Dataset:
        assert LOGS.samples is not None
        return replace(
            LOGS,
            rows=LOGS.rows.with_columns(pl.col("timestamp") + by),
            samples=LOGS.samples.with_columns(pl.col("timestamp") + by),
        )

    assert same_hours(moved(timedelta(days=7)), LOGS)
    assert same_hours(LOGS, moved(timedelta(days=1)))
    assert not same_hours(moved(timedelta(hours=1)), LOGS)


def test_a_plain_series_is_compared_by_its_values() -> None:
    random = np.random.default_rng(1)
    rows = pl.DataFrame(
        {"timestamp": LOGS.rows["timestamp"], "value": random.random(len(LOGS.rows))}
    )
    series = Dataset(name="series", rows=rows)
    other = replace(series, rows=rows.with_columns(pl.col("value") + 0.3))
    found = drift(other, series)
    assert verdicts(found) == {"value": "drifted"}
    assert found.quantities[0].apart.distance == pytest.approx(0.3, abs=0.02)


def test_logs_that_share_nothing_with_the_reference_are_refused() -> None:
    few = Dataset(name="few", rows=LOGS.rows.head(10))
    with pytest.raises(InputError, match=r"^few: found nothing to compare with plain, expected 50"):
        drift(few, LOGS)


def test_the_distance_is_that_of_kolmogorov_and_smirnov() -> None:
    """It looks at quantiles alone, which cost at most one in 256 each."""
    random = np.random.default_rng(2)
    one, other = random.normal(0, 1, 3000), random.normal(0.3, 1.2, 2000)
    found = ks_apart("x", trait(random, one), trait(random, other), again=again())
    assert found.distance == pytest.approx(ks_distance(one, other), abs=1 / 128)
    assert found.low <= found.distance <= found.high


def test_chance_is_what_independent_values_have_by_smirnovs_formula() -> None:
    """Values that do not hang together by time: 1.358 sqrt(1/n + 1/m), within its own noise."""
    random = np.random.default_rng(3)
    one, other = (trait(random, random.normal(0, 1, 4000)) for _ in range(2))
    found = ks_apart("x", one, other, again=again())
    assert found.chance == pytest.approx(1.358 * np.sqrt(2 / 4000), rel=0.15)


def test_chance_is_greater_where_neighbours_are_alike() -> None:
    """Each stretch with a level of its own: 40 of them count, not 4,000 values."""
    random = np.random.default_rng(4)

    def leveled() -> Trait:
        drawn = trait(random, random.normal(0, 0.3, 4000))
        levels = random.normal(0, 1, BLOCKS)
        return Trait(block=drawn.block, value=drawn.value + levels[drawn.block])

    found = ks_apart("x", leveled(), leveled(), again=again())
    assert found.chance > 4 * 1.358 * np.sqrt(2 / 4000)
    assert found.distance < found.rare


def test_a_load_that_follows_the_clock_is_no_chance_when_the_hours_are_the_same() -> None:
    """Both follow one curve; drawn together, its rise and fall cancel."""
    random = np.random.default_rng(5)
    curve = 500 * (1.5 + np.sin(np.arange(BLOCKS) / BLOCKS * 2 * np.pi))
    here, there = ((random.poisson(curve).astype(np.float64), np.ones(BLOCKS)) for _ in range(2))
    together = change_apart("x", here, there, again=again(paired=True))
    apart = change_apart("x", here, there, again=again())
    assert together.chance < apart.chance / 5
    assert abs(together.distance) <= together.rare


def test_where_nothing_ever_failed_there_is_no_error_ratio_to_compare() -> None:
    fine = replace(LOGS, rows=LOGS.rows.filter(pl.col("status") == "success"))
    assert not {"error_ratio", "retry_ratio"} & set(verdicts(drift(fine, fine)))
    assert verdicts(drift(LOGS, fine))["error_ratio"] == "drifted"


def test_a_mix_is_apart_by_the_share_that_went_elsewhere() -> None:
    """Shares of 1/2, 1/2, 0 and of 1/4, 1/2, 1/4: a quarter went elsewhere."""
    random = np.random.default_rng(6)
    here, there = (
        trait(random, random.permuted(np.repeat([1.0, 2.0, 3.0], counts)))
        for counts in ([2000, 2000, 0], [1000, 2000, 1000])
    )
    assert mix_apart("x", here, there, again=again()).distance == pytest.approx(0.25)


def test_gaps_do_not_reach_over_trouble() -> None:
    """A batch a second, and none to be seen from 100 to 200 s."""
    dataset = small_dataset(1, minutes=10)
    times = pl.int_range(0, 300 * 1_000_000, 1_000_000, eager=True).cast(
        dataset.rows["timestamp"].dtype
    )
    rows = pl.DataFrame({"timestamp": times, "duration": 0.0, "status": "success"}).filter(
        ~pl.col("timestamp").dt.epoch("s").is_between(100, 200)
    )
    seen = traits(Dataset(name="x", rows=rows, incidents=incidents((99, 201, False))))
    assert set(seen.values["gap"].value.tolist()) == {1.0}
    assert seen.length_s.sum() == pytest.approx(300 - 1 - 102, abs=0.1)


def test_rules_on_logs_count_false_alarms_where_trouble_is_known_and_else_all_pages() -> None:
    logs = small_dataset(3, (1800, 2700, False))
    rules = [slow()]
    known = alarms_on(logs, logs, rules, most_per_day=2.0)
    unknown = alarms_on(replace(logs, incidents=None), logs, rules, most_per_day=2.0)
    assert known.counted == "false alarms"
    assert unknown.counted == "pages"
    assert known.count < unknown.count
    assert known.per_day == pytest.approx(known.reference_per_day)
    assert known.verdict == "broken"
    assert alarms_on(logs, logs, rules, most_per_day=1e6).verdict == "met"
    assert alarms_on(logs, logs, rules, most_per_day=known.per_day).verdict == "unsure"
    assert isnan(alarms_on(logs, replace(logs, incidents=None), rules, most_per_day=2.0)
                 .reference_per_day)  # fmt: skip


def test_a_broken_budget_is_drift() -> None:
    never = Rule(name="never", signal="duration", threshold=1e6)
    always = msgspec.structs.replace(never, threshold=0.5)
    assert drift(LOGS, PLAIN, rules=[never], max_false_alarms_per_day=100).drifted == ()
    assert drift(LOGS, PLAIN, rules=[always]).drifted == ("budget",)


def test_alarms_that_come_in_bursts_are_less_sure() -> None:
    """Sixty false alarms in one of ten hours, against six in each of them."""

    def bursting(moments_s: list[float]) -> Dataset:
        rows = pl.DataFrame(
            {
                "timestamp": [
                    int(second * 1e6) for second in sorted({*range(0, 36_001, 10), *moments_s})
                ],
            }
        ).with_columns(
            value=pl.col("timestamp")
            .is_in([int(second * 1e6) for second in moments_s])
            .cast(float),
        )
        cast = rows.with_columns(pl.col("timestamp").cast(pl.Datetime("us", "UTC")))
        return Dataset(name="series", rows=cast, incidents=incidents())

    rule = Rule(name="high", signal="value", threshold=0.5)
    even = bursting([hour * 3600 + 600 * k + 5.0 for hour in range(10) for k in range(6)])
    burst = bursting([7200 + 60 * k + 5.0 for k in range(60)])
    calm, clustered = (alarms_on(each, each, [rule], most_per_day=2.0) for each in (even, burst))
    assert calm.count == clustered.count == 60
    assert (calm.low, calm.high) == pytest.approx((45.79 * 2.4, 77.23 * 2.4), rel=1e-3)
    assert clustered.low < calm.low / 5
    assert clustered.high > calm.high * 2
