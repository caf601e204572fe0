"""What metrics would have shown of durations: a mean, and quantiles out of histograms."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from numpy.typing import NDArray

from simlab.report import style
from simlab.report.buckets import without_stub
from simlab.report.lines import lines_over_time
from simlab.report.numbers import human_s, percent

DEFAULT_EDGES_S: Final = (
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
)  # fmt: skip
"""Those of `prometheus_client.Histogram`."""


def histogram_quantile(
    duration_s: NDArray[np.float64], edges_s: Sequence[float], quantile: float
) -> float:
    """A quantile as Prometheus' `histogram_quantile` tells it from buckets [s].

    Within a bucket it takes values for evenly spread; what lies above the last edge is told as
    that edge. NaN without values.

    >>> histogram_quantile(np.array([0.2, 0.4, 1.2, 1.3]), (0.5, 1.0, 2.0), 0.75)
    1.5
    """
    edges = np.asarray(edges_s)
    # A bucket holds what is up to its edge, the edge included.
    places = np.searchsorted(edges, duration_s, side="left")
    counts = np.cumsum(np.bincount(places, minlength=edges.size + 1))
    if not counts[-1]:
        return float("nan")
    rank = quantile * counts[-1]
    place = int(np.searchsorted(counts, rank, side="left"))
    if place >= edges.size:
        return float(edges[-1])
    below, count_below = (edges[place - 1], counts[place - 1]) if place else (0.0, 0)
    share = (rank - count_below) / (counts[place] - count_below)
    return float(below + (edges[place] - below) * share)


def as_metrics_show(
    rows: pl.DataFrame, *, every_s: int, edge_s: float = 2.0, ax: Axes | None = None
) -> Axes:
    """P99 as it was [s], and what a Summary without quantiles and two histograms show instead.

    Args:
        rows: attempts.
        every_s: over how long metrics are taken [s].
        edge_s: an edge that the better histogram has beside the default ones [s].
        ax: where to draw.
    """
    edges = sorted({*DEFAULT_EDGES_S, edge_s})
    frame = (
        rows.group_by_dynamic("timestamp", every=f"{every_s}s", label="left")
        .agg(pl.col("duration"))
        .select(
            pl.col("timestamp").alias("time"),
            pl.col("duration").list.eval(pl.element().quantile(0.99, "linear")).list.first()
            .alias("p99"),
            pl.col("duration").list.mean().alias("mean"),
            *(_told(given, name) for given, name in ((DEFAULT_EDGES_S, "default"),
                                                      (edges, "better"))),
        )
    )  # fmt: skip
    if frame.height:
        frame = without_stub(frame, rows["timestamp"][-1], every_s=every_s)
    inks = {
        "mean": style.SOFT, "default": style.THRESHOLD, "better": style.CAUGHT,
        "p99": style.QUANTILES["p99"],
    }  # fmt: skip
    with style.style():
        ax = lines_over_time(
            ax or style.new_axes(height_in=3.2),
            frame,
            inks,
            signal="duration",
            label="batch duration [s]",
            title=_finding(frame, edge_s),
            ends={
                "p99": "P99",
                "mean": "mean",
                "default": "P99, default edges",
                "better": f"P99, edge at {human_s(edge_s)}",
            },
        )
        ax.lines[1].set_linestyle("--")
        ax.lines[2].set_linestyle(":")
        return ax


def _told(edges: Sequence[float], name: str) -> pl.Expr:
    return (
        pl.col("duration")
        .map_elements(
            lambda values: histogram_quantile(values.to_numpy(), edges, 0.99),
            return_dtype=pl.Float64,
        )
        .alias(name)
    )


def _finding(frame: pl.DataFrame, edge_s: float) -> str:
    off = {
        name: float((frame[name] / frame["p99"] - 1).abs().median() or 0.0)  # type: ignore[arg-type]  # a median of numbers is one
        for name in ("default", "better")
    }
    return (
        f"Default edges tell P99 {percent(off['default'])} off, with an edge at "
        f"{human_s(edge_s)} {percent(off['better'])}; the mean hides it"
    )
