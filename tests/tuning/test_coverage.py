"""Time covered by intervals is what a count of seconds finds."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from simlab.tuning.coverage import covered_s, uncovered_before

S = 1_000_000
intervals_s = st.lists(st.tuples(st.integers(-5, 30), st.integers(0, 9)), max_size=8)
LATE_US = 1_767_571_200 * S  # 2026: a date that a float of microseconds must not blur


def _covered(intervals: list[tuple[int, int]], second: int) -> bool:
    return any(start <= second < start + length for start, length in intervals)


@given(intervals_s, st.integers(0, 10), st.integers(1, 15))
def test_overlapping_intervals_are_counted_once(
    intervals: list[tuple[int, int]], first: int, length: int
) -> None:
    start = LATE_US + S * np.array([low for low, _ in intervals], dtype=np.int64)
    end = start + S * np.array([long for _, long in intervals], dtype=np.int64)
    from_us, until_us = LATE_US + first * S, LATE_US + (first + length) * S
    seconds = range(first, first + length)
    assert covered_s(start, end, from_us=from_us, until_us=until_us) == sum(
        _covered(intervals, second) for second in seconds
    )
    before = uncovered_before(start, end, from_us=from_us, until_us=until_us)
    moments = np.arange(-8, 45)
    np.testing.assert_allclose(
        before(LATE_US + S * moments),
        [
            sum(not _covered(intervals, second) for second in seconds if second < moment)
            for moment in moments
        ],
        atol=1e-9,
    )


def test_no_interval_covers_nothing() -> None:
    none = np.empty(0, dtype=np.int64)
    assert covered_s(none, none, from_us=0, until_us=S) == 0
    assert uncovered_before(none, none, from_us=0, until_us=S)(np.array([S])) == 1
