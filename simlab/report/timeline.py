"""When things happen, on lanes of block characters as wide as the terminal."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from simlab.report.inert import visible

_HEIGHTS: Final = "▁▂▃▄▅▆▇█"
_LEAST_CELLS: Final = 10
_DAY_S: Final = 86_400
_STEPS_S: Final = (
    1, 5, 15, 30, 60, 300, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, _DAY_S, 2 * _DAY_S,
    5 * _DAY_S, 10 * _DAY_S, 30 * _DAY_S, 91 * _DAY_S, 365 * _DAY_S, 730 * _DAY_S, 1825 * _DAY_S,
    3650 * _DAY_S,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """Something from `start_s` to `end_s` [s since the timeline begins], `height` 0 to 1 strong."""

    lane: str
    start_s: float
    end_s: float
    height: float
    faint: bool = False


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """One lane for each name, in the order given; where stretches overlap, the strongest shows.

    Attributes:
        title: above it.
        start: when it begins, UTC.
        span_s: how long it is [s], above 0.
        stretches: what to show; what reaches beyond the end is cut.
    """

    title: str
    start: datetime
    span_s: float
    stretches: Sequence[Stretch]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The lanes and, below them, the time."""
        del console
        names = list(dict.fromkeys(stretch.lane for stretch in self.stretches))
        front = max(map(len, names), default=0) + 2
        cells = max(_LEAST_CELLS, options.max_width - front - 1)
        ticks = list(_ticks(self.start, self.span_s, cells))
        yield Text(visible(self.title), style="bold")
        for name in names:
            own = [stretch for stretch in self.stretches if stretch.lane == name]
            ink = "bright_black" if own[0].faint else "yellow"
            grid = {cell for cell, _ in ticks}
            lane = Text(f" {visible(name):<{front - 1}}", no_wrap=True)
            yield lane.append(_lane(own, self.span_s, cells, grid=grid), style=ink)
        yield Text(" " * front + _axis(ticks, cells), style="dim", no_wrap=True)


def _lane(stretches: Sequence[Stretch], span_s: float, cells: int, *, grid: set[int]) -> str:
    """The strongest of each cell, as a block of its height."""
    heights = [0.0] * cells
    for stretch in stretches:
        first = min(cells - 1, int(stretch.start_s / span_s * cells))
        last = min(cells, max(first + 1, math.ceil(stretch.end_s / span_s * cells)))
        for cell in range(first, last):
            heights[cell] = max(heights[cell], stretch.height, 1e-9)
    return "".join(
        _block(h) if h else "·" if cell in grid else " " for cell, h in enumerate(heights)
    )


def _block(height: float) -> str:
    return _HEIGHTS[min(8, max(1, math.ceil(height * 8))) - 1]


def _ticks(start: datetime, span_s: float, cells: int) -> Iterator[tuple[int, str]]:
    """Cells and what to write below them: round moments, as close as their texts allow."""
    step_s = _step_s(span_s, cells)
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    before_s = (start - midnight).total_seconds()
    nth = math.ceil(before_s / step_s)
    while (at_s := nth * step_s - before_s) < span_s:
        cell = int(at_s / span_s * cells)
        text = _told(midnight + timedelta(seconds=nth * step_s), step_s)
        if cell + len(text) <= cells:
            yield cell, text
        nth += 1


def _step_s(span_s: float, cells: int) -> int:
    """The least step that leaves room for its texts, and a gap between them."""
    for step_s in _STEPS_S:
        if step_s / span_s * cells >= len(_told(datetime(2026, 12, 30), step_s)) + 2:  # noqa: DTZ001  # for its length
            return step_s
    return 10 * _STEPS_S[-1]


def _told(when: datetime, step_s: int) -> str:
    """A moment as fine as the step; a day at its beginning."""
    if step_s >= 30 * _DAY_S:
        return f"{when:%b %Y}"
    if step_s >= _DAY_S:
        return f"{when.day} {when:%b}"
    return f"{when:%H:%M:%S}" if step_s < 60 else f"{when:%H:%M}"


def _axis(ticks: Sequence[tuple[int, str]], cells: int) -> str:
    line = [" "] * cells
    for cell, text in ticks:
        line[cell : cell + len(text)] = text
    return "".join(line).rstrip()
