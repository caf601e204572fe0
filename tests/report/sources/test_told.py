"""Counters become increases, histograms quantiles, and what is unknown stays unknown."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simlab.report.sources.quantiles import quantile
from simlab.report.sources.told import Counter, total

NAN = np.nan


@pytest.mark.parametrize(
    ("at_edge", "increase"),
    [
        ([0, 3, 3, 10], [3, 0, 7]),
        ([5, 8, 2, 4], [3, 2, 2]),  # it began anew, and had come to 2
        ([NAN, 4, 6], [NAN, 2]),  # what it had come to before is not of this time
        ([1, NAN, NAN, 5], [NAN, NAN, 4]),  # in a gap nothing is known; then all of it
        ([1, 2, NAN], [1, NAN]),
        ([NAN, NAN], [NAN]),
    ],
)
def test_a_counter_grows_from_edge_to_edge(at_edge: list[float], increase: list[float]) -> None:
    found = Counter(labels={}, at_edge=np.array(at_edge, dtype=float)).increase
    np.testing.assert_array_equal(found, increase)


def test_a_counter_that_was_not_seen_before_grew_from_its_lowest() -> None:
    at_edge, lowest = np.array([NAN, 4, 6, NAN, 9]), np.array([1.0, 4, 0, NAN])
    found = Counter(labels={}, at_edge=at_edge, lowest=lowest).increase
    np.testing.assert_array_equal(found, [3, 2, NAN, 3])


def test_a_sum_is_of_what_is_known() -> None:
    parts = [np.array([1.0, NAN, NAN]), np.array([2.0, 5.0, NAN])]
    np.testing.assert_array_equal(total(parts, size=3), [3, 5, NAN])
    assert np.isnan(total([], size=2)).all()


@given(st.lists(st.floats(0.001, 12), min_size=1, max_size=60), st.floats(0.01, 1))
def test_a_quantile_lies_in_the_bucket_that_holds_its_rank(
    values: list[float], share: float
) -> None:
    """The smallest value that is no less than that share of all has the same edges."""
    edges = [0.5, 1.0, 2.0, 5.0, 10.0, np.inf]
    upto = np.array([[sum(value <= edge for value in values)] for edge in edges], dtype=float)
    found = quantile(share, edges, upto)[0]
    ordered = sorted(values)
    exact = next(v for at, v in enumerate(ordered, start=1) if at >= share * len(ordered))
    place = np.searchsorted(edges, exact)
    assert found <= (10.0 if place == 5 else edges[place])
    assert found >= (0.0 if place == 0 else edges[place - 1])


def test_an_empty_or_unknown_histogram_has_no_quantile() -> None:
    upto = np.array([[0.0, NAN, 1.0], [0.0, NAN, 1.0]])
    np.testing.assert_array_equal(quantile(0.5, [1.0, np.inf], upto), [NAN, NAN, 0.5])
