"""What a trend shows of a value over time."""

import math

from hypothesis import given
from hypothesis import strategies as st

from simlab.report.top.news import POINTS
from simlab.report.top.trend import Trend, cells, worst


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=300), st.integers(1, 100))
def test_however_narrow_the_worst_value_is_in_the_picture(points: list[float], width: int) -> None:
    found = cells(points, width, "high")
    assert len(found) == min(width, len(points))
    assert worst(found, "high") == max(points)
    assert worst(cells(points, width, "low"), "low") == min(points)


@given(st.lists(st.tuples(st.integers(1, 20), st.floats(0, 10)), min_size=1, max_size=80))
def test_a_point_is_a_step_of_time_and_a_step_without_values_a_gap(
    told: list[tuple[int, float]],
) -> None:
    trend, now = Trend("high", step_us=10), 1000
    by_step: dict[int, list[float]] = {}
    for later, value in told:
        now += later
        trend.add(now, value)
        by_step.setdefault(now // 10, []).append(value)
    last = max(by_step)
    expected = [
        worst(by_step.get(step, [math.nan]), "high") for step in range(min(by_step), last + 1)
    ]
    found = trend.points
    assert len(found) == min(len(expected), POINTS)
    for one, other in zip(found, expected[-POINTS:], strict=True):
        assert one == other or (math.isnan(one) and math.isnan(other))


def test_a_clock_that_is_set_back_loses_no_value() -> None:
    trend = Trend("high", step_us=10)
    trend.add(1000, 1.0)
    trend.add(500, 9.0)
    assert trend.points == (9.0,)
