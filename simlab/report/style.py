"""One look for all charts: few inks, told apart in grey and by the colour-blind; time in UTC.

The hues are Okabe and Ito's, darkened or lightened until they read on white and in grey.
Charts are drawn on `matplotlib.figure.Figure` itself: no window system, no current figure.
"""

from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from matplotlib.figure import Figure

INK: Final = "#1f2430"
MUTED: Final = "#5b6473"
GRID: Final = "#e3e6eb"
QUANTILES: Final = {"p50": "#8dbce0", "p95": "#2f7fc1", "p99": "#0b3c6f"}
LINE: Final = "#2e7ab8"
SOFT: Final = "#a9cbe6"
THRESHOLD: Final = "#c8470c"
INCIDENT: Final = "#e69f00"
LOOKALIKE: Final = "#8b93a1"
CAUGHT: Final = "#00785b"
FALSE_ALARM: Final = "#b4306b"

DARK: Final = {
    INK: "#e6e9ef",
    MUTED: "#a4adbb",
    GRID: "#2d3440",
    QUANTILES["p50"]: "#44739c",
    QUANTILES["p95"]: "#5ea6e2",
    QUANTILES["p99"]: "#cfe6fa",
    LINE: "#6aaee6",
    SOFT: "#3c5f7e",
    THRESHOLD: "#ff8f52",
    INCIDENT: "#f0b429",
    LOOKALIKE: "#8b94a4",
    CAUGHT: "#3fcf9f",
    FALSE_ALARM: "#ff7eb2",
}
"""What each ink becomes on a dark ground."""

RC: Final[Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": GRID,
    "axes.grid": True,
    "axes.labelcolor": MUTED,
    "axes.labelsize": 8.5,
    "axes.spines.left": False,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titlepad": 10,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "figure.constrained_layout.use": True,
    "figure.facecolor": "white",  # a notebook may be dark; the page takes it away
    "axes.facecolor": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 8.5,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "hatch.linewidth": 0.6,
    "lines.linewidth": 1.3,
    "lines.solid_joinstyle": "round",
    "svg.fonttype": "none",
    "svg.hashsalt": "simlab",
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": GRID,
    "xtick.labelcolor": MUTED,
    "ytick.color": GRID,
    "ytick.labelcolor": MUTED,
    "ytick.major.size": 0,
    "ytick.minor.size": 0,
}


def style() -> AbstractContextManager[None]:
    """The look, for as long as the `with` block lasts: make axes and plots inside it."""
    return mpl.rc_context(RC)


def new_axes(*, width_in: float = 9.6, height_in: float = 2.8) -> Axes:
    """Axes on a figure of their own, of that size [inches]."""
    with style():
        return Figure(figsize=(width_in, height_in)).subplots()


def new_axes_pair(*, width_in: float = 9.6, height_in: float = 4.2) -> tuple[Axes, Axes]:
    """Two axes, one above the other, that share their x axis."""
    with style():
        upper, lower = Figure(figsize=(width_in, height_in)).subplots(2, sharex=True)
        return upper, lower


def time_axis(ax: Axes, first: datetime, last: datetime) -> None:
    """Make the x axis UTC from `first` to `last`, labelled fit for minutes up to months."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    # With at least 2 and up to 5 or more there is a step for every span: matplotlib warns else.
    width_in = figure.get_size_inches()[0] * ax.get_position().width
    ticks = max(5, int(width_in * 1.42))
    locator = AutoDateLocator(tz="UTC", minticks=2, maxticks=ticks)
    formatter = ConciseDateFormatter(
        locator,
        tz="UTC",
        formats=["%Y", "%b", "%d %b", "%H:%M", "%H:%M", "%H:%M:%S"],
        zero_formats=["", "%Y", "%b", "%d %b", "%H:%M", "%H:%M"],
        show_offset=False,
    )
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(formatter)
    if first < last:
        ax.set_xlim(date2num(first), date2num(last))
    ax.set_xlabel(f"{days(first, last)}, UTC", loc="right")


def days(first: datetime, last: datetime) -> str:
    """The day, or the first and the last of the days, that an interval touches.

    >>> from datetime import UTC
    >>> days(datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 1, 6, tzinfo=UTC))
    '5 Jan 2026'
    """
    end = max(first, last - timedelta(microseconds=1))
    if first.date() == end.date():
        return f"{first.day} {first:%b %Y}"
    year = "" if first.year == end.year else f" {first.year}"
    return f"{first.day} {first:%b}{year} to {end.day} {end:%b %Y}"
