"""Lines over time with gaps where nothing is known, and the sentence they prove."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
from numpy.typing import NDArray

from simlab.report import style
from simlab.report.marks import end_labels, episode_strip, incidents_shaded, threshold_line
from simlab.report.numbers import plural
from simlab.report.words import with_unit

_LOG_FROM: Final = 15.0
"""How many times the lowest the highest must be for a logarithmic axis."""


def lines_over_time(
    ax: Axes,
    frame: pl.DataFrame,
    inks: Mapping[str, str],
    *,
    signal: str,
    label: str,
    title: str,
    thresholds: Sequence[float] = (),
    incidents: pl.DataFrame | None = None,
    marks: pl.DataFrame | None = None,
    ends: Mapping[str, str] | None = None,
    y: Literal["free", "from 0", "log"] = "from 0",
) -> Axes:
    """Draw columns of `frame` against its `time`, and all that lies over them.

    Args:
        ax: where.
        frame: `time` and the columns.
        inks: each column's colour.
        signal: what the values are, for the units of the ticks and thresholds.
        label: of the y axis, with its unit.
        title: what was found.
        thresholds: in the values' unit.
        incidents: to shade.
        marks: of episodes.
        ends: for columns whose line is to be named at its end, the name.
        y: where the y axis starts; "log" only where the values call for it, else from 0.
    """
    for column, ink in inks.items():
        draw_line(ax, frame["time"].to_numpy(), frame[column].to_numpy(), ink=ink, label=column)
    for threshold in thresholds:
        threshold_line(ax, threshold, f"alert at {with_unit(signal, threshold)}")
    if y == "log":
        y = _magnitudes(ax, frame.select(list(inks)).to_numpy())
    if y == "from 0":
        ax.set_ylim(bottom=0)
    ax.set_ylabel(label, parse_math=False)
    ax.set_title(title, parse_math=False)
    _time_axis(ax, frame["time"])
    _unit_ticks(ax, signal)
    incidents_shaded(ax, incidents)
    top = episode_strip(ax, marks)
    end_labels(ax, {name: _last(frame[column]) for column, name in (ends or {}).items()}, top=top)
    return ax


def draw_line(
    ax: Axes, x: NDArray[Any], y: NDArray[np.float64], *, ink: str, label: str = ""
) -> None:
    """A line that breaks at NaN, with a dot for a value that stands alone between gaps."""
    ax.plot(x, y, color=ink, label=label, clip_on=False)
    alone = _isolated(y)
    if alone.any():
        ax.plot(x[alone], y[alone], ".", color=ink, markersize=3)


def finding(
    what: str,
    frame: pl.DataFrame,
    column: str,
    *,
    signal: str,
    threshold: float | None,
    incidents: pl.DataFrame | None,
) -> str:
    """What the chart shows, as a sentence that can be counted on it.

    With incidents: in how many of those that showed a point was above the threshold, and whether
    one was elsewhere. Without: whether any point was. Without a threshold: just what is drawn.
    """
    known = frame.filter(pl.col(column).is_not_nan())
    if threshold is None or known.is_empty():
        return what
    limit = with_unit(signal, threshold)
    above = known.filter(pl.col(column) > threshold)["time"]
    if above.is_empty():
        return f"{what} never passed {limit}"
    if incidents is None or (shown := _that_showed(incidents)).is_empty():
        return f"{what} passed {limit}"
    reach = _reach(shown, frame["time"])
    within = np.array([((above >= start) & (above <= end)).to_numpy() for start, end in reach])
    inside = int(within.any(axis=1).sum())
    beside = "" if within.any(axis=0).all() else ", and outside of them"
    return f"{what} passed {limit} in {inside} of {plural(shown.height, 'incident')}{beside}"


def plain_numbers(*, scale: float = 1) -> FuncFormatter:
    """Tick labels as plain numbers, `scale` times the value, never as powers of ten."""
    return FuncFormatter(lambda value, _: f"{value * scale:g}")


def _reach(shown: pl.DataFrame, time: pl.Series) -> Iterator[tuple[datetime, datetime]]:
    """From when to when a bucket may start so that it touches an incident."""
    width = time[1] - time[0] if time.len() > 1 else timedelta()
    for start, end in shown.iter_rows():
        yield start - width, end


def _that_showed(incidents: pl.DataFrame) -> pl.DataFrame:
    shown = incidents.filter(~pl.col("lookalike")).select("visible_start", "visible_end")
    return shown.drop_nulls()


def _magnitudes(ax: Axes, values: NDArray[np.float64]) -> Literal["from 0", "log"]:
    known = values[np.isfinite(values)]
    if not known.size or known.min() <= 0 or known.max() < _LOG_FROM * known.min():
        return "from 0"
    ax.set_yscale("log")
    ax.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    ax.yaxis.set_major_formatter(plain_numbers())
    ax.yaxis.set_minor_formatter(NullFormatter())
    return "log"


def _unit_ticks(ax: Axes, signal: str) -> None:
    if signal.endswith("_ratio"):
        ax.yaxis.set_major_formatter(plain_numbers(scale=100))


def _time_axis(ax: Axes, time: pl.Series) -> None:
    if time.len():
        width = time[1] - time[0] if time.len() > 1 else timedelta()
        style.time_axis(ax, time[0], time[-1] + width)


def _isolated(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    known: NDArray[np.bool_] = np.isfinite(values)
    beside = np.zeros_like(known)
    beside[1:] |= known[:-1]
    beside[:-1] |= known[1:]
    return known & ~beside


def _last(column: pl.Series) -> float:
    known = column.drop_nulls().drop_nans()
    return float(known[-1]) if known.len() else np.nan
