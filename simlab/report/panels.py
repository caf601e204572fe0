"""Which charts a page has over time, and what is drawn on each: the same for pictures and script."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import polars as pl

from simlab.alerts.rule import Rule
from simlab.report import style, view
from simlab.report.lines import finding
from simlab.report.overview import Overview
from simlab.report.words import with_unit

_BYTES_PER_MB: Final = 1e6


@dataclass(frozen=True, kw_only=True)
class Line:
    """A column of a panel's frame.

    Attributes:
        column: which.
        label: what it is.
        ink: of `style`, on a light ground.
        named: whether its name stands at its end.
    """

    column: str
    label: str
    ink: str
    named: bool = True


@dataclass(frozen=True, kw_only=True)
class Limit:
    """A threshold: its value in the panel's unit, and what to write on it."""

    value: float
    label: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Panel:
    """A chart over time.

    Attributes:
        name: unique on a page.
        title: what was found, or what is shown.
        axis: the y axis' label, with its unit.
        unit: the unit of the values as they are shown, `%` for ratios.
        scale: what values are multiplied by to be shown in that unit.
        signal: what the values are, as rules name it; `value` where no rule does.
        frame: `time` and the columns, a row a bucket, NaN where nothing is known.
        every_s: the width of a bucket [s].
        lines: what to draw, the hindmost first.
        limits: thresholds of rules on it.
        marks: episodes of these rules, as `view.episode_marks` gives them; None when there can
            be none.
        incidents: the truth, to shade; None when it is unknown.
        y: "log" where the values may span magnitudes, "free" where 0 means nothing.
        height_in: of the picture [inches].
    """

    name: str
    title: str
    axis: str
    unit: str
    scale: float = 1.0
    signal: str
    frame: pl.DataFrame
    every_s: int
    lines: tuple[Line, ...]
    limits: tuple[Limit, ...] = ()
    marks: pl.DataFrame | None = None
    incidents: pl.DataFrame | None = None
    y: Literal["free", "from 0", "log"] = "from 0"
    height_in: float = 1.9


@dataclass(frozen=True, kw_only=True)
class _Kind:
    """A panel before there are data; `found` is the column that its title tells of, as `what`."""

    name: str
    what: str
    found: str | None = None
    axis: str
    unit: str
    scale: float = 1.0
    signal: str = "value"
    watched: tuple[str, ...] = ()
    lines: tuple[Line, ...]
    y: Literal["free", "from 0", "log"] = "from 0"
    height_in: float = 1.9


_INKS: Final = style.QUANTILES
_OF_ROWS: Final = (
    _Kind(
        name="latency", what="P99", found="p99", axis="batch duration [s]", unit="s",
        signal="duration", watched=("duration",), y="log", height_in=2.9,
        lines=tuple(
            Line(column=name, label=name.upper(), ink=_INKS[name]) for name in ("p50", "p95", "p99")
        ),
    ),
    _Kind(
        name="error_ratio", what="The error ratio", found="error_ratio",
        axis="failed of last 100 [%]", unit="%", scale=100, signal="error_ratio",
        watched=("error_ratio",), height_in=2.2,
        lines=(Line(column="error_ratio", label="error ratio", ink=style.LINE, named=False),),
    ),
    _Kind(
        name="throughput", what="Throughput", axis="attempts [1/min]", unit="a minute",
        watched=("throughput",),
        lines=(Line(column="per_minute", label="attempts", ink=style.LINE, named=False),),
    ),
    _Kind(
        name="queue", what="Queue: from due to started", axis="wait [s]", unit="s",
        signal="queue_wait", watched=("queue_wait", "age"),
        lines=(
            Line(column="queue_p50", label="P50", ink=_INKS["p50"]),
            Line(column="queue_p95", label="P95", ink=_INKS["p95"]),
        ),
    ),
    _Kind(
        name="retries", what="Retries", axis="retries [1/min]", unit="a minute",
        watched=("retry_ratio",),
        lines=(Line(column="retries_per_minute", label="retries", ink=style.LINE, named=False),),
    ),
)  # fmt: skip
_OF_SAMPLES: Final = (
    _Kind(
        name="cpu", what="CPU", found="cpu_percent_max", axis="CPU [%]", unit="%",
        signal="cpu_percent", watched=("cpu_percent",), height_in=2.2,
        lines=(
            Line(column="cpu_percent_max", label="max", ink=style.SOFT),
            Line(column="cpu_percent", label="mean", ink=style.LINE),
        ),
    ),
    _Kind(
        name="memory", what="Memory", axis="memory [MB]", unit="MB", signal="mem_usage_mb",
        watched=("mem_usage_mb",),
        lines=(Line(column="mem_usage_mb", label="memory", ink=style.LINE, named=False),),
    ),
    _Kind(
        name="disk", what="Disk: read and written", axis="disk [MB/s]", unit="MB/s",
        watched=("disk_read_bytes", "disk_write_bytes"),
        lines=(
            Line(column="disk_read_mb_per_s", label="read", ink=style.SOFT),
            Line(column="disk_write_mb_per_s", label="written", ink=style.LINE),
        ),
    ),
)  # fmt: skip
_OF_VALUES: Final = (
    _Kind(
        name="value", what="Value: the mean, and the range it moved in", axis="value", unit="",
        watched=("value",), y="free", height_in=3.2,
        lines=(
            Line(column="low", label="lowest", ink=style.SOFT, named=False),
            Line(column="high", label="highest", ink=style.SOFT, named=False),
            Line(column="mean", label="mean", ink=style.LINE, named=False),
        ),
    ),
)  # fmt: skip


def panels(shown: Overview, rules: Sequence[Rule], episodes: pl.DataFrame) -> tuple[Panel, ...]:
    """The charts that there are data for, in reading order.

    Args:
        shown: what happened.
        rules: whose thresholds are drawn.
        episodes: of those rules, to mark.
    """
    marks = view.episode_marks(
        episodes, every_s=shown.every_s, truth_known=shown.incidents is not None
    )
    return tuple(
        _panel(kind, frame, shown, rules, marks)
        for kinds, frame in (
            (_OF_ROWS, shown.rows),
            (_OF_SAMPLES, _by_second(shown.samples, shown.every_s)),
            (_OF_VALUES, shown.values),
        )
        for kind in kinds
        if frame is not None and _told(kind, frame)
    )


def _by_second(samples: pl.DataFrame | None, every_s: int) -> pl.DataFrame | None:
    if samples is None:
        return None
    return samples.with_columns(
        (pl.col(f"disk_{way}_bytes") / every_s / _BYTES_PER_MB).alias(f"disk_{way}_mb_per_s")
        for way in ("read", "write")
    )


def _told(kind: _Kind, frame: pl.DataFrame) -> bool:
    """Whether any bucket tells something; latency stays, so that its absence is seen."""
    if kind.name == "latency":
        return not frame.is_empty()
    columns = frame.select(line.column for line in kind.lines)
    return any(column.is_not_nan().any() for column in columns.fill_null(float("nan")))


def _panel(
    kind: _Kind, frame: pl.DataFrame, shown: Overview, rules: Sequence[Rule], marks: pl.DataFrame
) -> Panel:
    ours = [rule for rule in rules if rule.signal in kind.watched]
    levels = dict.fromkeys(
        rule.limit for rule in ours if rule.in_unit and rule.signal in (kind.signal, kind.name)
    )
    return Panel(
        name=kind.name,
        title=_title(kind, frame, next(iter(levels), None), shown.incidents),
        axis=kind.axis,
        unit=kind.unit,
        scale=kind.scale,
        signal=kind.signal,
        frame=frame.select("time", *(line.column for line in kind.lines)),
        every_s=shown.every_s,
        lines=kind.lines,
        limits=tuple(
            Limit(value=level, label=f"alert at {with_unit(ours[0].signal, level)}")
            for level in levels
        ),
        marks=marks.filter(pl.col("rule").is_in([rule.name for rule in ours])) if ours else None,
        incidents=shown.incidents,
        y=kind.y,
        height_in=kind.height_in,
    )


def _title(
    kind: _Kind, frame: pl.DataFrame, threshold: float | None, incidents: pl.DataFrame | None
) -> str:
    if kind.found is None:
        return kind.what
    return finding(
        kind.what,
        frame,
        kind.found,
        signal=kind.signal,
        threshold=threshold,
        incidents=incidents,
    )
