"""A block of lines, read into the columns that the source has."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, kw_only=True)
class Raw:
    """Lines as columns.

    Attributes:
        frame: the source's columns as they stand, one row a line.
        at: for each row, the index of its line in the block; ascending.
    """

    frame: pl.DataFrame
    at: Sequence[int]


@dataclass(frozen=True, kw_only=True)
class Parsed:
    """What a block's lines hold.

    Attributes:
        tables: the lines that could be read, by the table they belong to.
        faults: the index of each line that could not, with the reason; ascending.
    """

    tables: Sequence[Raw]
    faults: list[tuple[int, str]]
