"""The distribution is the data's, and the front is what no other point beats."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.collections import PathCollection

from simlab.report import curves, fronts


def test_the_curve_gives_the_share_that_took_at_least_as_long() -> None:
    durations = np.random.default_rng(5).lognormal(size=3000)
    (line,) = curves.latency_distribution(durations).lines
    for x, share in np.asarray(line.get_xydata())[::20]:
        assert share == pytest.approx(np.mean(durations >= x))
    assert line.get_xdata()[-1] == durations.max()  # type: ignore[index]  # an array


def test_thresholds_are_marked_with_the_share_beyond_them() -> None:
    ax = curves.latency_distribution(np.array([1.0, 2, 3, 4]), thresholds={"slow": 2.0})
    assert [text.get_text() for text in ax.texts] == ["slow at 2 s:\n50 % took longer"]
    assert ax.get_xlabel().endswith("[s]")


def test_durations_that_are_no_positive_numbers_are_left_out() -> None:
    (line,) = curves.latency_distribution(np.array([np.nan, -1, 0, 3.0])).lines
    assert np.asarray(line.get_xdata()).tolist() == [3.0]


def test_no_durations_draw_an_empty_chart() -> None:
    (line,) = curves.latency_distribution(np.array([]), thresholds={"slow": 2.0}).lines[:1]
    assert np.asarray(line.get_xdata()).size == 0


_POINT = st.tuples(st.integers(0, 6), st.integers(0, 4))


@settings(deadline=None, max_examples=50)  # each draws a chart
@given(st.lists(_POINT, min_size=1, max_size=12))
def test_the_front_holds_exactly_what_no_other_point_beats(points: list[tuple[int, int]]) -> None:
    frame = pl.DataFrame(
        {
            "false_alarms_per_day": [float(alarms) for alarms, _ in points],
            "recall": [caught / 4 for _, caught in points],
        }
    )
    ax = fronts.front(frame)
    (dots,) = [dots for dots in ax.collections if isinstance(dots, PathCollection)]
    drawn = {(x, y) for x, y in np.asarray(dots.get_offsets())}
    beaten = {
        (a, r / 4)
        for a, r in points
        if any((b <= a and s >= r) and (b, s) != (a, r) for b, s in points)
    }
    assert drawn == {(a, r / 4) for a, r in points} - beaten


def test_the_strategys_point_and_the_chosen_one_are_named() -> None:
    frame = pl.DataFrame({"false_alarms_per_day": [0.0, 1.0], "recall": [0.5, 1.0]})
    ax = fronts.front(frame, before=(4.0, 0.5), after=(1.0, 1.0))
    assert [text.get_text() for text in ax.texts] == ["strategy", "chosen"]
    assert ax.get_xlabel() == "false alarms [1/day]"
    undefined = fronts.front(frame, before=(4.0, float("nan")))
    assert not undefined.texts
