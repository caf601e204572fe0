"""Lately against before: the direction, the words, and a line that breaks where nothing is known."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from simlab.report.numbers import number
from simlab.report.trend import SPARK_SIZE, trend

from .cases import DAY


def _frame(values: list[float]) -> pl.DataFrame:
    time = [DAY + timedelta(minutes=nth) for nth in range(len(values))]
    return pl.DataFrame({"time": time, "x": values}, schema_overrides={"x": pl.Float64})


@pytest.mark.parametrize(
    ("lately", "direction"), [(1.09, "steady"), (1.2, "up"), (0.5, "down"), (0.91, "steady")]
)
def test_the_direction_is_that_of_the_last_tenth(lately: float, direction: str) -> None:
    found = trend(_frame([1.0] * 18 + [lately] * 2), "x", number, every_s=60)
    assert found is not None
    assert found.direction == direction
    assert found.words == f"{number(lately)} in the last 2 min, 1 before"


def test_a_spike_before_moves_no_median() -> None:
    found = trend(_frame([1.0] * 9 + [100.0] + [1.0] * 10), "x", number, every_s=60)
    assert found is not None
    assert found.direction == "steady"


def test_too_little_is_no_trend() -> None:
    nan = float("nan")
    assert trend(None, "x", number, every_s=60) is None
    assert trend(_frame([1.0] * 9), "x", number, every_s=60) is None
    assert trend(_frame([1.0] * 18 + [nan] * 2), "x", number, every_s=60) is None


def test_the_line_breaks_at_gaps_and_stays_in_its_box() -> None:
    values = np.linspace(1, 5, 30)
    values[10:12] = np.nan
    found = trend(_frame(values.tolist()), "x", number, every_s=60)
    assert found is not None
    assert [len(part.split()) for part in found.spark] == [10, 18]
    points = [tuple(map(float, p.split(","))) for part in found.spark for p in part.split()]
    assert all(0 <= x <= SPARK_SIZE[0] and 0 <= y <= SPARK_SIZE[1] for x, y in points)
    assert points[0][1] > points[-1][1]
