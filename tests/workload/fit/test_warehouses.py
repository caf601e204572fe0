"""How much warehouses differ is told from what chance makes of them."""

import numpy as np
import polars as pl
import pytest

from simlab.workload.fit.warehouses import Spread, fit_spread

from .cases import Array


def attempts(sigma: float, counts: Array, *, seed: int) -> tuple[pl.DataFrame, Array]:
    """Lognormal durations of sigma 0.6, so many a warehouse, and the warehouses' log factors."""
    rng = np.random.default_rng(seed)
    effects = sigma * rng.standard_normal(len(counts))
    ids = np.repeat(np.arange(len(counts)), counts)
    logs = effects[ids] + 0.6 * rng.standard_normal(len(ids))
    return pl.DataFrame({"warehouse_id": ids + 1, "duration": np.exp(logs)}), effects


def test_the_spread_is_found_from_warehouses_of_very_different_sizes() -> None:
    """Over 200 draws the mean is right, and the stated error is the spread of the estimates."""
    counts = np.geomspace(5, 500, 40).astype(int)
    found = [fit_spread(attempts(0.25, counts, seed=seed)[0]) for seed in range(200)]
    sigmas = np.array([spread.sigma for spread in found])
    assert np.mean(sigmas) == pytest.approx(0.25, abs=0.01)
    inside = [abs(spread.sigma - 0.25) <= 1.96 * spread.error for spread in found]
    assert np.mean(inside) > 0.85


def test_factors_are_shrunk_towards_what_is_usual_and_close_to_the_true_ones() -> None:
    frame, effects = attempts(0.25, np.full(40, 200), seed=1)
    spread = fit_spread(frame)
    guessed = np.log([spread.factors[index + 1] for index in range(40)])
    error = guessed - (effects - effects.mean())
    assert np.std(error) < 1.5 * 0.6 / np.sqrt(200)
    unseen = spread.factor(pl.DataFrame({"warehouse_id": [1, 999, None]}))
    assert unseen[0] == pytest.approx(spread.factors[1])
    assert unseen[1:].tolist() == [1.0, 1.0]


def test_warehouses_that_differ_by_chance_only_have_no_spread() -> None:
    zeros = [fit_spread(attempts(0, np.full(20, 50), seed=seed)[0]).sigma for seed in range(100)]
    assert np.count_nonzero(zeros) <= 2  # of a mean of 0.1


def test_too_few_warehouses_say_nothing() -> None:
    spread = fit_spread(attempts(1.0, np.array([50, 50]), seed=2)[0])
    assert spread.sigma == 0
    assert np.isnan(spread.error)
    assert isinstance(spread, Spread)
