"""Durations have the declared distribution, within the declared limits."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from simlab.rng import VariatesById
from simlab.workload.draw import draw
from simlab.workload.profile import Service
from simlab.workload.service import base_durations, warehouse_factors

from .cases import case, is_share, ks_distance, ks_limit

N = 20_000
Cdf = Callable[[Any], Any]


def lognormal(median: float, sigma: float) -> Cdf:
    erf = np.vectorize(math.erf)
    return lambda x: (1 + erf(np.log(x / median) / (sigma * math.sqrt(2)))) / 2


def erlang(shape: int, scale: float) -> Cdf:
    """A gamma of whole shape: 1 - exp(-x) * sum of x^k / k!, k below the shape."""
    terms = [math.factorial(k) for k in range(shape)]
    return lambda x: 1 - np.exp(-x / scale) * sum((x / scale) ** k / f for k, f in enumerate(terms))


FAMILIES: list[tuple[dict[str, Any], Cdf]] = [
    ({"dist": "lognormal", "median": 0.35, "sigma": 0.6}, lognormal(0.35, 0.6)),
    ({"dist": "gamma", "shape": 3, "scale": 0.2}, erlang(3, 0.2)),
    ({"dist": "gamma", "shape": 1, "scale": 2}, erlang(1, 2)),
    ({"dist": "weibull", "shape": 1.5, "scale": 0.4}, lambda x: 1 - np.exp(-((x / 0.4) ** 1.5))),
    ({"dist": "pareto", "shape": 2.5, "scale": 0.1}, lambda x: 1 - (0.1 / x) ** 2.5),
    ({"dist": "exponential", "scale": 0.7}, lambda x: 1 - np.exp(-x / 0.7)),
    ({"dist": "uniform", "low": 0.05, "high": 2.5}, lambda x: (x - 0.05) / 2.45),
]


@pytest.mark.parametrize(("told", "cdf"), FAMILIES, ids=lambda told: str(told)[9:22])
def test_each_family_has_its_distribution(told: dict[str, Any], cdf: Cdf) -> None:
    drawn = base_durations(Service(**told), N, np.random.default_rng(11))
    assert ks_distance(drawn, cdf) < ks_limit(N)


def test_a_pareto_never_falls_below_its_scale() -> None:
    service = Service(dist="pareto", shape=0.5, scale=0.25)
    assert base_durations(service, N, np.random.default_rng(1)).min() >= 0.25


def test_the_attempts_of_a_load_have_the_distribution_to_the_microsecond() -> None:
    durations = draw(case(), seed=21).rows["duration"].to_numpy()
    assert ks_distance(durations, lognormal(0.35, 0.6)) < ks_limit(len(durations))
    np.testing.assert_allclose(durations * 1e6, np.rint(durations * 1e6), atol=1e-6)


@pytest.mark.parametrize("shape", ["batches", "rows"])
def test_no_attempt_works_longer_than_the_limit_and_those_that_would_work_just_so_long(
    shape: str,
) -> None:
    service = {"dist": "exponential", "scale": 1.0, "limit": "2s"}
    profile = case(shape=shape, service=service, outcome={"max_attempts": 1})
    durations = draw(profile, seed=5).rows["duration"].to_numpy()
    n, p = len(durations), math.exp(-2)
    cut = np.count_nonzero(durations >= 1.9995)  # rows are drawn in milliseconds
    assert durations.max() == 2.0
    assert abs(cut - n * p) < 4.5 * math.sqrt(n * p)


def test_each_item_adds_its_time() -> None:
    service = {"dist": "uniform", "low": 1.0, "high": 1.000001, "per_item": 0.01, "limit": "1h"}
    rows = draw(case(service=service), seed=6).rows
    expected = 1 + 0.01 * rows["batch_size"].to_numpy()
    np.testing.assert_allclose(rows["duration"].to_numpy(), expected, atol=3e-6)


def test_warehouses_differ_by_a_lognormal_factor_that_is_theirs_for_good() -> None:
    service = Service(dist="exponential", scale=1, warehouse_spread=0.25)
    logs = np.log(warehouse_factors(service, 10_000, seed=3)[1:])
    assert abs(logs.mean()) < 4.5 * 0.25 / 100
    assert abs(logs.std() - 0.25) < 4.5 * 0.25 / math.sqrt(20_000)
    same = warehouse_factors(service, 50, seed=3)
    np.testing.assert_array_equal(same, warehouse_factors(service, 50, seed=3))


def test_a_slow_warehouse_is_slow_by_its_factor_in_the_rows() -> None:
    told = {"dist": "uniform", "low": 1.0, "high": 1.000001, "warehouse_spread": 0.25}
    profile = case(service=told)
    rows = draw(profile, seed=8).rows
    factors = warehouse_factors(profile.service, profile.warehouses, seed=8)
    expected = factors[rows["warehouse_id"].to_numpy()]
    np.testing.assert_allclose(rows["duration"].to_numpy(), expected, rtol=3e-6)


def test_without_spread_all_warehouses_are_alike() -> None:
    assert (warehouse_factors(Service(dist="exponential", scale=1), 9, seed=3) == 1).all()


QUANTILES: dict[str, Any] = {"dist": "empirical", "quantiles": [0.1, 0.1, 0.2, 0.5, 3.0]}


def test_an_empirical_family_is_linear_between_its_quantiles() -> None:
    """A quarter of the draws lies in each step; the first is no step at all."""
    drawn = base_durations(Service(**QUANTILES), N, np.random.default_rng(2))
    assert is_share(int((drawn == 0.1).sum()), N, 0.25)
    above = drawn[drawn > 0.1]
    shares = np.array([0.0, 1 / 3, 2 / 3, 1.0])
    gap = ks_distance(above, lambda x: np.interp(x, [0.1, 0.2, 0.5, 3.0], shares))
    assert gap < ks_limit(len(above))


@pytest.mark.parametrize(
    "told",
    [*(told for told, _ in FAMILIES), {"dist": "gamma", "shape": 0.4, "scale": 2}, QUANTILES],
    ids=lambda told: str(told)[9:30],
)
def test_later_attempts_have_the_distribution_of_first_ones(told: dict[str, Any]) -> None:
    """One drawn by a stream, the other by ids: the greatest gap of two samples (Smirnov 1939)."""
    service, ids = Service(**told), np.arange(N)
    one = base_durations(service, N, np.random.default_rng(4))
    other = base_durations(service, N, VariatesById(7, "service.2", ids))
    both = np.concatenate([one, other])
    first, second = (np.searchsorted(np.sort(x), both, side="right") / N for x in (one, other))
    assert np.abs(first - second).max() < ks_limit(N) * math.sqrt(2)
