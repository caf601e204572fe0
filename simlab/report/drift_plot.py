"""How far logs are from their reference, quantity by quantity, as a picture."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes

from simlab.report import style
from simlab.report.numbers import plural
from simlab.tuning.drift import Drift, Judged

_LOOKS: Final[dict[str, dict[str, Any]]] = {
    "alike": {"marker": "o", "color": style.CAUGHT},
    "near": {"marker": "s", "color": style.LOOKALIKE},
    "drifted": {"marker": "D", "color": style.FALSE_ALARM},
}


def drift_distances(found: Drift, *, ax: Axes | None = None) -> Axes:
    """Each quantity's distance with its interval, as a multiple of what chance rarely exceeds.

    At 1 is what two samples of one workload exceed once in 1,000.

    Args:
        found: as `simlab.drift` gives it.
        ax: where to draw.
    """
    shown = [each for each in found.quantities if each.apart.rare > 0][::-1]
    with style.style():
        ax = ax or style.new_axes(width_in=8, height_in=1.1 + 0.3 * max(len(shown), 1))
        for place, each in enumerate(shown):
            _drawn(ax, place, each)
        ax.axvline(1, color=style.THRESHOLD, linestyle=(0, (5, 3)), linewidth=1.1)
        ax.set_yticks(
            np.arange(len(shown)), [each.apart.quantity.replace("_", " ") for each in shown]
        )
        ax.set_xlim(left=0)
        ax.margins(x=0.15, y=0.08)
        ax.grid(visible=False, axis="y")
        ax.set_xlabel("distance, in multiples of what chance exceeds once in 1,000", loc="right")
        ax.set_title(_finding(shown))
        return ax


def _drawn(ax: Axes, place: int, each: Judged) -> None:
    apart = each.apart
    low, at, high = (abs(value) / apart.rare for value in (apart.low, apart.distance, apart.high))
    low, high = min(low, high), max(low, high)
    ax.plot([low, high], [place, place], color=style.MUTED, linewidth=1.2, zorder=1)
    ax.scatter(at, place, s=34, zorder=2, **_LOOKS[each.verdict])
    ax.annotate(
        each.verdict, xy=(max(at, high), place), xytext=(6, 0), textcoords="offset points",
        va="center", fontsize=7.5, color=style.INK,
    )  # fmt: skip


def _finding(shown: Sequence[Judged]) -> str:
    names = [each.apart.quantity.replace("_", " ") for each in shown if each.verdict == "drifted"]
    count = plural(len(shown), "quantity").replace("quantitys", "quantities")
    if not names:
        return f"None of {count} has drifted"
    return f"{len(names)} of {count} drifted: {', '.join(names[::-1][:4])}"
