"""Stretches of time add up and are taken from each other as sets of moments are."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from simlab.workload.fit.spans import Spans, no_time

from .cases import Array

MOMENTS = np.arange(-1, 42)
intervals = st.lists(
    st.tuples(st.integers(0, 40), st.integers(1, 9)).map(lambda one: (one[0], one[0] + one[1])),
    max_size=6,
)


def joined(pairs: list[tuple[int, int]]) -> Spans:
    ends = np.array(pairs, np.int64).reshape(-1, 2)
    return Spans.joining(ends[:, 0], ends[:, 1])


def held(pairs: list[tuple[int, int]]) -> Array:
    return np.array([any(a <= moment < b for a, b in pairs) for moment in MOMENTS])


@given(intervals)
def test_joined_intervals_cover_what_any_of_them_does(pairs: list[tuple[int, int]]) -> None:
    spans = joined(pairs)
    np.testing.assert_array_equal(spans.cover(MOMENTS), held(pairs))
    assert (spans.start_us[1:] > spans.end_us[:-1]).all()


@given(intervals, intervals)
def test_what_is_without_others_covers_what_only_the_first_do(
    ones: list[tuple[int, int]], others: list[tuple[int, int]]
) -> None:
    left = joined(ones).without(joined(others))
    np.testing.assert_array_equal(left.cover(MOMENTS), held(ones) & ~held(others))


@given(intervals)
def test_the_time_before_a_moment_is_what_the_spans_have_of_it(
    pairs: list[tuple[int, int]],
) -> None:
    spans, offset = joined(pairs), 1_767_571_200_000_000
    late = Spans(spans.start_us + offset, spans.end_us + offset)
    passed = np.concatenate([[0], np.cumsum(held(pairs))[:-1]])
    np.testing.assert_allclose(late.before(MOMENTS + offset) * 1e6, passed)
    assert late.length_s * 1e6 == np.count_nonzero(held(pairs)) or max(b for _, b in pairs) > 42


def test_no_time_covers_nothing_and_takes_nothing_away() -> None:
    spans = joined([(1, 5)])
    assert not no_time().cover(MOMENTS).any()
    assert spans.without(no_time()).length_s == spans.length_s
    assert no_time().without(spans).length_s == 0
