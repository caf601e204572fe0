"""How busy a load keeps its workers, against what theory says of each family and of queues."""

import math
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from simlab.workload.draw import draw
from simlab.workload.loading import load_profile, with_rows
from simlab.workload.utilisation import (
    DRAWS,
    mean_attempts,
    mean_service_s,
    peak_utilisation,
    rates_per_hour,
    service_times_s,
    span_s,
    timeout_share,
    utilisation,
    work_s,
)

from .cases import START, case, is_share

ONE_SIZE = {"size": {"dist": "fixed", "mean": 1}}
STEADY = {"dist": "uniform", "low": 0.999_999, "high": 1.000_001, "limit": "10s"}
"""One second each, as nearly as a profile can say it."""


def within(value: float, mean: float, deviation: float) -> bool:
    """Whether an estimate from `DRAWS` draws lies within 4.5 standard errors of the mean."""
    return abs(value - mean) <= 4.5 * deviation / math.sqrt(DRAWS)


@pytest.mark.parametrize(
    ("service", "mean", "deviation"),
    [
        ({"dist": "exponential", "scale": 0.7}, 0.7, 0.7),
        ({"dist": "uniform", "low": 0.5, "high": 2.5}, 1.5, 2 / math.sqrt(12)),
        (
            {"dist": "lognormal", "median": 0.35, "sigma": 0.6},
            0.35 * math.exp(0.18),
            0.35 * math.exp(0.18) * math.sqrt(math.exp(0.36) - 1),
        ),
        ({"dist": "gamma", "shape": 3, "scale": 0.2}, 0.6, 0.2 * math.sqrt(3)),
        ({"dist": "pareto", "shape": 3, "scale": 0.1}, 0.15, math.sqrt(0.0075)),
        ({"dist": "empirical", "quantiles": [0, 1, 3]}, 1.25, math.sqrt(0.7708)),
    ],
    ids=lambda value: value["dist"] if isinstance(value, dict) else "",
)
def test_the_mean_of_each_family_is_its_own(
    service: dict[str, Any], mean: float, deviation: float
) -> None:
    profile = case(service=service, batch=ONE_SIZE)
    assert within(mean_service_s(profile), mean, deviation)


def test_what_the_limit_cuts_does_not_count() -> None:
    """E[min(X, c)] of an exponential of mean m is m (1 - exp(-c / m)), and never above c."""
    profile = case(service={"dist": "exponential", "scale": 2.0, "limit": "3s"}, batch=ONE_SIZE)
    assert within(mean_service_s(profile), 2 * (1 - math.exp(-1.5)), 1.5)
    assert is_share(round(timeout_share(profile) * DRAWS), DRAWS, math.exp(-1.5))


def test_items_add_their_time_and_warehouses_their_factor() -> None:
    """(1 s + 40 items of 10 ms) times a lognormal factor, which is exp(spread² / 2) on average."""
    service = {**STEADY, "per_item": 0.01, "warehouse_spread": 0.25}
    profile = case(service=service, batch={"size": {"dist": "fixed", "mean": 40}})
    factor = math.exp(0.25**2 / 2)
    assert within(mean_service_s(profile), 1.4 * factor, 1.4 * factor * 0.255)


def test_sizes_add_their_mean_whatever_their_spread() -> None:
    service = {**STEADY, "per_item": 0.01, "limit": "1h"}
    size = {"dist": "negative_binomial", "mean": 40, "dispersion": 3}
    deviation = 0.01 * math.sqrt(39 + 39**2 / 3)
    assert within(mean_service_s(case(service=service, batch={"size": size})), 1.4, deviation)


def test_independent_rows_have_no_items_no_spread_and_one_attempt() -> None:
    profile = load_profile("strategy")
    assert within(mean_service_s(profile), 1.275, 2.45 / math.sqrt(12))
    assert mean_attempts(profile) == 1


@pytest.mark.parametrize(("retry", "most"), [(0.0, 3), (0.1, 1), (0.1, 3), (0.5, 10), (1.0, 4)])
def test_attempts_a_batch_are_a_geometric_sum(retry: float, most: int) -> None:
    profile = case(service=STEADY, outcome={"retry": retry, "error": 0, "max_attempts": most})
    told = most if retry == 1 else (1 - retry**most) / (1 - retry)
    assert mean_attempts(profile) == pytest.approx(told)


def test_an_attempt_that_reaches_the_limit_is_followed_by_another() -> None:
    service = {"dist": "exponential", "scale": 2.0, "limit": "3s"}
    profile = case(service=service, batch=ONE_SIZE, outcome={"retry": 0.1, "max_attempts": 3})
    again = 1 - 0.9 * (1 - timeout_share(profile))
    assert mean_attempts(profile) == pytest.approx(1 + again + again**2)


def test_utilisation_is_arrivals_times_work_over_workers() -> None:
    profile = case(service=STEADY, batch=ONE_SIZE, outcome={"retry": 0}, workers=20)
    assert utilisation(profile) == pytest.approx(600 / 60 * 1 / 20, rel=1e-6)
    assert peak_utilisation(profile) == pytest.approx(utilisation(profile))


def test_the_rate_is_the_week_s_and_the_peak_the_busiest_hour_s_that_the_load_comes_to() -> None:
    arrivals = {"hourly": [1] * 12 + [3] * 12, "weekday": [1, 1, 1, 1, 1, 1, 2]}
    usual = utilisation(case())
    monday = case(arrivals=arrivals, duration="12h")
    assert utilisation(monday) == pytest.approx(usual * 2 * 8 / 7)
    assert peak_utilisation(monday) == pytest.approx(usual)
    longer = case(arrivals=arrivals, duration="12h1s")
    assert peak_utilisation(longer) == pytest.approx(usual * 3)
    assert peak_utilisation(case(arrivals=arrivals, duration="9d")) == pytest.approx(usual * 6)


def test_the_hours_of_a_load_begin_with_the_one_it_begins_in() -> None:
    arrivals = {"per_minute": 1, "hourly": list(range(24))}
    profile = case(arrivals=arrivals, start=START + timedelta(hours=22, minutes=59), duration="2h")
    np.testing.assert_allclose(rates_per_hour(profile), [22 * 60, 23 * 60, 0])
    assert len(rates_per_hour(case(arrivals=arrivals, duration="60d"))) == 168


def test_a_load_by_rows_lasts_until_they_should_be_there() -> None:
    profile = with_rows(case(service=STEADY, outcome={"retry": 0.5, "max_attempts": 2}), 9_000)
    assert span_s(profile) == pytest.approx(9_000 / 1.5 / 10)


@pytest.mark.parametrize("name", ["flat", "strategy"])
def test_what_is_drawn_takes_as_long_as_was_foretold(name: str) -> None:
    """Over many batches; the factors of 50 warehouses average to within 4.5 of their errors."""
    profile = load_profile(name)
    rows = draw(profile, seed=3).rows
    batches = len(rows) if name == "strategy" else rows["batch_id"].n_unique()
    spread = profile.service.warehouse_spread / math.sqrt(profile.warehouses)
    assert rows["duration"].sum() / batches == pytest.approx(
        work_s(profile), rel=4.5 * (spread + 1 / math.sqrt(batches))
    )


def test_the_estimate_is_the_same_at_each_call_and_no_one_s_to_change() -> None:
    profile = case()
    assert mean_service_s(profile) == mean_service_s(case())
    assert not service_times_s(profile).flags.writeable
    assert (np.diff(service_times_s(profile)) >= 0).all()
