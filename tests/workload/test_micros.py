"""Times in whole microseconds are those of numpy's rounding."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from simlab.workload.micros import whole_us

LONGEST_S = 142 * 365.25 * 86_400


@given(st.lists(st.floats(0, LONGEST_S), max_size=20))
def test_any_time_is_rounded_as_numpy_does(times_s: list[float]) -> None:
    given_s = np.array(times_s)
    np.testing.assert_array_equal(whole_us(given_s), np.rint(given_s * 1e6).astype(np.int64))
    np.testing.assert_array_equal(given_s, times_s)


@given(st.lists(st.integers(0, 2**50), max_size=20))
def test_ties_go_to_the_even_one(halves: list[int]) -> None:
    """Halves of a microsecond that the multiplication leaves as they are."""
    times_s = (np.array(halves, np.float64) + 0.5) / 1e6
    np.testing.assert_array_equal(whole_us(times_s), np.rint(times_s * 1e6).astype(np.int64))


def test_small_ties_are_what_they_should_be() -> None:
    halves = np.array([0.5, 1.5, 2.5, 3.5]) * 1e-6
    assert (halves * 1e6).tolist() == [0.5, 1.5, 2.5, 3.5]
    assert whole_us(halves).tolist() == [0, 2, 2, 4]


def test_the_whole_range_is_met() -> None:
    """From 0 to the last number below 2^52 us, and through all the exponents between."""
    times_s = np.concatenate([[0.0, 5e-324], 2.0 ** np.arange(-60, 32), [(2**52 - 1) / 1e6]])
    np.testing.assert_array_equal(whole_us(times_s), np.rint(times_s * 1e6).astype(np.int64))
