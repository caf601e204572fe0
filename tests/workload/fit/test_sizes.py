"""Batch sizes are found by their moments."""

import numpy as np
import pytest

from simlab.workload.fit.estimate import Learned
from simlab.workload.fit.sizes import fit_sizes

from .cases import Array, evidence, is_recovered, log, named

N = 5_000


def learned(size: Array | int | None) -> Learned:
    return fit_sizes(evidence(log(np.arange(N) * 1.0, 0.5, batch_size=size)))


@pytest.mark.parametrize(("mean", "dispersion"), [(40, 3.0), (3, 0.5), (200, 50.0)])
def test_a_negative_binomial_is_found(mean: float, dispersion: float) -> None:
    p = dispersion / (dispersion + mean - 1)
    size = 1 + np.random.default_rng(1).negative_binomial(dispersion, p, N)
    estimates = learned(size).estimates
    assert is_recovered(named(estimates, "$.batch.size.mean"), mean)
    assert is_recovered(named(estimates, "$.batch.size.dispersion"), dispersion)


def test_sizes_that_vary_less_than_poisson_are_as_good_as_poisson() -> None:
    found = learned(np.random.default_rng(2).integers(40, 43, N))
    assert found.table["size"]["dispersion"] == 1e6
    assert "Poisson" in found.notes[0]


def test_one_size_is_fixed_and_an_unknown_one_is_1() -> None:
    assert learned(25).table["size"] == {"dist": "fixed", "mean": 25}
    unknown = learned(None)
    assert unknown.table["size"] == {"dist": "fixed", "mean": 1}
    assert "unknown" in unknown.notes[0]


def test_what_a_profile_cannot_hold_is_cut_and_told() -> None:
    found = learned(np.random.default_rng(3).integers(20_000, 30_000, N))
    assert found.table["size"]["mean"] == 10_000
    assert "a profile has 1 to 10,000" in found.notes[0]
