"""The bill as charts: functions from figures to matplotlib axes, of their own or yours."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import NullFormatter

from simlab.bench.bill import Bill, Line
from simlab.bench.chance import Estimate
from simlab.bench.parts import PartsBill
from simlab.bench.study import AGAIN
from simlab.report import style

_ASPECTS: Final = (
    ("called_mean_ns", "caller, tight loop", "o", style.LINE),
    ("cpu_ns", "CPU of all threads", "s", style.CAUGHT),
    ("paced_mean_ns", "caller, paced", "D", style.THRESHOLD),
)
_INKS: Final = (
    style.THRESHOLD, style.LINE, style.CAUGHT, style.FALSE_ALARM, style.INCIDENT, style.LOOKALIKE,
    style.QUANTILES["p99"], style.MUTED,
)  # fmt: skip
_RATES: Final = np.geomspace(1, 10_000, 50)


def costs(bill: Bill, *, ax: Axes | None = None) -> Axes:
    """What an event costs each stack [µs], by three clocks, with 95 % intervals.

    A stack without a cost that can be seen has no mark.
    """
    lines = _stacks(bill)
    with style.style():
        ax = ax or style.new_axes(height_in=_height_in(len(lines)))
        for shift, (name, label, marker, ink) in zip((0.22, 0.0, -0.22), _ASPECTS, strict=True):
            shown = [(y, line.figures[name]) for y, line in enumerate(reversed(lines))]
            seen = [(y + shift, told) for y, told in shown if told.value > 0 and told.low > 0]
            _marks(ax, seen, unit=1e3, marker=marker, ink=ink, label=label)
        ax.set_xscale("log")
        _decades(ax.xaxis)
        _named(ax, [line.stack for line in reversed(lines)], "an event [µs]")
        _legend(ax, 3)
    return ax


def parts(bill: PartsBill, *, ax: Axes | None = None) -> Axes:
    """What each part adds to an event [ns of CPU], with 95 % intervals; the noise floor shaded."""
    shown = [(part.part, part.cpu_ns) for part in bill.parts]
    shown += [("parts together", bill.together_ns), ("all at once", bill.whole_ns)]
    shown.reverse()
    with style.style():
        ax = ax or style.new_axes(height_in=_height_in(len(shown)))
        sums = {"parts together", "all at once"}
        inks = [style.LOOKALIKE if name in sums else style.SOFT for name, _ in shown]
        ax.barh(range(len(shown)), [told.value for _, told in shown], height=0.6, color=inks)
        ax.axvspan(-bill.floor_ns, bill.floor_ns, color=style.GRID, zorder=0.5)
        places = [(float(y), told) for y, (_, told) in enumerate(shown)]
        _marks(ax, places, unit=1.0, marker="o", ink=style.INK, label="")
        _named(ax, [name for name, _ in shown], "CPU an event [ns]; grey: what chance does")
    return ax


def at_rates(bill: Bill, *, ax: Axes | None = None) -> Axes:
    """The share of a core [%] that telemetry takes by the events a second."""
    lines = [line for line in _stacks(bill) if line.figures["cpu_ns"].low > 0]
    with style.style():
        ax = ax or style.new_axes(height_in=3.4)
        for nth, line in enumerate(lines):
            told, ink = line.figures["cpu_ns"], _INKS[nth % len(_INKS)]
            ax.fill_between(
                _RATES, _share(told.low), _share(told.high), color=ink, alpha=0.25, linewidth=0
            )
            style_ = "-" if nth < len(_INKS) else "--"
            ax.plot(_RATES, _share(told.value), style_, color=ink, label=line.stack)
        ax.set_xscale("log")
        ax.set_yscale("log")
        _decades(ax.xaxis)
        _decades(ax.yaxis)
        ax.set_xlabel("events a second", loc="right")
        ax.set_ylabel("share of a core [%]")
        _legend(ax, 4)
    return ax


def _share(cpu_ns: float) -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]]":
    return _RATES * cpu_ns / 1e9 * 100


def _marks(
    ax: Axes,
    places: Sequence[tuple[float, Estimate]],
    *,
    unit: float,
    marker: str,
    ink: str,
    label: str,
) -> None:
    ax.errorbar(
        [told.value / unit for _, told in places],
        [y for y, _ in places],
        xerr=[told.half / unit for _, told in places],
        fmt=marker,
        color=ink,
        markersize=4,
        elinewidth=1.2,
        capsize=2,
        label=label,
    )


def _named(ax: Axes, names: Sequence[str], xlabel: str) -> None:
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(-0.6, len(names) - 0.4)
    ax.grid(visible=False, axis="y")
    ax.set_xlabel(xlabel, loc="right")


def _decades(axis: Axis) -> None:
    """Plain numbers at whole powers of ten, and none between."""
    axis.set_major_formatter("{x:g}")
    axis.set_minor_formatter(NullFormatter())


def _legend(ax: Axes, columns: int) -> None:
    """Above the axes; where these are narrow, from the left edge of the figure."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    narrow = figure.get_size_inches()[0] < 5
    ax.legend(
        loc="lower left", bbox_to_anchor=(-0.62 if narrow else -0.02, 1.0), frameon=False, ncols=2 if narrow else columns,
        borderaxespad=0.1, columnspacing=1.0, handlelength=1.2,
    )  # fmt: skip


def _stacks(bill: Bill) -> list[Line]:
    return [line for line in bill.lines if line.stack != AGAIN]


def _height_in(rows: int) -> float:
    return 0.7 + 0.34 * rows
