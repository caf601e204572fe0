"""Every combination of one point a rule, joined exactly without replaying any.

Rules are separable: an incident is first caught by whichever rule was first, and counts and
times add up. So a combination is the minimum of its points' rows and the sum of its points'
sums, and the joint search costs additions.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Table:
    """The points of one rule, a column each.

    Attributes:
        point: the position of each point in the sweep it comes from.
        least: what joins by its minimum: a row an incident.
        total: what joins by its sum: a row a quantity.
    """

    point: NDArray[np.int64]
    least: Floats
    total: Floats

    def at(self, where: NDArray[np.bool_]) -> "Table":
        """The table with only some of its points."""
        return Table(
            point=self.point[where], least=self.least[:, where], total=self.total[:, where]
        )


@dataclass(frozen=True, kw_only=True)
class Block:
    """Some of the combinations, a column each.

    Attributes:
        tables: what was joined, the last one's points changing fastest.
        least: the minimum over the tables, a row an incident.
        total: the sum over the tables, a row a quantity.
    """

    tables: tuple[Table, ...]
    least: Floats
    total: Floats

    def points(self, column: NDArray[np.int64]) -> NDArray[np.int64]:
        """Which points make up some of the combinations: a row a combination, a column a table."""
        sizes = tuple(table.point.size for table in self.tables)
        positions = np.unravel_index(column, sizes)
        chosen = zip(self.tables, positions, strict=True)
        return np.stack([table.point[position] for table, position in chosen], axis=1)


def undominated(table: Table) -> Table:
    """The table without the points that another equals or betters in every row.

    Leaving them out never makes the best combination worse, whatever is best, as long as less
    is better in each row: with the other in its place a combination is no worse in any. Of
    equal points the first stays.
    """
    _, first = np.unique(np.vstack((table.least, table.total)), axis=1, return_index=True)
    kept = np.zeros(table.point.size, dtype=np.bool_)
    kept[first] = True
    distinct = table.at(kept)
    rows = np.vstack((distinct.total, distinct.least)).T
    # Equal points are gone, so one other that is nowhere worse must be somewhere better.
    beaten = [np.count_nonzero((rows <= row).all(axis=1)) > 1 for row in rows]
    return distinct.at(~np.array(beaten, dtype=np.bool_))


def blocks(tables: Sequence[Table], *, cells: int = 1 << 21) -> Iterator[Block]:
    """All combinations of one point from each table, in blocks that fit in memory.

    Args:
        tables: one a rule, all with the same rows.
        cells: about how many numbers a block may hold.

    Yields:
        The combinations, in the order of the points.
    """
    whole = _fitting(tables, cells)
    for leading in product(*(range(table.point.size) for table in tables[:-whole])):
        fixed = [
            table.at(np.arange(table.point.size) == position)
            for table, position in zip(tables[:-whole], leading, strict=True)
        ]
        yield _joined([*fixed, *tables[-whole:]])


def combinations(tables: Sequence[Table]) -> int:
    """How many there are to join."""
    return prod(table.point.size for table in tables)


def _fitting(tables: Sequence[Table], cells: int) -> int:
    """How many of the last tables can be joined at a time; at least one."""
    rows = tables[0].least.shape[0] + tables[0].total.shape[0]
    fitting = 1
    while fitting < len(tables) and rows * combinations(tables[-fitting - 1 :]) <= cells:
        fitting += 1
    return fitting


def _joined(tables: Sequence[Table]) -> Block:
    least, total = tables[0].least, tables[0].total
    for table in tables[1:]:
        columns = total.shape[1] * table.point.size
        least = np.minimum(least[:, :, None], table.least[:, None, :]).reshape(-1, columns)
        total = (total[:, :, None] + table.total[:, None, :]).reshape(-1, columns)
    return Block(tables=tuple(tables), least=least, total=total)
