"""The inventory's tables, and whether a database's are these."""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Connection,
    Integer,
    MetaData,
    String,
    Table,
    inspect,
)

METADATA: Final = MetaData()
WORKLOAD: Final = Table(
    "workload",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
)
STOCK: Final = Table(
    "stock",
    METADATA,
    Column("warehouse_id", BigInteger, primary_key=True, autoincrement=False),
    Column("sku", String(200), primary_key=True),
    Column("opening", BigInteger, nullable=False),
    Column("quantity", BigInteger, nullable=False),
    CheckConstraint("quantity >= 0", name="stock_never_negative"),
    sqlite_with_rowid=False,
)
BATCH: Final = Table(
    "batch",
    METADATA,
    Column("workload_id", Integer, primary_key=True, autoincrement=False),
    Column("batch_id", BigInteger, primary_key=True, autoincrement=False),
    Column("lines", Integer, nullable=False),
    sqlite_with_rowid=False,
)
MOVEMENT: Final = Table(
    "movement",
    METADATA,
    Column("workload_id", Integer, primary_key=True, autoincrement=False),
    Column("batch_id", BigInteger, primary_key=True, autoincrement=False),
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("warehouse_id", BigInteger, nullable=False),
    Column("sku", String(200), nullable=False),
    Column("quantity", BigInteger, nullable=False),
    Column("reason", String(20), nullable=False),
    sqlite_with_rowid=False,
)
"""`stock.quantity` is `stock.opening` plus all movements there; a row in `batch` says that its
batch has been applied, and keeps it from being applied twice."""


def foreign(connection: Connection) -> str | None:
    """What in a database is not the inventory's; None when it is empty or an inventory."""
    inspector = inspect(connection)
    found = set(inspector.get_table_names())
    if not found:
        return None
    strange = sorted(found - set(METADATA.tables))
    if strange:
        return f"table {strange[0]!r}"
    missing = sorted(set(METADATA.tables) - found)
    if missing:
        return f"no table {missing[0]!r} beside {min(found)!r}"
    return next(_strange_columns(connection), None)


def _strange_columns(connection: Connection) -> Iterator[str]:
    inspector = inspect(connection)
    for table in METADATA.sorted_tables:
        columns = [column["name"] for column in inspector.get_columns(table.name)]
        if columns != list(table.columns.keys()):
            yield f"table {table.name!r} with columns {', '.join(columns)}"
