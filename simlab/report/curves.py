"""Charts of a whole rather than over time: how long batches take, and what rules could do."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullFormatter, PercentFormatter
from numpy.typing import NDArray

from simlab.report import style
from simlab.report.inert import visible
from simlab.report.lines import plain_numbers
from simlab.report.numbers import human_s, percent

_CURVE_POINTS: Final = 400


def latency_distribution(
    durations: NDArray[np.float64],
    *,
    thresholds: Mapping[str, float] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """What share of attempts took at least each duration, both axes logarithmic.

    The far tail is where alerts live, and this curve shows it.

    Args:
        durations: of attempts [s]; what is not a positive number is left out.
        thresholds: durations to mark [s], by name.
        ax: where to draw.
    """
    known = np.sort(durations[np.isfinite(durations) & (durations > 0)])
    share = 1 - np.arange(known.size) / max(known.size, 1)
    kept = _even_on_log(known.size)
    with style.style():
        ax = ax or style.new_axes(width_in=6, height_in=3.4)
        ax.plot(known[kept], share[kept], color=style.LINE)
        if known.size:
            _log_axes(ax)
        ax.set_xlabel("batch duration [s]")
        ax.set_ylabel("share of attempts that took as long [%]")
        ax.set_title("How long batches take")
        for name, limit in (thresholds or {}).items():
            _limit(
                ax, name, limit, share_above=float(np.mean(known > limit)) if known.size else np.nan
            )
        return ax


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
        ax.set_xlim(left=-0.03 * ax.get_xlim()[1])
        ax.set_title("Best recall for each rate of false alarms")
        return ax


def _undominated(points: pl.DataFrame) -> pl.DataFrame:
    """The points that no other beats or equals in both, by rising false alarms."""
    ordered = points.select("false_alarms_per_day", "recall").sort(
        "false_alarms_per_day", "recall", descending=[False, True]
    )
    so_far = pl.col("recall").cum_max().shift(1)
    return ordered.filter(so_far.is_null() | (pl.col("recall") > so_far))


def _even_on_log(size: int) -> NDArray[np.int64]:
    """Positions in ascending values, dense towards the largest: few points draw the tail well."""
    if not size:
        return np.empty(0, dtype=np.int64)
    return np.unique(size - np.geomspace(1, size, _CURVE_POINTS).astype(np.int64))


def _log_axes(ax: Axes) -> None:
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0), numticks=12))
    ax.xaxis.set_major_formatter(plain_numbers())
    ax.yaxis.set_major_formatter(plain_numbers(scale=100))
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.yaxis.set_minor_formatter(NullFormatter())


def _limit(ax: Axes, name: str, limit: float, *, share_above: float) -> None:
    ax.axvline(limit, color=style.THRESHOLD, linestyle=(0, (5, 3)), linewidth=1.1)
    ax.annotate(
        f"{visible(name, most=24)} at {human_s(limit)}:\n{percent(share_above)} took longer",
        xy=(limit, 1),
        xycoords=ax.get_xaxis_transform(),
        xytext=(4, -4),
        textcoords="offset points",
        color=style.THRESHOLD,
        fontsize=7.5,
        va="top",
    )


def _point(ax: Axes, where: tuple[float, float] | None, name: str, **look: Any) -> None:
    if where is None or not np.isfinite(where).all():
        return
    ax.scatter(*where, s=52, zorder=4, **look)
    ax.annotate(
        name, xy=where, xytext=(7, -12), textcoords="offset points", color=style.INK, zorder=5
    )
