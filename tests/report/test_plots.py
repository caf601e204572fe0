"""Charts draw the numbers given, say their units, and claim only what can be counted."""

import numpy as np
import polars as pl
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.dates import date2num
from matplotlib.patches import PathPatch
from matplotlib.text import Annotation

from simlab.dataset.schema import Dataset
from simlab.report import plots, style, view
from simlab.tuning.backtest import Backtest

from .cases import DAY_US, at, incident, labels, timestamps

HOUR = 3600


def _frame(**columns: list[float]) -> pl.DataFrame:
    count = len(next(iter(columns.values())))
    floats = {name: np.array(column, dtype=float) for name, column in columns.items()}
    return pl.DataFrame(
        {"time": timestamps(DAY_US + np.arange(count) * HOUR * 1_000_000), **floats}
    )


def _line(ax: Axes, name: str) -> np.ndarray:
    (line,) = [line for line in ax.lines if line.get_label() == name]
    return np.asarray(line.get_ydata(), dtype=float)


def _days(hours: float) -> float:
    return float(date2num(at(hours)))


def _texts(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


def test_latency_lines_carry_the_quantiles(trouble: Dataset) -> None:
    frame = view.rows_over_time(trouble.rows, every_s=HOUR)
    ax = plots.latency_over_time(frame, threshold=2.0)
    for name in ("p50", "p95", "p99"):
        np.testing.assert_array_equal(_line(ax, name), frame[name])
    assert ax.get_ylabel() == "batch duration [s]"
    assert {"P50", "P95", "P99", "alert at 2 s"} <= set(_texts(ax))


def test_the_threshold_line_lies_at_the_threshold() -> None:
    ax = plots.error_ratio_over_time(_frame(error_ratio=[0.01, 0.08, 0.02]), threshold=0.05)
    assert [0.05, 0.05] in [np.asarray(line.get_ydata()).tolist() for line in ax.lines]
    assert ax.yaxis.get_major_formatter()(0.05, 0) == "5"
    assert "[%]" in ax.get_ylabel()


def test_resources_stand_above_each_other_with_units(trouble: Dataset) -> None:
    assert trouble.samples is not None
    frame = view.samples_over_time(trouble.samples, every_s=HOUR)
    cpu, memory = plots.resources_over_time(frame, cpu_threshold=85)
    np.testing.assert_array_equal(_line(cpu, "cpu_percent"), frame["cpu_percent"])
    np.testing.assert_array_equal(_line(memory, "mem_usage_mb"), frame["mem_usage_mb"])
    assert (cpu.get_ylabel(), memory.get_ylabel()) == ("CPU [%]", "memory [MB]")
    assert memory.get_ylim()[0] == 0
    assert cpu.figure is memory.figure


def test_load_and_values_are_drawn_as_given() -> None:
    load = plots.load_over_time(_frame(per_minute=[3, 4.0], retries_per_minute=[0, 1.0]))
    assert _line(load, "retries_per_minute").tolist() == [0, 1]
    values = plots.values_over_time(
        _frame(low=[1.0, 2], mean=[2.0, 3], high=[4.0, 5]), threshold=4.5
    )
    assert _line(values, "high").tolist() == [4, 5]


def test_a_value_between_two_gaps_is_still_seen() -> None:
    ax = plots.load_over_time(
        _frame(per_minute=[1.0, np.nan, 5, np.nan], retries_per_minute=[0, 0, 0, 0.0])
    )
    dots = [line for line in ax.lines if line.get_marker() == "."]
    assert [np.asarray(line.get_ydata()).tolist() for line in dots] == [[1, 5]]


def test_incidents_are_shaded_from_visible_start_to_visible_end_and_named() -> None:
    truth = labels(
        incident("a", "error_burst", 2, 3),
        incident("b", "load_peak", 5, 7, lookalike=True),
    )
    ax = plots.load_over_time(
        _frame(per_minute=[1.0] * 12, retries_per_minute=[0.0] * 12), incidents=truth
    )
    plain, hatched = [patch for patch in ax.patches if isinstance(patch, PathPatch)]
    for patch, start, end in ((plain, 2, 3), (hatched, 5, 7)):
        x = np.asarray(patch.get_path().vertices)[:, 0]
        assert (x.min(), x.max()) == pytest.approx((_days(start), _days(end)))
    assert hatched.get_hatch()
    assert not plain.get_hatch()
    assert {"error burst", "load peak"} <= set(_texts(ax))


def test_names_of_incidents_are_left_out_where_they_would_overlap() -> None:
    truth = labels(*[incident(f"i{k}", "latency_spike", k / 10, k / 10 + 0.05) for k in range(200)])
    ax = plots.load_over_time(
        _frame(per_minute=[1.0] * 24, retries_per_minute=[0.0] * 24), incidents=truth
    )
    assert 3 < _texts(ax).count("latency spike") < 20


def test_episodes_differ_by_shape_as_well_as_by_colour(judged: Backtest) -> None:
    marks = view.episode_marks(judged.episodes, every_s=HOUR, truth_known=True)
    slow = marks.filter(pl.col("rule") == "slow_batch")
    frame = _frame(p50=[1.0] * 24, p95=[1.0] * 24, p99=[1.0] * 24)
    ax = plots.latency_over_time(frame, marks=slow)
    caught, false = [dots for dots in ax.collections if isinstance(dots, PathCollection)]
    assert np.shape(caught.get_offsets())[0] == slow["caught"].sum()
    assert np.shape(false.get_offsets())[0] == (~slow["caught"]).sum()
    triangle, cross = (np.asarray(dots.get_paths()[0].vertices) for dots in (caught, false))
    assert not np.array_equal(triangle, cross)
    assert "slow_batch" in _texts(ax)


def test_marks_get_room_above_the_lines(judged: Backtest) -> None:
    marks = view.episode_marks(judged.episodes, every_s=HOUR, truth_known=True)
    frame = _frame(p50=[1.0] * 24, p95=[10.0] * 24, p99=[100.0] * 24)
    ax = plots.latency_over_time(frame, marks=marks)
    top_of_lines = ax.transLimits.transform(ax.transScale.transform((0, 100)))[1]
    assert top_of_lines < 1 - 0.1 * marks["rule"].n_unique()


@pytest.mark.parametrize(
    ("ratios", "title"),
    [
        ([0.0, 0.2, 0.0, 0.0, 0.0, 0.0], "The error ratio passed 5 % in 1 of 2 incidents"),
        (
            [0.0, 0.2, 0.0, 0.0, 0.2, 0.0],
            "The error ratio passed 5 % in 1 of 2 incidents, and outside of them",
        ),
        ([0.05] * 6, "The error ratio never passed 5 %"),
        ([np.nan] * 6, "The error ratio"),
    ],
)
def test_a_title_counts_the_incidents_in_which_the_line_was_passed(
    ratios: list[float], title: str
) -> None:
    truth = labels(
        incident("a", "x", 1.2, 1.6),
        incident("b", "x", 2.5, 3.4),
        incident("peak", "x", 4, 5, lookalike=True),
    )
    ax = plots.error_ratio_over_time(_frame(error_ratio=ratios), threshold=0.05, incidents=truth)
    assert ax.get_title(loc="left") == title


def test_without_truth_a_title_tells_only_that_the_line_was_passed() -> None:
    ax = plots.error_ratio_over_time(_frame(error_ratio=[0.01, 0.08]), threshold=0.05)
    assert ax.get_title(loc="left") == "The error ratio passed 5 %"


def test_a_long_signal_is_thinned_and_keeps_its_peak() -> None:
    time_us = DAY_US + np.arange(100_000) * 1_000_000
    value = np.zeros(100_000)
    value[77_777] = 9.5
    ax = plots.signal_with_threshold(time_us, value, signal="duration", threshold=2.0)
    drawn = _line(ax, "value")
    assert drawn.size <= 1200
    assert drawn.max() == 9.5
    assert ax.get_ylabel() == "duration [s]"


def test_text_from_data_is_no_formula() -> None:
    truth = labels(incident("a", r"$\frac{", 0, 1), incident("b", "a$b$c", 1, 2))
    ax = plots.load_over_time(
        _frame(per_minute=[1.0, 1], retries_per_minute=[0.0, 0]), incidents=truth
    )
    assert not any(text.get_parse_math() for text in ax.texts)


def test_charts_are_drawn_on_the_axes_given() -> None:
    mine = style.new_axes()
    frame = _frame(error_ratio=[0.1, 0.2])
    assert plots.error_ratio_over_time(frame, ax=mine) is mine


def test_values_over_many_magnitudes_get_a_logarithmic_axis_and_zero_does_not() -> None:
    wide = _frame(p50=[0.1] * 3, p95=[1.0] * 3, p99=[50.0] * 3)
    assert plots.latency_over_time(wide).get_yscale() == "log"
    zero = _frame(p50=[0.0] * 3, p95=[1.0] * 3, p99=[50.0] * 3)
    assert plots.latency_over_time(zero).get_yscale() == "linear"


def test_a_threshold_far_above_the_data_is_still_on_the_chart() -> None:
    ax = plots.error_ratio_over_time(_frame(error_ratio=[0.0, 0.001]), threshold=0.05)
    assert ax.get_ylim()[1] > 0.05


def test_names_at_the_lines_ends_keep_apart_and_out_of_the_strip(judged: Backtest) -> None:
    marks = view.episode_marks(judged.episodes, every_s=HOUR, truth_known=True)
    slow = marks.filter(pl.col("rule") == "slow_batch")
    frame = _frame(p50=[3.0] * 24, p95=[3.0] * 24, p99=[3.0] * 24)
    ax = plots.latency_over_time(frame, marks=slow)
    names = ("P50", "P95", "P99", "slow_batch")
    beside = [text for text in ax.texts if text.get_text() in names]
    heights = sorted(text.xy[1] for text in beside if isinstance(text, Annotation))
    assert len(heights) == len(names)
    assert np.diff(heights).min() >= 0.0999


def test_every_chart_that_is_promised_is_there() -> None:
    for name in plots.__all__:
        assert callable(getattr(plots, name)), name
    assert set(plots.__all__) <= set(dir(plots))
    with pytest.raises(AttributeError, match="no attribute 'pie'"):
        plots.__getattr__("pie")
