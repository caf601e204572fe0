"""The bill's charts with titles that say what they show, for where no page writes them."""

from collections.abc import Iterator

from matplotlib.axes import Axes

from simlab.bench.bill import Bill
from simlab.bench.parts import PartsBill
from simlab.bench.study import AGAIN, BASE
from simlab.report import style
from simlab.report.bill import plots
from simlab.report.numbers import number, percent

_EXAMPLE_PER_S = 100
_ABOVE_LEGEND = {1: 26, 2: 40}
"""The room [points] that a legend of so many lines takes above the axes."""


def costs(bill: Bill, *, ax: Axes | None = None) -> Axes:
    """What an event costs each stack; see `plots.costs`."""
    told = ", ".join(_compared(bill))
    title = f"An event's CPU time against {BASE}: {told}" if told else "No difference can be seen"
    return _titled(plots.costs(bill, ax=ax), title, pad=_ABOVE_LEGEND[1])


def at_rates(bill: Bill, *, ax: Axes | None = None) -> Axes:
    """What share of a core telemetry takes at each rate; see `plots.at_rates`."""
    told = [
        f"{line.stack} {percent(line.figures['cpu_ns'].value * _EXAMPLE_PER_S / 1e9)}"
        for line in bill.lines
        if line.stack in (BASE, "default")
    ]
    title = f"At {_EXAMPLE_PER_S} events a second: {', '.join(told)} of a core"
    return _titled(plots.at_rates(bill, ax=ax), title, pad=_ABOVE_LEGEND[2])


def parts(bill: PartsBill, *, ax: Axes | None = None) -> Axes:
    """What each part of the default stack adds; see `plots.parts`."""
    most = max(bill.parts, key=lambda part: part.cpu_ns.value)
    whole, part = bill.whole_ns.value, most.cpu_ns.value
    title = f"The {most.part} costs most: {percent(part / whole)} of the default stack's CPU time"
    return _titled(plots.parts(bill, ax=ax), title, pad=10)


def _compared(bill: Bill) -> Iterator[str]:
    for line in bill.lines:
        ratio = line.ratios.get("cpu")
        seen = ratio is not None and ratio.verdict != "no difference" and line.stack != AGAIN
        if ratio is not None and seen and line.stack != "off":
            yield f"{line.stack} {number(ratio.times.value)} times"


def _titled(ax: Axes, title: str, *, pad: float) -> Axes:
    with style.style():
        ax.set_title(title, pad=pad)
    return ax
