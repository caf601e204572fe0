"""Quantiles from the sketch are within 1 % of the exact ones, and expire by the events' time."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.random import Generator

from simlab.telemetry.sketch import LEAST, MOST, SLOT_US, Floats, Sketch

from .cases import START_US

SHARES = [0.0, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1.0]
LAW = 0.01 * (1 + 1e-9)
"""The guarantee of DDSketch with alpha = 0.01, and what floats add to it."""

DRAWS: dict[str, Callable[[Generator, int], Floats]] = {
    "pareto": lambda rng, n: 1 + rng.pareto(1, n),  # as in the paper: no mean, no variance
    "exponential": lambda rng, n: rng.exponential(1, n),
    "lognormal": lambda rng, n: rng.lognormal(0, 2, n),
    "uniform": lambda rng, n: rng.uniform(0.05, 2.5, n),
    "two peaks": lambda rng, n: np.where(rng.random(n) < 0.5, 0.01, 100) * rng.uniform(0.9, 1, n),
    "constant": lambda rng, n: np.full(n, 0.35),
    "span": lambda rng, n: 10 ** rng.uniform(-6, 9, n),  # 15 decades
    "microseconds": lambda rng, n: rng.integers(1, 10**7, n) / 1e6,
    "half zero": lambda rng, n: np.where(rng.random(n) < 0.5, 0, rng.exponential(1, n)),
    "bases": lambda rng, n: np.power(
        1.01 / 0.99, rng.integers(-600, 900, n).astype(float)
    ),  # on buckets' edges
}


def exact(values: Floats, share: float) -> float:
    """The value that floor(q (n - 1)) others come before."""
    return float(np.sort(values)[math.floor(share * (len(values) - 1))])


@pytest.mark.parametrize("size", [1, 2, 10, 100, 1_000, 100_000])
@pytest.mark.parametrize("name", DRAWS)
def test_every_quantile_is_within_one_percent(name: str, size: int) -> None:
    values = DRAWS[name](np.random.default_rng(size), size)
    times_us = START_US + np.sort(np.random.default_rng(1).integers(0, 600 * 10**6, size))
    sketch = Sketch()
    for start in range(0, size, 777):
        sketch.add(times_us[start : start + 777], values[start : start + 777])
    told = sketch.quantiles(SHARES, START_US + 599 * 10**6)
    for share, value in zip(SHARES, told, strict=True):
        right = exact(values, share)
        assert abs(value - right) <= LAW * right


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 400), st.floats(LEAST, MOST)), min_size=1, max_size=200),
    st.integers(0, 1000),
    st.sampled_from(SHARES),
)
def test_the_window_is_the_sixty_ten_seconds_up_to_now(
    steps: list[tuple[int, float]], later_s: int, share: float
) -> None:
    """Whatever gaps there are, be it hours, between values and after the last."""
    times_us = START_US + np.cumsum([gap_s for gap_s, _ in steps]) * 10**6
    values = np.array([value for _, value in steps])
    sketch = Sketch()
    for chunk in np.array_split(np.arange(len(steps)), 3):
        sketch.add(times_us[chunk], values[chunk])
    now_us = int(times_us[-1]) + later_s * 10**6
    within = values[times_us // SLOT_US > now_us // SLOT_US - 60]
    [told] = sketch.quantiles([share], now_us)
    if len(within):
        right = exact(within, share)
        assert abs(told - right) <= LAW * right
    else:
        assert math.isnan(told)


def test_under_a_microsecond_is_told_as_0_and_the_largest_as_within_reach() -> None:
    sketch = Sketch()
    sketch.add(np.full(3, START_US), np.array([0.0, 1e-9, MOST]))
    low, middle, high = sketch.quantiles([0, 0.5, 1], START_US)
    assert (low, middle) == (0.0, 0.0)
    assert high == pytest.approx(MOST, rel=LAW)


def test_what_comes_late_counts_where_its_time_still_is() -> None:
    sketch = Sketch()
    sketch.add(np.array([START_US + 100 * 10**6]), np.array([1.0]))
    sketch.add(np.array([START_US, START_US - 600 * 10**6]), np.array([4.0, 9.0]))
    told = sketch.quantiles([0.0, 1.0], START_US + 100 * 10**6)
    assert told == pytest.approx([1.0, 4.0], rel=LAW)


def test_it_takes_the_same_memory_whatever_comes() -> None:
    """A million values over a day: counts of fixed shape, under half a megabyte."""
    sketch, rng = Sketch(), np.random.default_rng(3)
    for hour in range(24):
        times_us = START_US + np.sort(rng.integers(0, 3600 * 10**6, 40_000)) + hour * 3600 * 10**6
        sketch.add(times_us, rng.lognormal(0, 3, 40_000))
    assert sketch._counts.nbytes < 500_000
    assert sketch._counts.shape == Sketch()._counts.shape
