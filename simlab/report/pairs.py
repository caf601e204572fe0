"""The paired run as a picture: the same load with an incident and without it."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simlab.dataset.schema import Dataset
from simlab.report import style
from simlab.report.inert import visible
from simlab.report.lines import draw_line, plain_numbers
from simlab.report.marks import incidents_shaded
from simlab.report.numbers import human_s

_BUCKETS: Final = 60
_MARGIN: Final = 0.5
"""How much of an incident's length is shown before it and after it."""
_ROWS: Final = 6
"""About as many as a bucket should have."""
_COLUMNS: Final = 3


@dataclass(frozen=True, kw_only=True)
class Measure:
    """What tells of an incident.

    Attributes:
        label: what it is, with its unit.
        tell: its value in each bucket of a frame.
        sampled: whether the frame is of samples, not of rows.
        scale: what ticks are multiplied by.
    """

    label: str
    tell: Callable[[float], pl.Expr]
    sampled: bool = False
    scale: float = 1.0


_MEAN: Final = Measure(label="mean duration [s]", tell=lambda _: pl.col("duration").mean())
_LONGEST: Final = Measure(label="longest [s]", tell=lambda _: pl.col("duration").max())
_FAILED: Final = Measure(
    label="failed [%]",
    tell=lambda _: (pl.col("status") == "error").sum() / (pl.col("status") != "retry").sum(),
    scale=100,
)
_RETRIED: Final = Measure(
    label="retried [%]", tell=lambda _: (pl.col("status") == "retry").mean(), scale=100
)
_RATE: Final = Measure(label="attempts [1/min]", tell=lambda every_s: pl.len() * 60 / every_s)
_CPU: Final = Measure(label="CPU [%]", tell=lambda _: pl.col("cpu_percent").mean(), sampled=True)
_MEMORY: Final = Measure(
    label="memory [MB]", tell=lambda _: pl.col("mem_usage_mb").max(), sampled=True
)
MEASURES: Final[Mapping[str, Measure]] = {
    "latency_spike": _MEAN, "error_burst": _FAILED, "retry_storm": _RETRIED,
    "stuck_batch": _LONGEST, "cpu_saturation": _CPU, "memory_leak": _MEMORY, "disk_stall": _MEAN,
    "warehouse_outage": _FAILED, "bad_deploy": _MEAN, "slow_drift": _MEAN, "bot_down": _RATE,
    "load_peak": _RATE, "slow_warehouse": _MEAN, "backup_cpu": _CPU, "error_blip": _FAILED,
}  # fmt: skip
"""By kind, what shows it best."""


def paired_over_time(
    with_: Dataset, without: Dataset, incident: str, *, ax: Axes | None = None
) -> Axes:
    """What an incident did to the signal that shows its kind best, in the warehouses it touched.

    Args:
        with_: the data with it, and its label.
        without: the same load without it.
        incident: its id.
        ax: where to draw.
    """
    label = with_.incidents
    assert label is not None
    row = label.row(by_predicate=pl.col("id") == incident, named=True)
    with style.style():
        return _pair(ax or style.new_axes(), with_, without, row)


def kinds_paired(with_: Dataset, without: Dataset) -> Figure:
    """Each kind of incident and look-alike that there is, with it and without it.

    Of each kind the most severe is shown that overlaps no other, or else the most severe.

    Args:
        with_: the data with all of them, and their labels.
        without: the same load without any.
    """
    rows = _clearest(with_)
    lines = -(-len(rows) // _COLUMNS)
    with style.style():
        figure = Figure(figsize=(10.6, 0.3 + 1.75 * max(lines, 1)))
        for place, row in enumerate(rows):
            ax = figure.add_subplot(lines, _COLUMNS, place + 1)
            _pair(ax, with_, without, row)
            ax.set_xlabel("")
            ax.set_title(_title(row), fontsize=8)
        return figure


def _clearest(with_: Dataset) -> list[dict[str, Any]]:
    """A label a kind: incidents first, each group by its name."""
    assert with_.incidents is not None
    shown = with_.incidents.drop_nulls(["visible_start", "visible_end"])
    shown = shown.filter(pl.col("kind").is_in(list(MEASURES)))
    alone = [not _overlapped(row, shown) for row in shown.iter_rows(named=True)]
    ordered = shown.with_columns(pl.Series("alone", alone, dtype=pl.Boolean)).sort(
        "lookalike", "kind", "alone", "severity", "id", descending=[False, False, True, True, False]
    )
    return ordered.unique("kind", keep="first", maintain_order=True).to_dicts()


def _overlapped(row: Mapping[str, Any], labels: pl.DataFrame) -> bool:
    others = labels.filter(
        pl.col("id") != row["id"],
        pl.col("visible_start") <= row["visible_end"],
        pl.col("visible_end") >= row["visible_start"],
    )
    return others.height > 0


def _pair(ax: Axes, with_: Dataset, without: Dataset, row: Mapping[str, Any]) -> Axes:
    measure = MEASURES[row["kind"]]
    start, end = row["visible_start"], row["visible_end"]
    margin = max((end - start) * _MARGIN, timedelta(minutes=5))
    span = (start - margin, end + margin)
    looks = ((without, style.LOOKALIKE, "without"), (with_, style.QUANTILES["p99"], "with"))
    for dataset, ink, label in looks:
        frame = _told(dataset, measure, span, row["warehouses"])
        draw_line(ax, frame["time"].to_numpy(), frame["value"].to_numpy(), ink=ink, label=label)
    ax.set_ylim(bottom=0)
    style.time_axis(ax, *span)
    incidents_shaded(ax, pl.DataFrame([row]).drop("warehouses"), named=False)
    ax.set_ylabel(measure.label)
    ax.yaxis.set_major_formatter(plain_numbers(scale=measure.scale))
    ax.set_title(_title(row))
    _named(ax)
    return ax


def _told(
    dataset: Dataset, measure: Measure, span: tuple[datetime, datetime],
    warehouses: Sequence[int] | None,
) -> pl.DataFrame:  # fmt: skip
    """`time` and `value` in buckets; NaN where there is nothing to tell."""
    frame = dataset.samples if measure.sampled else dataset.rows
    assert frame is not None
    within = frame.filter(pl.col("timestamp").is_between(*span))
    if warehouses is not None and not measure.sampled:
        within = within.filter(pl.col("warehouse_id").is_in(warehouses))
    every_s = _every_s(within.height, (span[1] - span[0]).total_seconds())
    first = span[0].replace(second=0, microsecond=0)
    every = pl.DataFrame(
        {"time": pl.datetime_range(first, span[1], f"{every_s}s", time_unit="us", eager=True)}
    )
    offset = pl.lit(first).cast(pl.Datetime("us", "UTC"))
    bucket = (pl.col("timestamp") - offset).dt.total_seconds() // every_s * every_s
    found = (
        within.with_columns(time=offset + pl.duration(seconds=bucket))
        .group_by("time")
        .agg(value=measure.tell(every_s))
    )
    empty = 0.0 if measure is _RATE else float("nan")
    return every.join(found, on="time", how="left", maintain_order="left").with_columns(
        pl.col("value").cast(pl.Float64).fill_null(empty)
    )


def _every_s(height: int, span_s: float) -> int:
    """Buckets of whole quarters of a minute, few enough that each has some rows to tell of."""
    wanted_s = span_s * max(1 / _BUCKETS, _ROWS / max(height, 1))
    return max(1, math.ceil(min(wanted_s, span_s / 8) / 15)) * 15


def _title(row: Mapping[str, Any]) -> str:
    length = human_s((row["visible_end"] - row["visible_start"]).total_seconds())
    benign = ", benign" if row["lookalike"] else ""
    return f"{visible(row['kind'].replace('_', ' '))}{benign}: {length}"


def _named(ax: Axes) -> None:
    """Say which line is which, at the top."""
    for text, ink, height in (
        ("with", style.QUANTILES["p99"], 0.97),
        ("without", style.MUTED, 0.83),
    ):
        ax.annotate(
            text, xy=(0.99, height), xycoords="axes fraction", ha="right", va="top", fontsize=7,
            color=ink,
        )  # fmt: skip
