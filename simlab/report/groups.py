"""How durations differ between warehouses, batch sizes, and ways to end."""

from typing import Final, Literal, TypeAlias

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullFormatter

from simlab.report import style
from simlab.report.lines import plain_numbers
from simlab.report.numbers import human_s, number

By: TypeAlias = Literal["warehouse_id", "batch_size", "status"]

_QUANTILES: Final = {"p50": ("P50", 0.5, "o"), "p95": ("P95", 0.95, "s"), "p99": ("P99", 0.99, "^")}
_NAMES: Final[dict[By, str]] = {
    "warehouse_id": "warehouse", "batch_size": "items in the batch", "status": "status",
}  # fmt: skip
_PLURALS: Final[dict[By, str]] = {
    "warehouse_id": "warehouses", "batch_size": "batch sizes", "status": "ways to end",
}  # fmt: skip
_WORDS: Final[dict[By, str]] = {
    "warehouse_id": "warehouse {}", "batch_size": "{} items", "status": "{}",
}  # fmt: skip
_SIZES: Final = 8
_MOST_LABELS: Final = 30


def latency_by(rows: pl.DataFrame, by: By, *, ax: Axes | None = None) -> Axes:
    """P50, P95 and P99 of the duration [s] of each group.

    Args:
        rows: attempts.
        by: what makes a group: the warehouse, the batch's size (in eighths of the attempts), or
            how the attempt ended.
        ax: where to draw.
    """
    found = quantiles_by(rows, by)
    with style.style():
        ax = ax or style.new_axes(height_in=3.0)
        places = np.arange(found.height)
        for name, (label, _, marker) in _QUANTILES.items():
            ax.plot(places, found[name], marker, color=style.QUANTILES[name], markersize=4.5)
            if found.height:
                _named(ax, places[-1], float(found[name][-1]), label)
        if found.height:
            ax.vlines(places, found["p50"], found["p99"], color=style.GRID, zorder=0)
            ax.set_yscale("log")
            ax.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
            ax.yaxis.set_major_formatter(plain_numbers())
            ax.yaxis.set_minor_formatter(NullFormatter())
        shown = [g if found.height <= _MOST_LABELS or i % 5 == 0 else "" for i, g in
                 enumerate(found["group"])]  # fmt: skip
        ax.set_xticks(places, shown, parse_math=False)
        ax.grid(visible=False, axis="x")
        ax.margins(x=0.03)
        ax.set_xlabel(_NAMES[by], loc="right")
        ax.set_ylabel("batch duration [s]")
        ax.set_title(_finding(found, by))
        return ax


def quantiles_by(rows: pl.DataFrame, by: By) -> pl.DataFrame:
    """The quantiles of each group: `group` (its name), `attempts`, `p50`, `p95`, `p99` [s].

    Warehouses come by their P95, the slowest last; batch sizes ascend; statuses by their names.
    """
    known = rows.drop_nulls([by, "duration"])
    if by == "batch_size":
        known = known.with_columns(_eighths(known["batch_size"]))
    quantiles = [
        pl.col("duration").quantile(q, "linear").alias(name)
        for name, (_, q, _) in _QUANTILES.items()
    ]
    found = known.group_by(by).agg(pl.len().alias("attempts"), *quantiles)
    found = found.sort(["p95", by] if by == "warehouse_id" else [by])
    if by == "batch_size":
        ranges = known.group_by(by).agg(low=pl.col("size").min(), high=pl.col("size").max())
        found = found.join(ranges, on=by, how="left", maintain_order="left")
        name = pl.format("{} to {}", "low", "high")
    else:
        name = pl.col(by).cast(pl.String)
    return found.select(name.alias("group"), "attempts", *_QUANTILES)


def _eighths(size: pl.Series) -> list[pl.Series]:
    """Which eighth of the attempts each batch's size lies in, equal sizes together."""
    if not len(size):
        return [size, size.alias("size")]
    edges = np.unique(np.quantile(size.to_numpy(), np.linspace(0, 1, _SIZES + 1)[1:-1]))
    place = np.searchsorted(edges, size.to_numpy(), side="left")
    return [pl.Series("batch_size", place), size.alias("size")]


def _finding(found: pl.DataFrame, by: By) -> str:
    if found.height < 2:
        return "How long batches take"
    slow, quick = (
        found.sort("p95", descending=True).row(0, named=True),
        found.sort("p95").row(0, named=True),
    )
    return (
        f"Between {_PLURALS[by]} P95 differs {number(round(slow['p95'] / quick['p95'], 1))}-fold: "
        f"{human_s(quick['p95'])} ({_WORDS[by].format(quick['group'])}) to "
        f"{human_s(slow['p95'])} ({_WORDS[by].format(slow['group'])})"
    )


def _named(ax: Axes, x: float, y: float, text: str) -> None:
    ax.annotate(
        text, xy=(x, y), xytext=(8, 0), textcoords="offset points", va="center", fontsize=7.5,
        color=style.INK, annotation_clip=False,
    )  # fmt: skip
