"""What is drawn over a signal: incidents, look-alikes, thresholds, episodes, direct labels."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.dates import date2num
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from numpy.typing import NDArray

from simlab.report import style
from simlab.report.inert import visible

_STRIP_SHARE: Final = 0.11
"""How much of the axes' height the strip of one rule's episodes takes."""

_MOST_STRIP: Final = 0.6
_POINTS_APART: Final = 0.3

_FILLS: Final[dict[bool, dict[str, Any]]] = {
    False: {"facecolor": style.INCIDENT, "alpha": 0.24, "zorder": 0.5},
    # An alpha would fade the hatch too, so there is no face at all.
    True: {"facecolor": "none", "edgecolor": style.LOOKALIKE, "hatch": "////", "zorder": 0.6},
}
"""By whether the label is a look-alike."""

EPISODE_LOOKS: Final[dict[bool | None, dict[str, Any]]] = {
    True: {"marker": "^", "color": style.CAUGHT, "s": 26, "linewidths": 0},
    False: {"marker": "x", "color": style.FALSE_ALARM, "s": 17, "linewidths": 1.2},
    None: {"marker": "d", "color": style.INK, "s": 16, "linewidths": 0},
}
"""By whether the episode began in an incident; None where there is no truth to tell by."""


def incidents_shaded(ax: Axes, incidents: pl.DataFrame | None, *, named: bool = True) -> None:
    """Shade each incident over the time its effect was visible; hatch look-alikes in grey.

    With `named` kinds are written above the axes where there is room; set the time limits first.
    """
    if incidents is None:
        return
    shown = incidents.drop_nulls(["visible_start", "visible_end"]).sort("visible_start")
    for lookalike in (False, True):
        _spans(ax, shown.filter(pl.col("lookalike") == lookalike), **_FILLS[lookalike])
    if named:
        _kinds_above(ax, shown)


def threshold_line(ax: Axes, value: float, label: str) -> None:
    """A dashed line across at `value`, labelled at its left end."""
    ax.axhline(value, color=style.THRESHOLD, linestyle=(0, (5, 3)), linewidth=1.1, zorder=3)
    ax.annotate(
        label,
        xy=(0, value),
        xycoords=ax.get_yaxis_transform(),
        xytext=(4, 2),
        textcoords="offset points",
        color=style.THRESHOLD,
        fontsize=7.5,
        zorder=4,
    )


def episode_strip(ax: Axes, marks: pl.DataFrame | None) -> float:
    """One row of marks a rule along the top, room made for them: call it when all is drawn.

    Gives how high up the axes what is below the strip may reach, 0 to 1.

    A triangle is an episode that began in an incident, a cross a false alarm, a diamond one that
    nothing is known about.

    Args:
        ax: where.
        marks: `rule`, `time`, `caught`, as `view.episode_marks` gives them.
    """
    if marks is None or marks.is_empty():
        return 1.0
    rules = marks["rule"].unique(maintain_order=True).to_list()
    share = min(_STRIP_SHARE * len(rules), _MOST_STRIP)
    _make_room(ax, share=share)
    for nth, rule in enumerate(rules):
        height = 1 - share * (nth + 0.5) / len(rules)
        _strip_row(ax, marks.filter(pl.col("rule") == rule), height=height)
    return 1 - share


def end_labels(ax: Axes, ends: Mapping[str, float], *, top: float = 1.0) -> None:
    """Name each line to the right of its last value, names kept apart and below `top`."""
    to_axes = ax.transData + ax.transAxes.inverted()
    wanted = {
        name: float(to_axes.transform((0, value))[1])
        for name, value in ends.items()
        if np.isfinite(value)
    }
    for name, height in _apart(wanted, gap=0.1, top=top - 0.05).items():
        _beside(ax, height, name)


def _beside(ax: Axes, height: float, text: str) -> None:
    """Text in the right margin, `height` of the axes up."""
    ax.annotate(
        text,
        xy=(1, height),
        xycoords="axes fraction",
        xytext=(6, 0),
        textcoords="offset points",
        color=style.INK,
        fontsize=7.5,
        va="center",
        annotation_clip=False,
    )


def _apart(heights: Mapping[str, float], *, gap: float, top: float) -> dict[str, float]:
    """The same order, each at least `gap` above the one below it, the highest at most at `top`."""
    names = sorted(heights, key=lambda name: heights[name])
    placed = np.array([heights[name] for name in names])
    steps = gap * np.arange(len(names))
    up = np.maximum.accumulate(placed - steps) + steps
    down = np.minimum(up, top - steps[::-1])
    return dict(zip(names, down.tolist(), strict=True))


def _spans(ax: Axes, shown: pl.DataFrame, **look: Any) -> None:
    """One shape for all, from the bottom of the axes to the top: small however many there are."""
    starts, ends = (_days(shown[name]) for name in ("visible_start", "visible_end"))
    low, high = ax.get_xlim()
    starts, ends = _joined(starts, ends, gap=(high - low) * _POINTS_APART / _width_points(ax))
    corners = np.stack([starts, starts, ends, ends, starts], axis=1)
    heights = np.broadcast_to([0.0, 1.0, 1.0, 0.0, 0.0], corners.shape)
    codes = np.tile(
        [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY], len(starts)
    )
    path = Path(np.stack([corners.ravel(), heights.ravel()], axis=1), codes.astype(np.uint8))
    ax.add_patch(PathPatch(path, transform=ax.get_xaxis_transform(), linewidth=0, **look))


def _joined(
    starts: NDArray[np.float64], ends: NDArray[np.float64], *, gap: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Those that overlap, or that no one could tell apart, as one; `starts` ascend."""
    if not starts.size:
        return starts, ends
    reach = np.maximum.accumulate(ends)
    begins = np.append(True, starts[1:] > reach[:-1] + gap)
    return starts[begins], reach[np.append(np.flatnonzero(begins)[1:] - 1, starts.size - 1)]


def _days(moments: pl.Series) -> NDArray[np.float64]:
    """As matplotlib counts time."""
    stamps = moments.to_numpy().astype("datetime64[us]")
    return np.asarray(date2num(stamps), dtype=np.float64)


def _kinds_above(ax: Axes, shown: pl.DataFrame) -> None:
    taken = 0.0
    for row in shown.iter_rows(named=True):
        text = visible(row["kind"].replace("_", " "), most=24)
        width = len(text) * 4.4 / _width_points(ax)
        left = min(_across(ax, row["visible_start"]), 1 - width)
        if left >= taken:
            _above(ax, left, text)
            taken = left + width + 0.01


def _above(ax: Axes, left: float, text: str) -> None:
    ax.annotate(
        text,
        xy=(left, 1),
        xycoords="axes fraction",
        xytext=(0, 2),
        textcoords="offset points",
        color=style.MUTED,
        fontsize=7,
        annotation_clip=False,
    )


def _across(ax: Axes, when: datetime) -> float:
    """Where a moment lies from the left end of the axes, 0, to the right, 1."""
    low, high = ax.get_xlim()
    return float((date2num(when) - low) / (high - low))


def _width_points(ax: Axes) -> float:
    figure = ax.get_figure(root=True)
    assert figure is not None
    return float(ax.get_position().width * figure.get_size_inches()[0] * 72)


def _make_room(ax: Axes, *, share: float) -> None:
    """Raise the upper limit until what was the whole height is all but `share` of it."""
    scale = ax.yaxis.get_transform()
    low, high = scale.transform(np.array(ax.get_ylim()))
    top = low + (high - low) / (1 - share)
    ax.set_ylim(top=float(scale.inverted().transform(np.array([top]))[0]))


def _strip_row(ax: Axes, marks: pl.DataFrame, *, height: float) -> None:
    across = ax.get_xaxis_transform()
    for caught, look in EPISODE_LOOKS.items():
        times = marks.filter(pl.col("caught").eq_missing(caught))["time"].to_numpy()
        if times.size:
            heights = np.full(times.size, height)
            ax.scatter(times, heights, transform=across, zorder=5, **look)
    _beside(ax, height, visible(marks["rule"][0], most=14))
