"""Points grouped by twos, again and again, with what the best of each group is in each figure.

What the ideal of some groups would cost together bounds what any of their combinations costs,
so most combinations need not be looked at one by one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simlab.tuning.join import Ints, Table


@dataclass(frozen=True, kw_only=True, eq=False)
class Tree:
    """The groups of some tables, one table a rule.

    Attributes:
        levels: for each rule its tables from the points themselves to one group of all.
    """

    levels: tuple[tuple[Table, ...], ...]

    @property
    def depth(self) -> int:
        """The level at which every rule is one group; 0 is that of the points."""
        return max(len(levels) for levels in self.levels) - 1

    def at(self, level: int) -> list[Table]:
        """The tables of a level."""
        return [levels[min(level, len(levels) - 1)] for levels in self.levels]

    def below(self, places: Ints, level: int) -> Ints:
        """The combinations of groups one level down that make up some of a level's."""
        for rule, levels in enumerate(self.levels):
            if level < len(levels):
                places = _halved(places, rule, levels[level - 1].point.size)
        return places


def tree(tables: Sequence[Table]) -> Tree:
    """The groups of tables whose neighbouring rows are alike."""
    return Tree(levels=tuple(tuple(_levels(table)) for table in tables))


def _levels(table: Table) -> list[Table]:
    levels = [table]
    while levels[-1].point.size > 1:
        levels.append(_by_twos(levels[-1]))
    return levels


def _by_twos(table: Table) -> Table:
    """The ideal of each two neighbours; what has none stays as it is."""
    starts = np.arange(0, table.point.size, 2)
    return Table(
        point=starts,
        least=np.minimum.reduceat(table.least, starts, axis=0),
        total=np.minimum.reduceat(table.total, starts, axis=0),
        capped=np.minimum.reduceat(table.capped, starts, axis=1),
    )


def _halved(places: Ints, rule: int, size: int) -> Ints:
    halves = np.repeat(places, 2, axis=0)
    halves[:, rule] = 2 * halves[:, rule] + np.tile([0, 1], len(places))
    return halves[halves[:, rule] < size]
