"""The page's charts: which ones a dataset has, as images for wide and narrow, light and dark."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simlab.alerts.rule import Rule
from simlab.dataset.schema import Dataset
from simlab.report import plots, style, view
from simlab.report.numbers import human_s, plural
from simlab.report.svg import darkened, data_uri, svg

_PX_PER_INCH: Final = 96
_WIDE_IN: Final = 10.6
_NARROW_IN: Final = 3.65
_MARGINS_IN: Final = {"left": 0.58, "right": 0.82, "top": 0.24, "bottom": 0.5}
"""The same for all, so that the charts' time axes stand exactly above each other."""


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A chart as a page shows it.

    Attributes:
        title: what was found.
        alt: what the chart shows, for who cannot see it.
        wide: the image, as a `data:` address of SVG; and so the other three.
        wide_dark: for a dark ground.
        narrow: for a phone.
        narrow_dark: for a phone, on a dark ground.
        size_px: width and height of the wide image [CSS pixels].
    """

    title: str
    alt: str
    wide: Markup
    wide_dark: Markup
    narrow: Markup
    narrow_dark: Markup
    size_px: tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """What to draw: a function of `plots`, its frame, the signal whose rules belong on it."""

    draw: Callable[..., Axes]
    frame: pl.DataFrame
    height_in: float
    signal: str | None = None


def charts(dataset: Dataset, rules: Sequence[Rule], episodes: pl.DataFrame) -> tuple[Chart, ...]:
    """The charts that this dataset has something for, in reading order.

    Args:
        dataset: with its incidents, when it has any, to shade.
        rules: whose thresholds are drawn.
        episodes: of those rules, to mark.
    """
    every_s = view.bucket_s(dataset.rows)
    known = dataset.incidents is not None
    marks = view.episode_marks(episodes, every_s=every_s, truth_known=known)
    return tuple(
        _chart(plan, _overlays(plan, dataset, rules, marks), every_s)
        for plan in _plans(dataset, every_s)
    )


def _plans(dataset: Dataset, every_s: int) -> list[_Plan]:
    if dataset.rows.is_empty():
        return []
    if "value" in dataset.rows.columns:
        values = view.values_over_time(dataset.rows, every_s=every_s)
        return [_Plan(draw=plots.values_over_time, frame=values, height_in=3.2, signal="value")]
    return [*_row_plans(dataset.rows, every_s), *_sample_plans(dataset.samples, every_s)]


def _row_plans(rows: pl.DataFrame, every_s: int) -> list[_Plan]:
    frame = view.rows_over_time(rows, every_s=every_s)
    frame = view.without_stub(frame, rows["timestamp"][-1], every_s=every_s)
    latency = _Plan(draw=plots.latency_over_time, frame=frame, height_in=2.9, signal="duration")
    errors = _Plan(
        draw=plots.error_ratio_over_time, frame=frame, height_in=2.2, signal="error_ratio"
    )
    load = _Plan(draw=plots.load_over_time, frame=frame, height_in=1.9)
    return [latency, errors, load] if frame["error_ratio"].is_not_nan().any() else [latency, load]


def _sample_plans(samples: pl.DataFrame | None, every_s: int) -> list[_Plan]:
    if samples is None or samples.is_empty():
        return []
    frame = view.samples_over_time(samples, every_s=every_s)
    return [
        _Plan(draw=plots.cpu_over_time, frame=frame, height_in=2.2, signal="cpu_percent"),
        _Plan(draw=plots.memory_over_time, frame=frame, height_in=1.9, signal="mem_usage_mb"),
    ]


def _overlays(
    plan: _Plan, dataset: Dataset, rules: Sequence[Rule], marks: pl.DataFrame
) -> dict[str, Any]:
    """The arguments that lay rules and truth over a chart."""
    if plan.signal is None:
        return {"incidents": dataset.incidents}
    ours = [rule for rule in rules if rule.signal == plan.signal]
    return {
        "incidents": dataset.incidents,
        "marks": marks.filter(pl.col("rule").is_in([rule.name for rule in ours])),
        "threshold": next((rule.limit for rule in ours if rule.in_unit), None),
    }


def _chart(plan: _Plan, overlays: dict[str, Any], every_s: int) -> Chart:
    title, label, wide = _image(plan, overlays, width_in=_WIDE_IN)
    _, _, narrow = _image(plan, overlays, width_in=_NARROW_IN)
    return Chart(
        title=title,
        alt=f"{title}. {_told(plan, label, every_s)}{_told_over(overlays)}",
        wide=data_uri(wide),
        wide_dark=data_uri(darkened(wide)),
        narrow=data_uri(narrow),
        narrow_dark=data_uri(darkened(narrow)),
        size_px=(round(_WIDE_IN * _PX_PER_INCH), round(plan.height_in * _PX_PER_INCH)),
    )


def _image(plan: _Plan, overlays: dict[str, Any], *, width_in: float) -> tuple[str, str, str]:
    """The title, which the page writes itself, the y axis' label, and the chart without title."""
    ax = _fixed_axes(width_in, plan.height_in)
    plan.draw(plan.frame, ax=ax, **overlays)
    title = ax.get_title(loc="left")
    ax.set_title("", loc="left")
    figure = ax.get_figure(root=True)
    assert figure is not None
    return title, ax.get_ylabel(), svg(figure)


def _fixed_axes(width_in: float, height_in: float) -> Axes:
    left, right, top, bottom = (_MARGINS_IN[side] for side in ("left", "right", "top", "bottom"))
    with style.style():
        figure = Figure(figsize=(width_in, height_in))
        figure.set_layout_engine("none")
        return figure.add_axes(
            (
                left / width_in,
                bottom / height_in,
                1 - (left + right) / width_in,
                1 - (top + bottom) / height_in,
            )
        )


def _told(plan: _Plan, label: str, every_s: int) -> str:
    time = plan.frame["time"]
    return f"Line chart of {label} over {style.days(time[0], time[-1])}, a point every {human_s(every_s)}."


def _told_over(overlays: dict[str, Any]) -> str:
    told = []
    if (incidents := overlays["incidents"]) is not None:
        shown = incidents.drop_nulls(["visible_start", "visible_end"])["lookalike"]
        told.append(f" Shaded: {plural((~shown).sum(), 'incident')}.")
        told.append(f" Hatched: {plural(shown.sum(), 'look-alike')}.")
    if (marks := overlays.get("marks")) is not None:
        told.append(f" Marked: {plural(marks['episodes'].sum(), 'alert')}.")
    return "".join(told)
