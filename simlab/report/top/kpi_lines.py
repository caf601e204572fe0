"""The KPIs and the rates of one look, in lines."""

import math
from collections.abc import Sequence
from typing import Final

from rich.text import Text

from simlab.clock import US_PER_S
from simlab.report.numbers import UNDEFINED, human_s, megabytes, number, percent
from simlab.report.top.kpi import State, is_beyond, limit_words
from simlab.report.top.row import HEAD, WIDE, Column, one_line, row
from simlab.report.top.standing import KpiStanding, Standing
from simlab.report.top.trend import blocks, cells, worst

_STYLES: Final[dict[State, str]] = {
    "FIRING": "bold red", "beyond limit": "yellow", "ok": "green", "no limit": "dim",
    "not known": "dim",
}  # fmt: skip
_WIDEST_TREND: Final = 60


def kpis_lines(standing: Standing, width: int) -> list[Text]:
    """A line a KPI under a heading: its value, limit, state, and trend."""
    is_wide = width >= WIDE
    columns = [
        Column(width=22), Column(width=11, align="right"),
        Column(width=15 if is_wide else 0), Column(width=12),
    ]  # fmt: skip
    used = sum(column.width + 1 for column in columns if column.width)
    trend = Column(width=max(0, min(_WIDEST_TREND, width - used)))
    span = f"last {human_s(round(standing.span_us / US_PER_S))}" if standing.span_us else ""
    head = row(["KPI", "now", "limit", "state", span], [*columns, trend])
    head.stylize(HEAD)
    return [head, *(_kpi(each, [*columns, trend]) for each in standing.kpis)]


def _kpi(told: KpiStanding, columns: Sequence[Column]) -> Text:
    limit = "" if told.limit is None else limit_words(told.limit)
    style = _STYLES[told.state]
    line = row(
        [told.kpi.label, (told.kpi.words(told.value), "bold"), limit, (told.state, style), ""],
        columns,
    )
    width = columns[-1].width
    if width <= 0:
        return line
    line.pad_right(sum(column.width + 1 for column in columns[:-1] if column.width) - len(line))
    return line.append_text(_picture(told, width))


def _picture(told: KpiStanding, width: int) -> Text:
    """The trend from 0 up, to the limit at least; what lies beyond it is red."""
    shown = cells(told.trend, width, told.kpi.worse)
    limit = told.limit if not told.kpi.trend else None
    top = worst(shown, "high")
    if limit is not None and not top > limit.limit:
        top = limit.limit
    picture = Text(blocks(shown, top=top), "cyan")
    for at, value in enumerate(shown):
        if limit is not None and is_beyond(limit, value):
            picture.stylize("red", at, at + 1)
    return picture


def rates_lines(standing: Standing, width: int) -> list[Text]:
    """Two lines: how fast batches go, and what the machine does."""
    rates, disk = standing.rates_per_minute, standing.disk_bytes_per_s
    told = ", ".join(f"{number(rates[name])} {name}" for name in rates)
    moved = ", ".join(f"{_bytes(value)}/s {name}" for name, value in disk.items())
    lost = number(standing.dropped)
    machine = f"host CPU {_percent(standing.host_cpu_percent)}; telemetry lost {lost}"
    return [
        one_line(f"a minute: {told}", width),
        one_line(f"disk: {moved}; {machine}", width),
    ]


def _bytes(count: float) -> str:
    return megabytes(count) if not count < 1e6 else f"{number(round(count / 1e3, 1))} kB"


def _percent(value: float) -> str:
    return percent(value / 100) if math.isfinite(value) else UNDEFINED
