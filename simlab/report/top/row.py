"""Rows of text in columns, cut and padded to the cells of a terminal."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from simlab.report.inert import visible

HEAD: Final = "bold underline"
"""The style of a heading."""

WIDE: Final = 72
"""From this width on there is room for every column [cells]."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column.

    Attributes:
        width: in cells; a column without any is left out.
        align: where its text is.
    """

    width: int
    align: Literal["left", "right"] = "left"


def fitted(text: str, width: int, align: Literal["left", "right"] = "left") -> str:
    """The text, inert, of just that width in cells; an ellipsis says that it was cut.

    >>> fitted("slow_batch", 6), fitted("7", 3, "right")
    ('slow_…', '  7')
    """
    shown = visible(text, most=max(width, 1) * 2)
    spare = width - cell_len(shown)
    if spare < 0:
        return set_cell_size(shown, width - 1) + "…" if width > 0 else ""
    return " " * spare + shown if align == "right" else shown + " " * spare


def row(cells: Sequence[str | tuple[str, str]], columns: Sequence[Column]) -> Text:
    """A line of the cells, each maybe with its style."""
    line = Text(no_wrap=True)
    for cell, column in zip(cells, columns, strict=True):
        if column.width <= 0:
            continue
        text, style = (cell, "") if isinstance(cell, str) else cell
        if line:
            line.append(" ")
        line.append(fitted(text, column.width, column.align), style)
    line.rstrip()
    return line


def one_line(text: str, width: int, style: str = "") -> Text:
    """A line of one text."""
    return Text(fitted(text, width).rstrip(), style, no_wrap=True)
