"""Distances are those of theory, small for the truth and large for another load."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simlab.workload.draw import draw
from simlab.workload.fit.distances import distances, ks_distance
from workload.cases import case

from .cases import Array, evidence

whole = st.lists(st.integers(1, 30), min_size=1, max_size=40).map(np.array)


@given(whole, whole)
def test_ks_is_the_greatest_gap_of_two_distribution_functions(one: Array, other: Array) -> None:
    gaps = [abs(np.mean(one <= x) - np.mean(other <= x)) for x in range(31)]
    assert ks_distance(one.astype(float), other.astype(float)) == pytest.approx(max(gaps))


def test_microseconds_tell_no_even_gaps_apart() -> None:
    jitter = np.random.default_rng(1).integers(-1, 2, 1_000) * 1e-6
    assert ks_distance(np.asarray(0.1 + jitter, np.float64), np.full(1_000, 0.1)) < 0.5
    assert ks_distance(np.full(9, 0.10001), np.full(9, 0.1)) == 0


def test_the_load_itself_is_as_near_as_chance_has_it() -> None:
    for seed in range(5):
        profile = case(duration="30m", service={"warehouse_spread": 0.3})
        found = distances(evidence(draw(profile, seed=seed)), profile, seed=100)
        assert [one.quantity for one in found] == ["duration", "gap", "batch_size"]
        gap, size = found[1:]
        assert gap.explained
        assert size.explained


def test_another_load_is_far_in_what_differs_and_near_in_the_rest() -> None:
    truth = case(duration="30m")
    slower = case(duration="30m", service={"median": 0.7, "dist": "lognormal", "sigma": 0.6})
    duration, gap, size = distances(evidence(draw(truth, seed=1)), slower, seed=100)
    assert not duration.explained
    assert [duration.p50, duration.p95] == pytest.approx([1.0, 1.0], abs=0.1)
    assert gap.explained
    assert size.explained


def test_chance_is_what_sampling_explains_at_these_counts() -> None:
    profile = case(duration="30m")
    (duration, *_) = distances(evidence(draw(profile, seed=1)), profile, seed=100)
    root = math.sqrt(1 / duration.held + 1 / duration.drawn)
    assert duration.chance == pytest.approx(1.358 * root)
    assert duration.rare == pytest.approx(1.949 * root)
    assert duration.drawn >= 49_000
