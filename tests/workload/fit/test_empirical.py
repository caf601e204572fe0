"""A table of quantiles has a density, inside and outside of it."""

import numpy as np
import pytest

from simlab.workload.fit.empirical import POINTS, Quantiles
from simlab.workload.fit.families import FAMILIES
from simlab.workload.fit.tails import Works

from .cases import Array


def uncut(time_s: Array) -> Works:
    return Works(time_s, np.zeros(len(time_s), np.bool_))


def test_the_density_inside_is_that_of_the_table_and_outside_that_of_the_family() -> None:
    made = np.random.default_rng(1).uniform(1.0, 3.0, 10_000)
    table = Quantiles.of(uncut(made))
    assert len(table.time_s) == POINTS
    outside = FAMILIES["exponential"].log_density(np.array([2.0, 5.0]), {"scale": 2.0})
    inside, beyond = np.exp(table.log_likelihoods(uncut(np.array([2.0, 5.0])), outside))
    assert inside == pytest.approx(0.5, rel=0.3)  # 1 of 200 steps of 50 values each
    assert beyond == pytest.approx(2 / 10_001 * np.exp(outside[1]))


def test_a_value_that_many_share_counts_as_often_as_it_comes() -> None:
    """Half of all are 0.5 s, in steps of a hundredth: a density of 0.5 / 0.01 there."""
    rng = np.random.default_rng(2)
    made = np.where(rng.random(4_000) < 0.5, 0.5, np.round(rng.uniform(0.1, 2.0, 4_000), 2))
    table = Quantiles.of(uncut(made))
    assert table.grain_s == pytest.approx(0.01)
    density = np.exp(table.log_likelihoods(uncut(np.array([0.5])), np.zeros(1)))
    assert density == pytest.approx(50, rel=0.1)


def test_of_what_was_cut_it_tells_the_chance_of_coming_so_far() -> None:
    made = np.minimum(np.random.default_rng(3).exponential(1.0, 10_000), 2.0)
    works = Works(made, made == 2.0)
    judged = Works(np.array([2.0]), np.array([True]))
    chance = np.exp(Quantiles.of(works).log_likelihoods(judged, np.array([-2.0])))
    assert chance == pytest.approx(np.exp(-2), abs=1 / 200 + 4 * np.sqrt(0.135 * 0.865 / 10_000))
