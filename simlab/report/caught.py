"""Which kinds of incident rules catch and miss, as bars."""

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from simlab.report import style
from simlab.report.inert import visible
from simlab.report.numbers import human_s, plural


def caught_by_kind(by_kind: pl.DataFrame, *, rule: str, ax: Axes | None = None) -> Axes:
    """How many incidents of each kind were caught, and how many missed.

    Args:
        by_kind: `Backtest.by_kind`.
        rule: whose rows to take, such as `any rule`.
        ax: where to draw.
    """
    known = by_kind.filter(pl.col("rule") == rule, pl.col("incidents") > 0)
    found = known.sort("recall", "incidents", "kind", descending=[False, False, True])
    with style.style():
        ax = ax or style.new_axes(width_in=8, height_in=0.9 + 0.27 * max(found.height, 1))
        places = np.arange(found.height)
        missed = (found["incidents"] - found["caught"]).to_numpy()
        ax.barh(places, found["caught"], color=style.CAUGHT, height=0.7)
        ax.barh(
            places, missed, left=found["caught"], height=0.7, facecolor="none",
            edgecolor=style.FALSE_ALARM, hatch="////", linewidth=0.8,
        )  # fmt: skip
        for place, row in enumerate(found.iter_rows(named=True)):
            _told(ax, place, row)
        ax.set_yticks(places, [visible(kind.replace("_", " ")) for kind in found["kind"]])
        ax.grid(visible=False, axis="y")
        ax.margins(x=0.22, y=0.02)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.set_xlabel("incidents: full caught, hatched missed", loc="right")
        ax.set_title(_finding(found))
        return ax


def _told(ax: Axes, place: int, row: dict[str, float]) -> None:
    late = f", after {human_s(row['delay_median_s'])}" if row["caught"] else ""
    ax.annotate(
        f"{row['caught']} of {row['incidents']}{late}", xy=(row["incidents"], place),
        xytext=(5, 0), textcoords="offset points", va="center", fontsize=7.5, color=style.INK,
    )  # fmt: skip


def _finding(found: pl.DataFrame) -> str:
    caught, known = int(found["caught"].sum()), int(found["incidents"].sum())
    never = found.filter(pl.col("caught") == 0)["kind"].to_list()
    told = f"{caught} of {plural(known, 'incident')} caught"
    if never:
        shown = ", ".join(visible(kind.replace("_", " ")) for kind in sorted(never)[:2])
        more = f" and {len(never) - 2} more" if len(never) > 2 else ""
        told += f"; never {shown}{more}"
    return told
