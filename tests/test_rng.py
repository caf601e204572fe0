"""A stream is the same for the same seed, name and index, and independent of all others."""

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simlab.rng import VariatesById, stream, uniforms

KEYS = st.tuples(st.integers(0, 2**70), st.text(max_size=9), st.integers(0, 2**31))


@given(KEYS)
def test_a_stream_is_the_same_each_time(key: tuple[int, str, int]) -> None:
    np.testing.assert_array_equal(stream(*key).random(5), stream(*key).random(5))


def test_streams_that_differ_in_anything_differ() -> None:
    keys = list(itertools.product((0, 1, 2**40), ("a", "b", "service.1", "service.2"), range(20)))
    draws = {stream(*key).integers(2**62) for key in keys}
    assert len(draws) == len(keys)


@pytest.mark.parametrize(("one", "other"), [((7, "a", 0), (7, "b", 0)), ((7, "a", 0), (7, "a", 1))])
def test_neighbouring_streams_are_not_correlated(
    one: tuple[int, str, int], other: tuple[int, str, int]
) -> None:
    n = 20_000
    r = np.corrcoef(stream(*one).standard_normal(n), stream(*other).standard_normal(n))[0, 1]
    assert abs(r) < 4.5 / np.sqrt(n)


def test_names_in_use_have_keys_of_their_own() -> None:
    parts = ["arrivals.place", "arrivals.peak", "arrivals.count", "arrivals.extra", "batch.size",
             "arrivals.spread", "warehouse_id", "warehouse.speed", "sample.cpu", "sample.mem"]  # fmt: skip
    numbered = [
        f"{name}.{i}" for name in ("service", "outcome", "error_type") for i in range(1, 11)
    ]
    troubles = [f"{name}.{i}" for name in ("incident", "lookalike") for i in range(200)]
    names = [*parts, *numbered, *troubles]
    assert len({stream(1, name).integers(2**62) for name in names}) == len(names)


N = 20_000


def erlang(shape: int) -> Callable[[Any], Any]:
    """A gamma of whole shape: 1 - exp(-x) * sum of x^k / k!, k below the shape."""
    return lambda x: 1 - np.exp(-x) * sum(x**k / math.factorial(k) for k in range(shape))


def normal(x: Any) -> Any:
    return (1 + np.vectorize(math.erf)(x / math.sqrt(2))) / 2


def distance(drawn: Any, cdf: Callable[[Any], Any]) -> float:
    """The greatest gap between a sample's distribution and the one declared."""
    inner, n = np.asarray(cdf(np.sort(drawn))), len(drawn)
    above = np.arange(1, n + 1) / n - inner
    return float(max(above.max(), (1 / n - above).max()))


def distance_of_two(one: Any, other: Any) -> float:
    """The greatest gap between two samples' distributions."""
    both = np.concatenate([one, other])
    shares = [
        np.searchsorted(np.sort(each), both, side="right") / len(each) for each in (one, other)
    ]
    return float(np.abs(shares[0] - shares[1]).max())


LIMIT = 1.95 / math.sqrt(N)
"""The distance that one sample in a thousand exceeds (Kolmogorov 1933)."""
IDS = [np.arange(N), np.arange(1, N + 1) * 1_000_003, np.arange(N) + 2**60, np.arange(N) << 32]


@pytest.mark.parametrize("ids", IDS, ids=["in a row", "far apart", "great", "high bits"])
def test_uniforms_are_uniform_whatever_the_ids(ids: Any) -> None:
    drawn = uniforms(7, "outcome.2", ids)
    assert drawn.min() > 0
    assert drawn.max() < 1
    assert distance(drawn, lambda u: u) < LIMIT
    finer = np.mod(drawn * 2**20, 1)  # their low digits pick error types
    assert distance(finer, lambda u: u) < LIMIT


@pytest.mark.parametrize("ids", IDS, ids=["in a row", "far apart", "great", "high bits"])
@pytest.mark.parametrize("lag", [1, 2, 7])
def test_uniforms_of_neighbouring_ids_are_not_correlated(ids: Any, lag: int) -> None:
    drawn = uniforms(7, "outcome.2", ids)
    assert abs(np.corrcoef(drawn[lag:], drawn[:-lag])[0, 1]) < 4.5 / math.sqrt(N)


@pytest.mark.parametrize("other", [(8, "outcome.2"), (7, "outcome.3"), (7, "service.2")])
def test_uniforms_of_another_seed_or_name_are_not_correlated(other: tuple[int, str]) -> None:
    ids = np.arange(N)
    one, another = uniforms(7, "outcome.2", ids), uniforms(*other, ids)
    assert abs(np.corrcoef(one, another)[0, 1]) < 4.5 / math.sqrt(N)
    assert not np.isin(one, another).any()


def variates(ids: Any) -> VariatesById:
    return VariatesById(7, "service.2", ids)


DRAWS: dict[str, Callable[[VariatesById, int], Any]] = {
    "uniform": VariatesById.random,
    "normal": VariatesById.standard_normal,
    "exponential": VariatesById.standard_exponential,
    "gamma 0.3": lambda v, n: v.standard_gamma(0.3, n),
    "gamma 1": lambda v, n: v.standard_gamma(1.0, n),
    "gamma 7.5": lambda v, n: v.standard_gamma(7.5, n),
}


@given(st.lists(st.integers(0, 2**62), max_size=30), st.sampled_from(list(DRAWS)))
def test_what_an_id_gets_hangs_on_no_other_id_nor_on_their_order(ids: list[int], how: str) -> None:
    drawn = DRAWS[how](variates(np.array(ids, np.int64)), len(ids))
    alone = [DRAWS[how](variates(np.array([each])), 1)[0] for each in ids]
    np.testing.assert_array_equal(drawn, alone)


KNOWN: list[tuple[str, Callable[[Any], Any]]] = [
    ("uniform", lambda u: u),
    ("normal", normal),
    ("exponential", lambda x: 1 - np.exp(-x)),
    ("gamma 1", erlang(1)),
]


@pytest.mark.parametrize(("how", "cdf"), KNOWN)
def test_variates_by_id_have_their_distribution(how: str, cdf: Callable[[Any], Any]) -> None:
    assert distance(DRAWS[how](variates(np.arange(N)), N), cdf) < LIMIT


@pytest.mark.parametrize("shape", [2, 5, 40])
def test_gammas_of_whole_shape_are_sums_of_exponentials(shape: int) -> None:
    assert distance(variates(np.arange(N)).standard_gamma(shape, N), erlang(shape)) < LIMIT


@pytest.mark.parametrize("shape", [0.05, 0.3, 0.99, 1.01, 7.5, 1_000.5])
def test_gammas_of_any_shape_are_those_of_numpy(shape: float) -> None:
    drawn = variates(np.arange(N)).standard_gamma(shape, N)
    other = np.random.default_rng(3).standard_gamma(shape, N)
    assert distance_of_two(drawn, other) < LIMIT * math.sqrt(2)
    assert abs(drawn.mean() - shape) < 4.5 * math.sqrt(shape / N)
