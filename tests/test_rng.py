"""A stream is the same for the same seed, name and index, and independent of all others."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simlab.rng import stream

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
