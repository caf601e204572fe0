"""Bars of block characters for a terminal, as long as there is room for."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from simlab.report.inert import visible

_EIGHTHS: Final = " ▏▎▍▌▋▊▉"
_LONGEST: Final = 60
_SHORTEST: Final = 4


@dataclass(frozen=True, kw_only=True)
class Bars:
    """One bar a line, the longest for the highest value; a value that is NaN has no line.

    Attributes:
        title: above them.
        labels: before the bars.
        values: 0 or more; as long as `labels`.
        remarks: after the bars, each a column of texts as long as `labels`.
    """

    title: str
    labels: Sequence[str]
    values: Sequence[float]
    remarks: Sequence[Sequence[str]] = ()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The lines, no wider than the console."""
        del console
        yield Text(visible(self.title), style="bold")
        shown = [nth for nth, value in enumerate(self.values) if not math.isnan(value)]
        if not shown:
            return
        front = max(len(self.labels[nth]) for nth in shown)
        columns = [_aligned([column[nth] for nth in shown]) for column in self.remarks]
        beside = sum(2 + len(column[0]) for column in columns)
        room = max(_SHORTEST, min(_LONGEST, options.max_width - front - beside - 2))
        top = max(self.values[nth] for nth in shown) or 1.0
        for row, nth in enumerate(shown):
            filled = bar(self.values[nth] / top * room).ljust(room)
            tail = "".join(f"  {column[row]}" for column in columns)
            yield Text.assemble(f" {self.labels[nth]:>{front}} ", (filled, "blue"), tail)


def bar(length: float) -> str:
    """A bar that many cells long, to the nearest eighth; what is not 0 is seen.

    >>> bar(2.5), bar(0), bar(0.001)
    ('██▌', '', '▏')
    """
    eighths = max(round(length * 8), int(length > 0))
    whole, rest = divmod(eighths, 8)
    return "█" * whole + _EIGHTHS[rest].strip()


def _aligned(texts: Sequence[str]) -> list[str]:
    """The same, all as wide as the widest, to the right."""
    widest = max(map(len, texts))
    return [text.rjust(widest) for text in texts]
