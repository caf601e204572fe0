"""Batch sizes are 1 + a negative binomial, of the mean and the variance declared."""

import math

import numpy as np
import pytest

from simlab.workload.draw import draw
from simlab.workload.profile import Size
from simlab.workload.size import batch_sizes, negative_binomial

from .cases import case, chi_square, is_chi_square

SHAPES = [(39.0, 3.0), (0.5, 3.0), (5.0, 0.1), (200.0, 1e6), (9_999.0, 2.0)]


@pytest.mark.parametrize(("mean", "r"), SHAPES)
def test_each_probability_is_that_of_the_formula(mean: float, r: float) -> None:
    p = negative_binomial(mean=mean, dispersion=r)
    for k in {0, 1, 2, 10, int(mean), len(p) // 2} & set(range(len(p))):
        log_p = math.lgamma(k + r) - math.lgamma(r) - math.lgamma(k + 1)
        log_p += r * math.log(r / (r + mean)) + k * math.log(mean / (r + mean))
        assert p[k] == pytest.approx(math.exp(log_p), rel=1e-5, abs=1e-12)


@pytest.mark.parametrize(("mean", "r"), [*SHAPES, (9_999.0, 0.1)])
def test_the_table_has_the_mean_and_the_variance(mean: float, r: float) -> None:
    p = negative_binomial(mean=mean, dispersion=r)
    k = np.arange(len(p))
    assert p.sum() == pytest.approx(1)
    assert (p * k).sum() == pytest.approx(mean, rel=1e-6)
    assert (p * (k - mean) ** 2).sum() == pytest.approx(mean + mean**2 / r, rel=1e-5)


def test_the_sizes_of_batches_have_mean_and_variance_and_are_at_least_1() -> None:
    rows = draw(case(batch={"size": {"dist": "negative_binomial", "mean": 4, "dispersion": 2}}),
                seed=3).rows  # fmt: skip
    sizes = rows.unique("batch_id")["batch_size"].to_numpy().astype(float)
    n, variance = len(sizes), 3 + 9 / 2
    assert n > 30_000
    assert sizes.min() == 1
    assert abs(sizes.mean() - 4) < 4.5 * math.sqrt(variance / n)
    fourth = ((sizes - 4) ** 4).mean()
    assert abs(sizes.var() - variance) < 4.5 * math.sqrt((fourth - variance**2) / n)


def test_all_attempts_at_a_batch_have_its_size() -> None:
    rows = draw(case(), seed=3).rows
    distinct = rows.select("batch_id", "batch_size", "warehouse_id").unique()
    assert len(distinct) == rows["batch_id"].n_unique()


@pytest.mark.parametrize("size", [Size(dist="fixed", mean=7), Size(dist="fixed", mean=6.6)])
def test_a_fixed_size_is_the_mean_in_whole_items(size: Size) -> None:
    assert set(batch_sizes(size, 100, np.random.default_rng(1)).tolist()) == {7}


def test_a_mean_of_1_leaves_one_item_each() -> None:
    assert set(batch_sizes(Size(mean=1), 100, np.random.default_rng(1)).tolist()) == {1}


N = 200_000
DRAWN = [
    (1.02, 3.0),
    (1.5, 0.1),
    (4.0, 2.0),
    (40.0, 3.0),
    (200.0, 1e6),
    (2_000.0, 0.5),
    (10_000.0, 0.1),
]


@pytest.mark.parametrize(("mean", "r"), DRAWN, ids=str)
def test_sizes_are_drawn_with_the_probabilities_of_the_formula(mean: float, r: float) -> None:
    """Each value where 50 or more are expected of it, else as many together; the tails too."""
    p = negative_binomial(mean=mean - 1, dispersion=r)
    sizes = batch_sizes(Size(mean=mean, dispersion=r), N, np.random.default_rng(3))
    groups = np.floor(np.cumsum(p) * N / 50).astype(int)  # values of one number are one class
    _, classes = np.unique(groups, return_inverse=True)
    expected = N * np.bincount(classes, p)
    found = np.bincount(classes[sizes - 1], minlength=len(expected))
    some = expected >= 5
    rest = expected[~some].sum()
    value = chi_square(found[some], expected[some])
    assert is_chi_square(value, int(some.sum()))
    assert abs(found[~some].sum() - rest) <= 4.5 * math.sqrt(rest) + 1
    assert sizes.min() >= 1


@pytest.mark.parametrize(("mean", "r"), [(40.0, 3.0), (10_000.0, 0.1), (1.02, 3.0)])
def test_the_guided_search_finds_what_a_search_of_the_whole_table_does(
    mean: float, r: float
) -> None:
    """The same chances, looked up in all of the distribution function."""
    size = Size(mean=mean, dispersion=r)
    chance = np.random.default_rng(5).integers(0, 1 << 32, N, dtype=np.uint32)
    shares = np.cumsum(negative_binomial(mean=mean - 1, dispersion=r))
    upto = np.minimum(np.rint(shares * 2.0**32), 2.0**32 - 1)
    expected = np.minimum(np.searchsorted(upto, chance, side="right"), len(upto) - 1) + 1
    np.testing.assert_array_equal(batch_sizes(size, N, np.random.default_rng(5)), expected)
