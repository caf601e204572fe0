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
"""What is as strong as it gets: one cell in a hundred may be beyond."""


def heat_chart(heat: Heat, names: Mapping[int, str]) -> Chart:
    """The pictures of a grid; `names` are the warehouses' by their ids."""
    height_in = max(1.4, _MARGINS_IN + _ROW_IN * len(heat.warehouses))
    wide, narrow = (_image(heat, width_in, height_in) for width_in in (WIDE_IN, NARROW_IN))
    return pictured(
        heat.name, heat.title, alt=_alt(heat, names), wide=wide, narrow=narrow, height_in=height_in
    )


def top_of(heat: Heat) -> float:
    """The value from which on the colour stays the same; above 0."""
    known = heat.value[np.isfinite(heat.value)]
    if not known.size:
        return 1.0
    return float(np.quantile(known, TOP_QUANTILE)) or float(known.max()) or 1.0


def _image(heat: Heat, width_in: float, height_in: float) -> str:
    ax = fixed_axes(width_in, height_in)
    first, last = heat.start[0], heat.start[-1] + timedelta(seconds=heat.every_s)
    with style.style():
        ax.imshow(
            heat.value,
            cmap=MAP,
            vmin=0,
            vmax=top_of(heat),
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
    ends = [with_unit(heat.signal, value) for value in (0.0, top_of(heat))]
    strip.set_yticks([0, 1], [ends[0], f"≥ {ends[1]}"])
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
