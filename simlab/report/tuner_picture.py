"""The tuner's picture: what never changes is drawn once, and what does over a copy of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

import numpy as np
import polars as pl
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray
from PIL import Image

from simlab.alerts.rule import Rule
from simlab.report import style
from simlab.report.fronts import alarm_axis
from simlab.report.tuner_episodes import Begun, Signal
from simlab.report.tuner_panel import Panel, Scale, parts_named

DPI: Final = 100
COLOURS: Final = 96
_WIDTH_IN: Final = 10.6
_PANEL_IN: Final = 1.5
_MARGINS_IN: Final = {"top": 0.4, "bottom": 0.72}
_SIDES: Final = {"left": 0.062, "right": 0.975, "hspace": 0.42, "wspace": 0.17}
KEY: Final = (
    "\N{BLACK UP-POINTING TRIANGLE} fires in an incident     "
    "\N{MULTIPLICATION X} false alarm     shaded: incident     hatched: look-alike"
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Shown:
    """What the picture shows of a setting of all rules.

    Attributes:
        rules: as they are set.
        signals: what each is judged by, thinned: times [µs since 1970] and values.
        begun: when each fires.
        here: false alarms a day and recall where thresholds are chosen.
        unseen: the same on the rest.
    """

    rules: Sequence[Rule]
    signals: Sequence[Signal]
    begun: Sequence[Begun]
    here: tuple[float, float]
    unseen: tuple[float, float]


@dataclass(frozen=True, kw_only=True, eq=False)
class Ground:
    """What stays as it is whatever is set.

    Attributes:
        rules: as given.
        scales: how much room each rule's values need.
        span: when the data begin and end [µs since 1970].
        unseen_us: from when on the choice did not see them [µs since 1970].
        incidents: the truth; None where there is none.
        front: false alarms a day and recall of what nothing betters, a row each.
        given: those of the rules as given.
    """

    rules: Sequence[Rule]
    scales: Sequence[Scale]
    span: tuple[int, int]
    unseen_us: int
    incidents: pl.DataFrame | None
    front: NDArray[np.float64]
    given: tuple[float, float]


class Picture:
    """Panels, one a rule, beside the front.

    Args:
        ground: what stays as it is.
    """

    def __init__(self, ground: Ground) -> None:
        with style.style():
            count = len(ground.rules)
            height_in = max(2, count) * _PANEL_IN + sum(_MARGINS_IN.values())
            figure = Figure(figsize=(_WIDTH_IN, height_in), dpi=DPI)
            figure.set_layout_engine("none")
            grid = figure.add_gridspec(
                count, 2, width_ratios=[2.3, 1], top=1 - _MARGINS_IN["top"] / height_in,
                bottom=_MARGINS_IN["bottom"] / height_in, **_SIDES,
            )  # fmt: skip
            if ground.incidents is not None:
                figure.text(_SIDES["left"], 0.09 / height_in, KEY, fontsize=8, color=style.MUTED)
            self._panels = [
                Panel(
                    figure.add_subplot(grid[row, 0]), rule, scale=ground.scales[row],
                    span=ground.span, unseen_us=ground.unseen_us, incidents=ground.incidents,
                )
                for row, rule in enumerate(ground.rules)
            ]  # fmt: skip
            lowest = figure.axes[-1]
            parts_named(lowest, ground.unseen_us)
            for ax in figure.axes[:-1]:
                ax.tick_params(labelbottom=False)
                ax.set_xlabel("")
            self._points = _Points(figure.add_subplot(grid[: min(2, count), 1]), ground)
            self._canvas = FigureCanvasAgg(figure)
            self._canvas.draw()
            self._below = self._canvas.copy_from_bbox(figure.bbox)

    def png(self, shown: Shown) -> bytes:
        """The picture of a setting."""
        for panel, rule, signal, begun in zip(
            self._panels, shown.rules, shown.signals, shown.begun, strict=True
        ):
            panel.turn(rule, signal, begun)
        self._points.turn(shown.here, shown.unseen)
        with style.style():
            self._canvas.restore_region(self._below)
            for ax, artist in [*(m for p in self._panels for m in p.moving), *self._points.moving]:
                ax.draw_artist(artist)
        return _png(self._canvas)


class _Points:
    """The front, with the point where the rules are, and where they are on unseen data."""

    def __init__(self, ax: Axes, ground: Ground) -> None:
        self._ax = ax
        alarms, recall = ground.front.T
        ax.step(alarms, recall, where="post", color=style.SOFT, zorder=1)
        ax.scatter(alarms, recall, s=9, color=style.LINE, zorder=2)
        alarm_axis(ax, [*alarms.tolist(), ground.given[0]])
        ax.set_ylim(-0.04, 1.14)
        ax.yaxis.set_major_formatter(PercentFormatter(1, symbol=""))
        ax.set_xlabel("false alarms [1/day]")
        ax.set_ylabel("incidents caught [%]")
        told = "What false alarms can buy"
        ax.set_title(told if alarms.size else "No labels: nothing to catch", fontsize=9)
        self._named: list[Artist] = []
        _named(ax, ground.given, "given", marker="s", s=42, color=style.THRESHOLD)
        looks: Mapping[str, dict[str, Any]] = {
            "here": {"marker": "o", "s": 70, "color": style.CAUGHT},
            "on unseen data": {
                "marker": "D", "s": 58, "facecolors": "white", "edgecolors": style.FALSE_ALARM,
                "linewidths": 1.6,
            },
        }  # fmt: skip
        self._dots = [
            ax.scatter([], [], animated=True, zorder=5, **look) for look in looks.values()
        ]
        self._names = [
            ax.annotate(
                name, xy=(0, 0), xytext=shift, textcoords="offset points", animated=True,
                fontsize=8, color=style.INK, zorder=6,
            )
            for name, shift in zip(looks, ((8, 6), (8, -14)), strict=True)
        ]  # fmt: skip

    @property
    def moving(self) -> list[tuple[Axes, Artist]]:
        """What is drawn anew, in order; what is undefined is left out."""
        return [
            (self._ax, artist)
            for pair in zip(self._dots, self._names, strict=True)
            if np.isfinite(np.asarray(pair[0].get_offsets(), dtype=np.float64)).all()
            for artist in pair
        ]

    def turn(self, *points: tuple[float, float]) -> None:
        """Set where the points are; the upper one's name goes above it."""
        upper = max(recall for _, recall in points)
        for dot, name, point in zip(self._dots, self._names, points, strict=True):
            dot.set_offsets([point])
            name.xy = point
            late = self._ax.transData.transform((point[0], 0))[0] > self._ax.bbox.x1 - 90
            name.set_horizontalalignment("right" if late else "left")
            name.set_position((-8 if late else 8, 6 if point[1] == upper else -14))


def _named(ax: Axes, where: tuple[float, float], name: str, **look: Any) -> None:
    if np.isfinite(where).all():
        ax.scatter(*where, zorder=4, **look)
        ax.annotate(
            name, xy=where, xytext=(0, 7), textcoords="offset points", ha="center",
            fontsize=8, color=style.INK,
        )  # fmt: skip


def _png(canvas: FigureCanvasAgg) -> bytes:
    pixels = np.ascontiguousarray(np.asarray(canvas.buffer_rgba())[..., :3])
    # A palette makes it a third as large, and quicker to write.
    few = Image.fromarray(pixels).quantize(
        COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE
    )
    made = BytesIO()
    few.save(made, "png", compress_level=4)
    return made.getvalue()
