"""Charts over time: functions from frames to matplotlib axes, of their own or yours.

All share four optional arguments: a line is drawn at `threshold`; `incidents` (of the schema
`INCIDENTS`) are shaded, look-alikes hatched; `marks` (from `view.episode_marks`) are set on strips
along the top; `ax` is where to draw. A title states what was found where that can be counted.
"""

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from numpy.typing import NDArray

from simlab.report import style
from simlab.report.lines import finding, lines_over_time
from simlab.report.view import envelope
from simlab.report.words import axis_label


def latency_over_time(
    frame: pl.DataFrame,
    *,
    threshold: float | None = None,
    incidents: pl.DataFrame | None = None,
    marks: pl.DataFrame | None = None,
    ax: Axes | None = None,
) -> Axes:
    """P50, P95 and P99 of the duration [s] over time; `threshold` is on the duration [s].

    `frame` has `time`, `p50`, `p95` and `p99`, as `view.rows_over_time` gives them.
    """
    title = finding(
        "P99", frame, "p99", signal="duration", threshold=threshold, incidents=incidents
    )
    with style.style():
        return lines_over_time(
            ax or style.new_axes(),
            frame,
            style.QUANTILES,
            signal="duration",
            label="batch duration [s]",
            title=title,
            thresholds=_some(threshold),
            incidents=incidents,
            marks=marks,
            ends={"p50": "P50", "p95": "P95", "p99": "P99"},
            y="log",
        )


def error_ratio_over_time(
    frame: pl.DataFrame,
    *,
    threshold: float | None = None,
    incidents: pl.DataFrame | None = None,
    marks: pl.DataFrame | None = None,
    ax: Axes | None = None,
) -> Axes:
    """The share of the last 100 finished batches that failed [%]; `threshold` is a ratio.

    `frame` has `time` and `error_ratio`, as `view.rows_over_time` gives them.
    """
    title = finding(
        "The error ratio",
        frame,
        "error_ratio",
        signal="error_ratio",
        threshold=threshold,
        incidents=incidents,
    )
    with style.style():
        return lines_over_time(
            ax or style.new_axes(),
            frame,
            {"error_ratio": style.LINE},
            signal="error_ratio",
            label="failed of last 100 [%]",
            title=title,
            thresholds=_some(threshold),
            incidents=incidents,
            marks=marks,
        )


def load_over_time(
    frame: pl.DataFrame,
    *,
    incidents: pl.DataFrame | None = None,
    marks: pl.DataFrame | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Attempts a minute over time, and how many of them failed and were tried again.

    `frame` has `time`, `per_minute`, `retries_per_minute`, as `view.rows_over_time` gives them.
    """
    with style.style():
        return lines_over_time(
            ax or style.new_axes(),
            frame,
            {"per_minute": style.LINE, "retries_per_minute": style.SOFT},
            signal="value",
            label="attempts [1/min]",
            title="Load, and retries in it",
            incidents=incidents,
            marks=marks,
            ends={"per_minute": "all", "retries_per_minute": "retries"},
        )


def cpu_over_time(
    frame: pl.DataFrame,
    *,
    threshold: float | None = None,
    incidents: pl.DataFrame | None = None,
    marks: pl.DataFrame | None = None,
    ax: Axes | None = None,
) -> Axes:
    """CPU use [%] over time, the mean and, paler, the highest; `threshold` is in percent.

    `frame` has `time`, `cpu_percent` and `cpu_percent_max`, as `view.samples_over_time` gives
    them.
    """
    title = finding(
        "CPU",
        frame,
        "cpu_percent_max",
        signal="cpu_percent",
        threshold=threshold,
        incidents=incidents,
    )
    with style.style():
        return lines_over_time(
            ax or style.new_axes(),
            frame,
            {"cpu_percent_max": style.SOFT, "cpu_percent": style.LINE},
            signal="cpu_percent",
            label="CPU [%]",
            title=title,
            thresholds=_some(threshold),
            incidents=incidents,
            marks=marks,
            ends={"cpu_percent_max": "max", "cpu_percent": "mean"},
        )


def memory_over_time(
    frame: pl.DataFrame,
    *,
    threshold: float | None = None,
    incidents: pl.DataFrame | None = None,
    marks: pl.DataFrame | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Memory in use [MB] over time; `threshold` is in MB.

    `frame` has `time` and `mem_usage_mb`, as `view.samples_over_time` gives them.
    """
    with style.style():
        return lines_over_time(
            ax or style.new_axes(),
            frame,
            {"mem_usage_mb": style.LINE},
            signal="mem_usage_mb",
            label="memory [MB]",
            title="Memory",
            thresholds=_some(threshold),
            incidents=incidents,
            marks=marks,
        )


def resources_over_time(
    frame: pl.DataFrame,
    *,
    cpu_threshold: float | None = None,
    incidents: pl.DataFrame | None = None,
    marks: pl.DataFrame | None = None,
    axes: tuple[Axes, Axes] | None = None,
) -> tuple[Axes, Axes]:
    """CPU above memory on one time axis, drawn on `axes` in that order.

    `frame` is as `view.samples_over_time` gives it; `cpu_threshold` [%] and `marks` are the CPU
    rule's.
    """
    cpu_ax, memory_ax = axes or style.new_axes_pair()
    cpu_over_time(frame, threshold=cpu_threshold, incidents=incidents, marks=marks, ax=cpu_ax)
    memory_over_time(frame, incidents=incidents, ax=memory_ax)
    cpu_ax.set_xlabel("")
    return cpu_ax, memory_ax


def values_over_time(
    frame: pl.DataFrame,
    *,
    threshold: float | None = None,
    incidents: pl.DataFrame | None = None,
    marks: pl.DataFrame | None = None,
    ax: Axes | None = None,
) -> Axes:
    """A plain series over time: its mean between its lowest and highest; in its own unit.

    `frame` has `time`, `low`, `mean` and `high`, as `view.values_over_time` gives them.
    """
    with style.style():
        return lines_over_time(
            ax or style.new_axes(),
            frame,
            {"low": style.SOFT, "high": style.SOFT, "mean": style.LINE},
            signal="value",
            label="value",
            y="free",
            title="Value: the mean, and the range it moved in",
            thresholds=_some(threshold),
            incidents=incidents,
            marks=marks,
        )


def signal_with_threshold(
    time_us: NDArray[np.int64],
    value: NDArray[np.float64],
    *,
    signal: str,
    threshold: float,
    incidents: pl.DataFrame | None = None,
    marks: pl.DataFrame | None = None,
    ax: Axes | None = None,
) -> Axes:
    """What a rule sees, and the line it draws.

    A long signal is thinned to the lowest and highest value of 600 stretches, so that every
    crossing is still there.

    Args:
        time_us: when [µs since 1970 UTC], ascending.
        value: the rule's signal, windowed; NaN where undefined.
        signal: its name, for the unit.
        threshold: the rule's, in the signal's unit.
        incidents: to shade.
        marks: of the rule's episodes.
        ax: where to draw.
    """
    kept_us, kept = envelope(time_us, value)
    frame = pl.DataFrame({"time": kept_us, "value": kept}).with_columns(
        pl.col("time").cast(pl.Datetime("us", "UTC"))
    )
    title = finding(signal, frame, "value", signal=signal, threshold=threshold, incidents=incidents)
    with style.style():
        return lines_over_time(
            ax or style.new_axes(),
            frame,
            {"value": style.LINE},
            signal=signal,
            label=axis_label(signal),
            y="free",
            title=title,
            thresholds=(threshold,),
            incidents=incidents,
            marks=marks,
        )


def _some(threshold: float | None) -> tuple[float, ...]:
    return () if threshold is None else (threshold,)
