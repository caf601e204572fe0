"""The inventory: stock in warehouses, the movements that changed it, and that they agree."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection, Select, bindparam, func, select
from sqlalchemy.exc import SQLAlchemyError

from simlab.bot.database import Database, first_line
from simlab.bot.movements import Cell
from simlab.bot.reconciliation import Reconciliation
from simlab.bot.tables import BATCH, METADATA, MOVEMENT, STOCK, WORKLOAD, foreign
from simlab.errors import ConfigError, InputError

_CHUNK: Final = 5_000
_RAISED: Final = (
    STOCK.update()
    .where(STOCK.c.warehouse_id == bindparam("w"), STOCK.c.sku == bindparam("s"))
    .values(
        opening=STOCK.c.opening + bindparam("more"), quantity=STOCK.c.quantity + bindparam("more")
    )
)


class Store:
    """The inventory in one database.

    Attributes:
        database: where it lies.
        workload_id: the workload that is worked on, as the tables know it.
    """

    def __init__(self, database: Database, *, workload: str, needed: Mapping[Cell, int]) -> None:
        """Make the tables where they are missing, and see that there is stock enough.

        What lies in a place is raised to what is needed there, as if it had been there from
        the start.

        Args:
            database: an empty one, or one with an inventory.
            workload: its name; batches are known by it and their id.
            needed: units that must lie in each place.

        Raises:
            ConfigError: the database cannot be reached or written.
            InputError: it holds something else.
        """
        self.database = database
        try:
            with database.engine.connect() as connection:
                with connection.begin():
                    strange = foreign(connection)
                if strange is None:
                    database.outlive_the_process(connection)
                    self.workload_id = _readied(connection, workload, needed)
        except SQLAlchemyError as error:
            raise ConfigError(
                f"--db {database.name}: cannot be used: {_reason(error)}; is it running, and may"
                " this user write there?"
            ) from None
        if strange is not None:
            raise InputError(
                f"--db {database.name}: holds {strange}, which is no inventory of simlab's; name"
                " an empty database"
            )

    def reconciliation(self) -> Reconciliation:
        """What it holds, and whether all of it agrees."""
        with self.database.engine.connect() as connection, connection.begin():
            return _reconciled(connection)


def _readied(connection: Connection, workload: str, needed: Mapping[Cell, int]) -> int:
    """Have tables and stock there, or nothing of it; the workload's id."""
    with connection.begin():
        METADATA.create_all(connection)
        _stock_up(connection, needed)
        return _workload_id(connection, workload)


def _workload_id(connection: Connection, workload: str) -> int:
    known = select(WORKLOAD.c.id).where(WORKLOAD.c.name == workload)
    found = connection.execute(known).scalar()
    if found is None:
        connection.execute(WORKLOAD.insert(), {"name": workload})
        found = connection.execute(known).scalar_one()
    return int(found)


def _stock_up(connection: Connection, needed: Mapping[Cell, int]) -> None:
    found = select(STOCK.c.warehouse_id, STOCK.c.sku, STOCK.c.quantity)
    lies = {Cell(place, sku): units for place, sku, units in connection.execute(found)}
    new = [
        {"warehouse_id": cell.warehouse_id, "sku": cell.sku, "opening": units, "quantity": units}
        for cell, units in needed.items()
        if cell not in lies
    ]
    short = [
        {"w": cell.warehouse_id, "s": cell.sku, "more": units - lies[cell]}
        for cell, units in needed.items()
        if units > lies.get(cell, units)
    ]
    for first in range(0, len(new), _CHUNK):
        connection.execute(STOCK.insert(), new[first : first + _CHUNK])
    if short:
        connection.execute(_RAISED, short)


def _reconciled(connection: Connection) -> Reconciliation:
    moved = (
        select(
            MOVEMENT.c.warehouse_id, MOVEMENT.c.sku, func.sum(MOVEMENT.c.quantity).label("moved")
        )
        .group_by(MOVEMENT.c.warehouse_id, MOVEMENT.c.sku)
        .subquery()
    )
    here = (STOCK.c.warehouse_id == moved.c.warehouse_id) & (STOCK.c.sku == moved.c.sku)
    by_cell = select(
        STOCK.c.quantity, STOCK.c.opening + func.coalesce(moved.c.moved, 0)
    ).select_from(STOCK.outerjoin(moved, here))
    cells = connection.execute(by_cell).all()
    lines = (
        select(MOVEMENT.c.workload_id, MOVEMENT.c.batch_id, func.count().label("lines"))
        .group_by(MOVEMENT.c.workload_id, MOVEMENT.c.batch_id)
        .subquery()
    )
    whole = (
        (BATCH.c.workload_id == lines.c.workload_id)
        & (BATCH.c.batch_id == lines.c.batch_id)
        & (BATCH.c.lines == lines.c.lines)
    )
    batches, count, total = (_number(connection, each) for each in (
        select(func.count()).select_from(BATCH),
        select(func.count()).select_from(MOVEMENT),
        select(func.sum(MOVEMENT.c.quantity)),
    ))  # fmt: skip
    matched = _number(connection, select(func.count()).select_from(BATCH.join(lines, whole)))
    told = _number(connection, select(func.count()).select_from(lines))
    return Reconciliation(
        batches=batches,
        movements=count,
        opening=_number(connection, select(func.sum(STOCK.c.opening))),
        moved=total,
        stock=sum(int(quantity) for quantity, _ in cells),
        cells_off=sum(int(quantity) != int(expected) for quantity, expected in cells),
        cells_negative=sum(int(quantity) < 0 for quantity, _ in cells),
        batches_off=batches - matched + told - matched,
    )


def _number(connection: Connection, query: Select[Any]) -> int:
    """What a query of one number finds; the sum of nothing is 0."""
    return int(connection.execute(query).scalar() or 0)


def _reason(error: SQLAlchemyError) -> str:
    return first_line(getattr(error, "orig", None) or error)
