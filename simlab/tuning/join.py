"""Combinations of one point a rule, joined exactly without replaying any.

Rules are separable: an incident is first caught by whichever rule was first, and counts and
times add up. So a combination is the minimum of its points' rows and the sum of its points'
sums, and the joint search costs additions.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from simlab.errors import ConfigError

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Fits: TypeAlias = Callable[[Floats], NDArray[np.bool_]]
"""Which columns of sums fit. Whatever fits must still fit where a sum is less."""

MAX_COMBINATIONS = 50_000_000
"""As many as are joined in some seconds; a search over more is refused."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Table:
    """The points of one rule, a row each.

    Attributes:
        point: the position of each point in the sweep it comes from.
        least: what joins by its minimum: a column an incident.
        total: what joins by its sum: a column a quantity.
        capped: what joins by its sum, is 0 or more and may not go too high: a *row* a quantity.
    """

    point: Ints
    least: Floats
    total: Floats
    capped: Floats

    def at(self, where: NDArray[np.bool_]) -> "Table":
        """The table with only some of its points."""
        return Table(
            point=self.point[where],
            least=self.least[where],
            total=self.total[where],
            capped=self.capped[:, where],
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Joined:
    """Combinations of one point from each of some tables.

    Attributes:
        places: for each combination (a row) the place in each table (a column).
        capped: the tables' `capped` sums, a column a combination.
    """

    places: Ints
    capped: Floats

    def at(self, where: slice | Ints) -> "Joined":
        """Some of the combinations."""
        return Joined(places=self.places[where], capped=self.capped[:, where])


def undominated(table: Table) -> Table:
    """The table without the points that another equals or betters in every figure.

    Leaving them out never makes the best combination worse, whatever is best, as long as less
    is better in each figure: with the other in its place a combination is no worse in any. Of
    equal points the first stays.
    """
    rows = np.hstack((table.total, table.capped.T, table.least))
    _, first = np.unique(rows, axis=0, return_index=True)
    kept = np.zeros(table.point.size, dtype=np.bool_)
    kept[first] = True
    rows = rows[kept]
    # Equal points are gone, so one other that is nowhere worse must be somewhere better.
    beaten = [np.count_nonzero((rows <= row).all(axis=1)) > 1 for row in rows]
    return table.at(kept).at(~np.array(beaten, dtype=np.bool_))


def fitting(tables: Sequence[Table], fits: Fits, *, rows: int, cells: int = 1 << 21) -> Joined:
    """The combinations of one point from each table whose `capped` sums fit.

    Rules are joined one after the other, and what does not fit is not joined any further.

    Args:
        tables: one a rule, all with the same quantities; none gives the empty combination.
        fits: which sums fit, a column each.
        rows: how many `capped` quantities they have.
        cells: about how many numbers are looked at at a time.

    Raises:
        ConfigError: there are more than `MAX_COMBINATIONS` to try.
    """
    check_size(tables)
    found = Joined(places=np.empty((1, 0), dtype=np.int64), capped=np.zeros((rows, 1)))
    for table in tables:
        parts = list(joined(found, table, fits, cells=cells))
        found = Joined(
            places=np.concatenate([part.places for part in parts]),
            capped=np.concatenate([part.capped for part in parts], axis=1),
        )
    return found


def joined(found: Joined, table: Table, fits: Fits, *, cells: int = 1 << 21) -> Iterator[Joined]:
    """Combinations, each with each point of one more table, where that fits, some at a time."""
    rows, size = table.capped.shape
    step = max(1, cells // max(1, rows * size))
    for start in range(0, max(1, len(found.places)), step):  # once even when nothing is left
        part = found.at(slice(start, start + step))
        sums = (part.capped[:, :, None] + table.capped[:, None, :]).reshape(rows, -1)
        kept = np.flatnonzero(fits(sums))
        row, place = np.divmod(kept, max(1, size))
        yield Joined(places=np.column_stack((part.places[row], place)), capped=sums[:, kept])


def least_of(tables: Sequence[Table], places: Ints) -> Floats:
    """The minimum over the tables of each combination: a row each, a column an incident."""
    least = tables[0].least[places[:, 0]]
    for table, place in zip(tables[1:], places.T[1:], strict=True):
        np.minimum(least, table.least[place], out=least)
    return least


def total_of(tables: Sequence[Table], places: Ints) -> Floats:
    """The sum over the tables of each combination: a row each, a column a quantity."""
    total = tables[0].total[places[:, 0]]
    for table, place in zip(tables[1:], places.T[1:], strict=True):
        total += table.total[place]
    return total


def capped_of(tables: Sequence[Table], places: Ints) -> Floats:
    """The `capped` sums of each combination: a column each, a row a quantity."""
    capped = tables[0].capped[:, places[:, 0]]
    for table, place in zip(tables[1:], places.T[1:], strict=True):
        capped += table.capped[:, place]
    return capped


def points_of(tables: Sequence[Table], places: Ints) -> Ints:
    """Which points of the sweep make up each combination: a row each, a column a table."""
    columns = zip(tables, places.T, strict=True)
    return np.stack([table.point[place] for table, place in columns], axis=1)


def check_size(tables: Sequence[Table]) -> None:
    """Refuse what would take too long.

    Raises:
        ConfigError: there are more than `MAX_COMBINATIONS`.
    """
    sizes = [table.point.size for table in tables]
    if (count := prod(sizes)) > MAX_COMBINATIONS:
        raise ConfigError(
            f"$.rule.search: {count:,} combinations ({' x '.join(map(str, sizes))}) are left to "
            f"try, and at most {MAX_COMBINATIONS:,} are; take fewer steps, or tune fewer rules "
            "at a time"
        )
