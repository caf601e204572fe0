"""The interval of a count agrees with exact tables."""

import math

import pytest

from simlab.tuning.poisson import poisson_interval


def test_nothing_seen_may_still_be_three_and_more() -> None:
    """Exactly: the mean whose chance of none is 2.5 %, -ln 0.025."""
    low, high = poisson_interval(0)
    assert low == 0.0
    assert high == pytest.approx(-math.log(0.025), rel=1e-9)


@pytest.mark.parametrize(
    ("count", "low", "high"), [(1, 0.0253, 5.572), (5, 1.623, 11.668), (10, 4.795, 18.390)]
)
def test_it_agrees_with_the_exact_interval(count: int, low: float, high: float) -> None:
    """Pearson and Hartley's table of the exact limits."""
    assert poisson_interval(count) == pytest.approx((low, high), rel=1e-3)


def test_many_and_few_agree_where_they_meet() -> None:
    """The approximation takes over from the exact interval without a step."""
    exact, nearly = poisson_interval(200), poisson_interval(201)
    assert nearly[0] - exact[0] == pytest.approx(1.0, abs=0.1)
    assert nearly[1] - exact[1] == pytest.approx(1.0, abs=0.1)
