"""One worker's connection to the inventory: a batch is applied whole, once, or not at all."""

from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

from sqlalchemy import Dialect, bindparam, literal_column
from sqlalchemy.exc import IntegrityError

from simlab.bot.failures import InvalidError
from simlab.bot.movements import Cell, Movement
from simlab.bot.store import Store
from simlab.bot.tables import BATCH, MOVEMENT, STOCK

_MOVE: Final = (
    STOCK.update()
    .where(
        STOCK.c.warehouse_id == bindparam("place"),
        STOCK.c.sku == bindparam("item"),
        STOCK.c.quantity + bindparam("least") >= literal_column("0"),
    )
    .values(quantity=STOCK.c.quantity + bindparam("units"))
)


class _Statement:
    """Text for a driver, compiled once: a batch has no time to compile its own."""

    def __init__(self, statement: Any, dialect: Dialect, names: Sequence[str]) -> None:
        compiled = statement.compile(dialect=dialect)
        self.text = str(compiled)
        self._order = compiled.positiontup
        self._names = tuple(names)
        self._picks = tuple(self._names.index(name) for name in self._order or ())

    def rows(self, rows: Sequence[tuple[Any, ...]]) -> list[Any]:
        """Values in the order of the names, as the driver wants them."""
        if self._order is None:
            return [dict(zip(self._names, row, strict=True)) for row in rows]
        return [tuple(row[pick] for pick in self._picks) for row in rows]


class _Rows(NamedTuple):
    """What the three statements are given for one batch."""

    batch: Any
    moves: list[Any]
    lines: list[Any]


class _Statements:
    """The three that apply a batch."""

    def __init__(self, dialect: Dialect) -> None:
        self.batch = _Statement(BATCH.insert(), dialect, [c.name for c in BATCH.columns])
        self.move = _Statement(_MOVE, dialect, ["units", "place", "item", "least"])
        self.line = _Statement(MOVEMENT.insert(), dialect, [c.name for c in MOVEMENT.columns])


def nothing() -> None:
    """Happens by default in the middle of a batch."""


class Till:
    """A connection of its own, for one thread; closed at the end of its `with`."""

    def __init__(self, store: Store, *, patience_s: float) -> None:
        """Connect.

        Args:
            store: the inventory.
            patience_s: how long to wait for others' locks, in real seconds.
        """
        self._store = store
        self._sql = _Statements(store.database.engine.dialect)
        self._patience_s = patience_s
        self.connection = store.database.engine.connect()
        store.database.be_patient(self.connection, patience_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.connection.close()

    def apply(
        self,
        batch_id: int,
        movements: Sequence[Movement],
        net: Mapping[Cell, int],
        *,
        midway: Callable[[], None] = nothing,
    ) -> bool:
        """Apply a batch in one transaction; whatever is raised, nothing of it stays.

        Args:
            batch_id: which.
            movements: its lines.
            net: what they come to in each place, places in order so that workers never wait for
                each other in a circle.
            midway: called when the stock has been changed and the lines are not written yet.

        Returns:
            False when it had been applied before, as after a crash: then nothing changes.

        Raises:
            InvalidError: stock would go below 0, or there is no such place.
            SQLAlchemyError: the database cannot take it now.
        """
        rows = self._rows(batch_id, movements, net)  # before it is this worker's turn to write
        with self._store.database.turn:
            self._mend()
            try:
                with self.connection.begin():
                    self._apply(batch_id, rows, midway)
            except _AppliedError:
                return False
        return True

    def hurry(self) -> None:
        """Wait for no lock from now on."""
        self._store.database.be_patient(self.connection, 0.0)

    def calm_down(self) -> None:
        """Wait as usual again."""
        self._store.database.be_patient(self.connection, self._patience_s)

    def _rows(self, batch_id: int, movements: Sequence[Movement], net: Mapping[Cell, int]) -> _Rows:
        sql, workload_id = self._sql, self._store.workload_id
        return _Rows(
            sql.batch.rows([(workload_id, batch_id, len(movements))])[0],
            sql.move.rows([(units, *cell, units) for cell, units in net.items() if units]),
            sql.line.rows(
                [
                    (
                        workload_id,
                        batch_id,
                        n,
                        each.warehouse_id,
                        each.sku,
                        each.quantity,
                        each.reason,
                    )
                    for n, each in enumerate(movements)
                ]
            ),
        )

    def _apply(self, batch_id: int, rows: _Rows, midway: Callable[[], None]) -> None:
        tell, sql = self.connection.exec_driver_sql, self._sql
        try:
            tell(sql.batch.text, rows.batch)
        except IntegrityError:
            raise _AppliedError from None
        if rows.moves and tell(sql.move.text, rows.moves).rowcount != len(rows.moves):
            raise InvalidError(f"batch {batch_id}: takes out what is not there")
        midway()
        tell(sql.line.text, rows.lines)

    def _mend(self) -> None:
        """A connection that was lost is followed by one that is as patient."""
        if self.connection.invalidated:
            fresh = self._store.database.engine.connect()
            self.connection.close()
            self.connection = fresh
            self.calm_down()


class _AppliedError(Exception):
    """The batch has been applied before."""
