"""How durations spread over time: quantiles with intervals, waiting beside working, a heat map."""

import math
from typing import Final

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.ticker import FixedLocator, LogLocator, NullFormatter
from numpy.typing import NDArray

from simlab.report import style
from simlab.report.buckets import without_stub
from simlab.report.lines import lines_over_time, plain_numbers
from simlab.report.numbers import human_s, percent
from simlab.report.over_time import latency_over_time
from simlab.report.view import rows_over_time

_QUANTILES: Final = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
_NORMAL_975: Final = 1.959963984540054
"""The 0.975 quantile of the standard normal distribution: of 95 % intervals."""
_BINS: Final = 40
_MAGNITUDES_FROM_S: Final = 20.0


def quantile_intervals(rows: pl.DataFrame, *, every_s: int) -> pl.DataFrame:
    """P50, P95 and P99 of the duration [s] by bucket, each with its 95 % interval.

    The interval of a quantile q lies between two of the n values in order, those n q - 1.96
    sqrt(n q (1 - q)) and as many beyond (order statistics; David and Nagaraja 2003, 7.1). It takes
    neighbours for independent. Where the value that bounds it does not exist it is NaN.

    Columns: `time`, and `p50`, `p50_low`, `p50_high`, so on for `p95` and `p99`.
    """
    frame = rows_over_time(rows, every_s=every_s).select("time", *_QUANTILES)
    bucket = (pl.col("timestamp").dt.epoch("us") // (every_s * 1_000_000)).alias("bucket")
    sorted_s = rows.select(bucket, "duration").drop_nulls().sort("bucket", "duration")
    parts = sorted_s.partition_by("bucket", as_dict=True)
    keys = (frame["time"].dt.epoch("us") // (every_s * 1_000_000)).to_list()
    values = [parts[(key,)]["duration"].to_numpy() if (key,) in parts else _NONE for key in keys]
    bounds = {
        f"{name}_{side}": [_bound(value, q, sign) for value in values]
        for name, q in _QUANTILES.items()
        for side, sign in (("low", -1), ("high", 1))
    }
    return frame.with_columns(pl.Series(name, column) for name, column in bounds.items())


def latency_with_intervals(
    rows: pl.DataFrame,
    *,
    every_s: int,
    threshold: float | None = None,
    incidents: pl.DataFrame | None = None,
    ax: Axes | None = None,
) -> Axes:
    """P50, P95 and P99 of the duration [s] over time, with 95 % intervals shaded.

    Args:
        rows: attempts.
        every_s: how wide the buckets are [s].
        threshold: on the duration [s], to draw.
        incidents: to shade.
        ax: where to draw.
    """
    frame = quantile_intervals(rows, every_s=every_s)
    if frame.height:
        frame = without_stub(frame, rows["timestamp"][-1], every_s=every_s)
    ax = latency_over_time(frame, threshold=threshold, incidents=incidents, ax=ax)
    for name, ink in style.QUANTILES.items():
        bounds = (frame[f"{name}_low"].to_numpy(), frame[f"{name}_high"].to_numpy())
        ax.fill_between(frame["time"].to_numpy(), *bounds, color=ink, alpha=0.3, linewidth=0)
    return ax


def waiting_and_working(rows: pl.DataFrame, *, every_s: int, ax: Axes | None = None) -> Axes:
    """The mean time that attempts waited and worked [s] over time.

    Args:
        rows: attempts, of a run: only there `queue_wait` is known.
        every_s: how wide the buckets are [s].
        ax: where to draw.
    """
    every = f"{every_s}s"
    frame = (
        rows.select(pl.col("timestamp").dt.truncate(every).alias("time"), "queue_wait", "duration")
        .group_by("time")
        .agg(pl.col("queue_wait", "duration").mean().fill_null(math.nan))
        .sort("time")
    )
    frame = frame.upsample("time", every=every).with_columns(
        pl.col("queue_wait", "duration").fill_null(math.nan)
    )
    with style.style():
        ax = lines_over_time(
            ax or style.new_axes(),
            frame,
            {"duration": style.QUANTILES["p50"], "queue_wait": style.QUANTILES["p99"]},
            signal="duration",
            label="mean time [s]",
            title=_waited(rows, frame),
            ends={"duration": "working", "queue_wait": "waiting"},
        )
        if ax.get_ylim()[1] > _MAGNITUDES_FROM_S:  # a queue, beside which all else looks like none
            ax.set_yscale("symlog", linthresh=1.0)
            ax.yaxis.set_major_formatter(plain_numbers())
        return ax


def latency_heat_map(rows: pl.DataFrame, *, ax: Axes | None = None) -> Axes:
    """How durations spread over the hours of the day: the darker, the more of an hour's attempts."""
    known = rows.filter(pl.col("duration") > 0).select(
        pl.col("timestamp").dt.hour().alias("hour"), "duration"
    )
    with style.style():
        ax = ax or style.new_axes(height_in=3.2)
        ax.set_ylabel("batch duration [s]")
        ax.set_xlabel("hour of the day, UTC", loc="right")
        if known.is_empty():
            ax.set_title("No duration is known")
            return ax
        _shares_drawn(ax, known)
        ax.set_title(_worst_hour(known))
        return ax


_NONE: Final = np.empty(0)


def _bound(ascending: NDArray[np.float64], q: float, sign: int) -> float:
    count = ascending.size
    place = count * q + sign * _NORMAL_975 * math.sqrt(count * q * (1 - q))
    rank = math.floor(place) if sign < 0 else math.ceil(place)
    return float(ascending[rank]) if count and 0 <= rank < count else math.nan


def _waited(rows: pl.DataFrame, frame: pl.DataFrame) -> str:
    """How much of the time from due to done was spent waiting."""
    whole = rows.select(wait=pl.col("queue_wait").sum(), work=pl.col("duration").sum()).row(0)
    share = pl.col("queue_wait") / (pl.col("queue_wait") + pl.col("duration"))
    most = frame.select(share.drop_nans().max()).item()
    if most is None or sum(whole) == 0:
        return "How long attempts waited is not known"
    return f"Waiting is {percent(whole[0] / sum(whole))} of the time, at worst {percent(most)}"


def _shares_drawn(ax: Axes, known: pl.DataFrame) -> None:
    duration_s = known["duration"].to_numpy()
    edges = np.geomspace(duration_s.min(), duration_s.max() * (1 + 1e-9), _BINS + 1)
    counts, _, _ = np.histogram2d(known["hour"].to_numpy(), duration_s, bins=(np.arange(25), edges))
    with np.errstate(invalid="ignore"):
        shares = np.where(counts > 0, counts / counts.sum(axis=1, keepdims=True), np.nan)
    mesh = ax.pcolormesh(
        np.arange(25), edges, shares.T, cmap="Blues", norm=LogNorm(float(np.nanmin(shares)), 0.2)
    )
    ax.set_yscale("log")
    ax.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    ax.yaxis.set_major_formatter(plain_numbers())
    ax.yaxis.set_minor_formatter(NullFormatter())
    ax.xaxis.set_major_locator(FixedLocator(list(range(0, 25, 3))))
    ax.grid(visible=False)
    figure = ax.get_figure(root=True)
    assert figure is not None
    bar = figure.colorbar(mesh, ax=ax, format=plain_numbers(scale=100))
    bar.set_label("of the hour's attempts [%]")
    bar.outline.set_visible(False)


def _worst_hour(known: pl.DataFrame) -> str:
    by_hour = known.group_by("hour").agg(pl.col("duration").quantile(0.95, "linear")).sort("hour")
    worst, best = (by_hour.sort("duration", descending=way).row(0) for way in (True, False))
    return (
        f"P95 is highest at {worst[0]:02}:00, {human_s(worst[1])}, and lowest at {best[0]:02}:00, "
        f"{human_s(best[1])}"
    )
