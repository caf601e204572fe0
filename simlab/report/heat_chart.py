"""The grid of warehouses against time as pictures."""

from collections.abc import Mapping
from datetime import timedelta

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import date2num

from simlab.report import style
from simlab.report.charts import NARROW_IN, WIDE_IN, Chart, fixed_axes, pictured
from simlab.report.heat import Heat
from simlab.report.inert import visible
from simlab.report.numbers import human_s, plural
from simlab.report.svg import svg
from simlab.report.words import with_unit

_ROW_IN = 0.085
_MARGINS_IN = 0.74
_TEXT_IN = 0.14
MAP = "cividis"
"""Reads in grey and for the colour-blind, on light and on dark."""
TOP_QUANTILE = 0.99
"""The share of cells that are below what is as strong as it gets."""


def heat_chart(heat: Heat, names: Mapping[int, str]) -> Chart:
    """The pictures of a grid; `names` are the warehouses' by their ids."""
    height_in = max(1.4, _MARGINS_IN + _ROW_IN * len(heat.warehouses))
    wide, narrow = (_image(heat, width_in, height_in) for width_in in (WIDE_IN, NARROW_IN))
    return pictured(
        heat.name, heat.title, alt=_alt(heat, names), wide=wide, narrow=narrow, height_in=height_in
    )


def ends_of(heat: Heat) -> tuple[float, float]:
    """Below and above which values the colour stays the same; the second is above the first.

    A share begins at 0. Of durations one cell in a hundred may be beyond each end.
    """
    known = heat.value[np.isfinite(heat.value)]
    if not known.size:
        return 0.0, 1.0
    shares = (1 - TOP_QUANTILE, TOP_QUANTILE)
    low, high = (float(end) for end in np.quantile(known, shares))
    low = 0.0 if heat.signal.endswith("_ratio") else low
    return low, high if high > low else float(known.max()) if known.max() > low else low + 1.0


def _image(heat: Heat, width_in: float, height_in: float) -> str:
    ax, (low, high) = fixed_axes(width_in, height_in), ends_of(heat)
    first, last = heat.start[0], heat.start[-1] + timedelta(seconds=heat.every_s)
    with style.style():
        ax.imshow(
            heat.value,
            cmap=MAP,
            vmin=low,
            vmax=high,
            aspect="auto",
            interpolation="nearest",
            extent=(date2num(first), date2num(last), len(heat.warehouses) - 0.5, -0.5),
        )
        style.time_axis(ax, first, last)
        ax.grid(visible=False)
        _named(ax, heat)
        _scale(ax, heat)
    figure = ax.get_figure(root=True)
    assert figure is not None
    return svg(figure)


def _named(ax: Axes, heat: Heat) -> None:
    """Every warehouse's id on the axis, or each of some, as far as there is room."""
    step = max(1, -(-len(heat.warehouses) // max(1, int(_rows_in(ax) / _TEXT_IN))))
    places = range(0, len(heat.warehouses), step)
    ax.set_yticks(list(places), [str(heat.warehouses[place]) for place in places])
    ax.set_ylabel("warehouse, busiest first", parse_math=False)


def _rows_in(ax: Axes) -> float:
    figure = ax.get_figure(root=True)
    assert figure is not None
    return float(ax.get_position().height * figure.get_size_inches()[1])


def _scale(ax: Axes, heat: Heat) -> None:
    """Which colour is which value, as a strip beside the grid."""
    strip = ax.inset_axes((1.012, 0, 0.012, 1))
    strip.imshow(np.linspace(1, 0, 64)[:, None], cmap=MAP, aspect="auto", extent=(0, 1, 0, 1))
    strip.set_xticks([])
    low, high = ends_of(heat)
    at_most = f"{'≤ ' if low else ''}{with_unit(heat.signal, low)}"
    strip.set_yticks([0, 1], [at_most, f"≥ {with_unit(heat.signal, high)}"])
    strip.yaxis.tick_right()
    strip.grid(visible=False)


def _alt(heat: Heat, names: Mapping[int, str]) -> str:
    """What the grid shows, and its worst cell."""
    told = f"{heat.title}: {plural(len(heat.warehouses), 'warehouse')}, "
    told += f"a cell every {human_s(heat.every_s)}."
    if not np.isfinite(heat.value).any():
        return told
    row, column = np.unravel_index(int(np.nanargmax(heat.value)), heat.value.shape)
    warehouse_id = heat.warehouses[int(row)]
    name = visible(f"{warehouse_id} {names.get(warehouse_id, '')}".strip(), most=60)
    worst = with_unit(heat.signal, float(heat.value[row, column]))
    return f"{told} Highest: {worst}, warehouse {name}, {heat.start[int(column)]:%Y-%m-%d %H:%M}."
