"""The page's charts as pictures, for wide and narrow: they need no script."""

from dataclasses import dataclass
from typing import Final

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simlab.report import style
from simlab.report.lines import lines_over_time
from simlab.report.numbers import human_s, plural
from simlab.report.panels import Panel
from simlab.report.svg import data_uri, svg

_PX_PER_INCH: Final = 96
WIDE_IN: Final = 10.6
NARROW_IN: Final = 3.65
_MARGINS_IN: Final = {"left": 0.58, "right": 0.82, "top": 0.24, "bottom": 0.5}
"""The same for all, so that the charts' time axes stand exactly above each other."""


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A chart as a page shows it where no script runs, and on paper.

    Attributes:
        name: of what it shows, unique on a page; empty where nothing refers to it.
        title: what was found.
        alt: what the chart shows, for who cannot see it.
        wide: the image, as a `data:` address of SVG; it is for light and dark.
        narrow: for a phone.
        size_px: width and height of the wide image [CSS pixels].
    """

    name: str
    title: str
    alt: str
    wide: Markup
    narrow: Markup
    size_px: tuple[int, int]


def chart(panel: Panel) -> Chart:
    """The pictures of a panel."""
    wide, narrow = (_image(panel, width_in=width_in) for width_in in (WIDE_IN, NARROW_IN))
    return pictured(
        panel.name,
        panel.title,
        alt=f"{panel.title}. {_told(panel)}{_told_over(panel)}",
        wide=wide,
        narrow=narrow,
        height_in=panel.height_in,
    )


def pictured(name: str, title: str, *, alt: str, wide: str, narrow: str, height_in: float) -> Chart:
    """A chart of two images as SVG, `height_in` high [inches]."""
    return Chart(
        name=name,
        title=title,
        alt=alt,
        wide=data_uri(wide),
        narrow=data_uri(narrow),
        size_px=(round(WIDE_IN * _PX_PER_INCH), round(height_in * _PX_PER_INCH)),
    )


def fixed_axes(width_in: float, height_in: float) -> Axes:
    """Axes with margins that are the same for all charts of a page."""
    left, right, top, bottom = (_MARGINS_IN[side] for side in ("left", "right", "top", "bottom"))
    with style.style():
        figure = Figure(figsize=(width_in, height_in))
        figure.set_layout_engine("none")
        return figure.add_axes(
            (
                left / width_in,
                bottom / height_in,
                1 - (left + right) / width_in,
                1 - (top + bottom) / height_in,
            )
        )


def _image(panel: Panel, *, width_in: float) -> str:
    """The chart without its title, which the page writes itself."""
    ax = fixed_axes(width_in, panel.height_in)
    with style.style():
        lines_over_time(
            ax,
            panel.frame,
            {line.column: line.ink for line in panel.lines},
            signal=panel.signal,
            label=panel.axis,
            title="",
            thresholds=[limit.value for limit in panel.limits],
            incidents=panel.incidents,
            marks=panel.marks,
            ends={line.column: line.label for line in panel.lines if line.named},
            y=panel.y,
        )
    figure = ax.get_figure(root=True)
    assert figure is not None
    return svg(figure)


def _told(panel: Panel) -> str:
    time = panel.frame["time"]
    when = style.days(time[0], time[-1])
    return f"Line chart of {panel.axis} over {when}, a point every {human_s(panel.every_s)}."


def _told_over(panel: Panel) -> str:
    told = []
    if panel.incidents is not None:
        shown = panel.incidents.drop_nulls(["visible_start", "visible_end"])["lookalike"]
        told.append(f" Shaded: {plural(int((~shown).sum()), 'incident')}.")
        told.append(f" Hatched: {plural(int(shown.sum()), 'look-alike')}.")
    if panel.marks is not None:
        told.append(f" Marked: {plural(int(panel.marks['episodes'].sum()), 'alert')}.")
    return "".join(told)
