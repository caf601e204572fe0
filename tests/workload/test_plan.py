"""A plan foretells what is then made: counts, rates, work and trouble, before a row is drawn."""

import math
from typing import Any

import msgspec
import numpy as np
import pytest

from simlab.workload.draw import draw
from simlab.workload.kinds import KINDS
from simlab.workload.load import load_of
from simlab.workload.loading import load_profile, starting, with_rows
from simlab.workload.plan import plan, usual_rows
from simlab.workload.profile import Profile

from .cases import HOUR_S, START, case, trouble

STEADY = {"dist": "uniform", "low": 0.999_999, "high": 1.000_001, "limit": "10s"}


def full(kind: str, **changes: Any) -> Profile:
    """An hour at 50 batches a minute with one trouble at full strength for 20 minutes of it."""
    key = "lookalike" if kind == "load_peak" else "incident"
    arrivals = {"per_minute": 50}
    outcome = {"retry": 0.0, "error": 0.0, "max_attempts": 3}
    return case(arrivals=arrivals, outcome=outcome, **{key: [trouble(kind, **changes)]})


@pytest.mark.parametrize("name", ["busy-day", "flat", "quiet-day", "month-of-trouble"])
def test_what_is_made_has_about_as_many_rows_and_batches_as_were_planned(name: str) -> None:
    """Within 4.5 standard deviations of a Poisson count of batches, and a thousandth."""
    profile = load_profile(name)
    planned, rows = plan(profile, seed=3), draw(profile, seed=3).rows
    spread = 4.5 / math.sqrt(planned.batches) + 0.001
    assert rows["batch_id"].n_unique() == pytest.approx(planned.batches, rel=spread)
    assert len(rows) == pytest.approx(planned.rows, rel=spread)


@pytest.mark.parametrize("name", ["busy-day", "strategy"])
def test_a_given_number_of_rows_is_planned_to_the_row(name: str) -> None:
    profile = with_rows(load_profile(name), 12_345)
    assert plan(profile, seed=1).rows == usual_rows(profile) == 12_345


def test_a_load_peak_adds_its_share_of_arrivals() -> None:
    """80 % more for 20 minutes at 50 a minute."""
    assert plan(full("load_peak"), seed=1).batches == 3000 + 800


def test_a_retry_storm_adds_the_attempts_of_a_geometric_sum() -> None:
    """Half are tried again for 20 minutes: 1 + 1/2 + 1/4 attempts at each of 1000 batches."""
    assert plan(full("retry_storm"), seed=1).rows == 3000 + 750
    assert plan(full("retry_storm", warehouses=0.4), seed=1).rows == 3000 + 300
    assert plan(full("retry_storm"), seed=1, incidents=False).rows == 3000


def test_a_latency_spike_adds_the_attempts_of_those_that_reach_the_limit() -> None:
    """Eight times an exponential of 1 s above 10 s: exp(-10/8), where else exp(-10) would be."""
    service = {"dist": "exponential", "scale": 1.0, "limit": "10s"}
    profile = case(
        arrivals={"per_minute": 50},
        service=service,
        outcome={"retry": 0, "max_attempts": 2},
        batch={"size": {"dist": "fixed", "mean": 1}},
        incident=[trouble("latency_spike")],
    )
    slow, usual = math.exp(-10 / 8), math.exp(-10)
    again = slow + (1 - slow) * KINDS["latency_spike"].effect.retry
    assert plan(profile, seed=1).rows == pytest.approx(
        3000 * (1 + usual) + 1000 * (again - usual), abs=10
    )


@pytest.mark.parametrize("incidents", [True, False])
def test_the_troubles_are_those_that_the_load_will_have(incidents: bool) -> None:
    profile = load_profile("month-of-trouble")
    planned = plan(profile, seed=7, incidents=incidents)
    assert planned.troubles == load_of(profile, seed=7, incidents=incidents).troubles
    assert incidents == any(not trouble.lookalike for trouble in planned.troubles)


def test_by_rows_only_what_begins_before_they_are_there_is_told() -> None:
    planned = plan(with_rows(load_profile("busy-day"), 20_000), seed=7)
    assert 0 < planned.span_s < 8 * HOUR_S
    assert all(trouble.start_s < planned.span_s for trouble in planned.troubles)


def test_rates_are_those_of_the_hours_and_weekdays_that_the_load_touches() -> None:
    arrivals = {"per_minute": 1, "hourly": [1] * 12 + [3] * 12, "weekday": [1, 2, 1, 1, 1, 1, 1]}
    planned = plan(case(arrivals=arrivals, duration="2d"), seed=1)
    np.testing.assert_allclose(planned.hourly, [90] * 12 + [270] * 12)
    np.testing.assert_allclose(planned.weekday[:2], [120, 240])
    assert all(math.isnan(rate) for rate in planned.weekday[2:])
    assert planned.mean_per_hour == pytest.approx(180)
    assert planned.peak_per_hour == pytest.approx(360)


def test_an_hour_that_the_load_does_not_touch_has_no_rate() -> None:
    evening = starting(case(duration="90m"), round(START.timestamp() + 22.5 * HOUR_S) * 1_000_000)
    touched = [
        hour for hour, rate in enumerate(plan(evening, seed=1).hourly) if not math.isnan(rate)
    ]
    assert touched == [22, 23]


def test_service_times_are_the_family_s_quantiles_up_to_the_limit() -> None:
    """An exponential's are -ln(1 - q); four standard errors of a quantile of 131,072 draws."""
    service = {"dist": "exponential", "scale": 1.0, "limit": "3s"}
    planned = plan(case(service=service, batch={"size": {"dist": "fixed", "mean": 1}}), seed=1)
    assert planned.service_p50_s == pytest.approx(math.log(2), abs=4 * 0.0028)
    assert planned.service_p95_s == pytest.approx(-math.log(0.05), abs=4 * 0.0121)
    assert planned.service_p99_s == 3.0
    assert planned.timeout_share == pytest.approx(math.exp(-3), abs=4 * 0.0006)


def test_a_busiest_hour_that_asks_too_much_is_cautioned_of_with_what_would_do() -> None:
    """9.67 batches a second of one second each, for two workers too few."""
    arrivals = {"per_minute": 290, "hourly": [1] * 23 + [2]}
    profile = case(
        service=STEADY, arrivals=arrivals, duration="1d", workers=8, outcome={"retry": 0}
    )
    (caution,) = plan(profile, seed=1).cautions
    assert "121% of what 8 workers can do" in caution
    assert "set workers to 10" in caution
    more = msgspec.structs.replace(profile, workers=11)
    assert plan(more, seed=1).cautions == []


def test_sizes_on_disk_are_near_what_is_written() -> None:
    """Measured anew on a small load, within a fifth: columns and digits vary."""
    rows = draw(case(), seed=1).rows
    planned = plan(case(), seed=1)
    assert len(rows.write_csv()) == pytest.approx(planned.size_bytes["csv"], rel=0.2)
    assert len(rows.write_ndjson()) == pytest.approx(planned.size_bytes["jsonl"], rel=0.2)
