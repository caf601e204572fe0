"""What rules could do at best: recall for each rate of false alarms."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullLocator, PercentFormatter

from simlab.report import style
from simlab.report.lines import plain_numbers
from simlab.report.numbers import per_day, percent

_WIDE_FROM: Final = 50.0
"""From so many false alarms a day on they are shown by magnitudes."""


def front(
    points: pl.DataFrame,
    *,
    before: tuple[float, float] | None = None,
    after: tuple[float, float] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """What rules can reach at best: recall [%] against false alarms a day.

    Args:
        points: `false_alarms_per_day` and `recall` (0 to 1) of combinations; only those that no
            other beats in both are drawn.
        before: the strategy's false alarms a day and recall.
        after: those of the combination chosen.
        ax: where to draw.
    """
    best = _undominated(points)
    with style.style():
        ax = ax or style.new_axes(width_in=6, height_in=3.4)
        alarms, recall = best["false_alarms_per_day"].to_numpy(), best["recall"].to_numpy()
        ax.step(alarms, recall, where="post", color=style.SOFT, zorder=1)
        ax.scatter(alarms, recall, s=12, color=style.LINE, zorder=2)
        _point(ax, before, "strategy", marker="s", color=style.THRESHOLD)
        _point(ax, after, "chosen", marker="o", color=style.CAUGHT)
        ax.set_xlabel("false alarms [1/day]")
        ax.set_ylabel("incidents caught [%]")
        ax.yaxis.set_major_formatter(PercentFormatter(1, symbol=""))
        ax.set_ylim(-0.03, 1.08)
        alarm_axis(ax, [*alarms.tolist(), *(each[0] for each in (before, after) if each)])
        ax.set_title(_bought(before, after))
        return ax


def alarm_axis(ax: Axes, alarms: Sequence[float]) -> None:
    """The x axis of false alarms a day: linear, or by magnitudes where they span several.

    Args:
        ax: whose axis.
        alarms: what must have room; what is not finite is left out.
    """
    most = max([1.0, *(value for value in alarms if np.isfinite(value))])
    if most <= _WIDE_FROM:
        ax.set_xlim(-0.03 * most, 1.1 * most)
        return
    ax.set_xscale("symlog", linthresh=0.1, linscale=0.5)
    decades = range(-1, int(np.ceil(np.log10(most))) + 1)
    ax.xaxis.set_major_locator(FixedLocator([0.0, *(10.0**power for power in decades)]))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(plain_numbers())
    ax.set_xlim(-0.02, most * 2.2)


def _bought(before: tuple[float, float] | None, after: tuple[float, float] | None) -> str:
    if before is None or after is None or not np.isfinite([*before, *after]).all():
        return "Best recall for each rate of false alarms"
    return (
        f"{percent(before[1])} at {per_day(before[0])} false alarms a day becomes "
        f"{percent(after[1])} at {per_day(after[0])}"
    )


def _undominated(points: pl.DataFrame) -> pl.DataFrame:
    """The points that no other beats or equals in both, by rising false alarms."""
    ordered = points.select("false_alarms_per_day", "recall").sort(
        "false_alarms_per_day", "recall", descending=[False, True]
    )
    so_far = pl.col("recall").cum_max().shift(1)
    return ordered.filter(so_far.is_null() | (pl.col("recall") > so_far))


def _point(ax: Axes, where: tuple[float, float] | None, name: str, **look: Any) -> None:
    if where is None or not np.isfinite(where).all():
        return
    ax.scatter(*where, s=52, zorder=4, **look)
    ax.annotate(
        name, xy=where, xytext=(7, -12), textcoords="offset points", color=style.INK, zorder=5
    )
