"""A disk that is full, for one transaction."""

import os
from typing import Final

from simlab.bot.till import Till

_SPILL_BYTES: Final = 1_000_000
_DEVICE: Final = "/dev/full"


def fill(till: Till, *, is_sqlite: bool) -> None:
    """Write more than there is room for.

    SQLite is told that its file may not grow, and is given a megabyte to hold; elsewhere the
    megabyte goes to the device that is always full.

    Raises:
        SQLAlchemyError: there is no room, as SQLite has it.
        OSError: there is none, as the system has it.
    """
    if not is_sqlite:
        with open(_DEVICE, "wb", buffering=0) as full:  # noqa: PTH123  # a device, not a file
            os.write(full.fileno(), bytes(_SPILL_BYTES))
        return
    most = till.connection.exec_driver_sql("PRAGMA max_page_count").scalar_one()
    till.connection.exec_driver_sql("PRAGMA max_page_count = 1")  # that is: as many as there are
    try:
        till.connection.exec_driver_sql(
            f"CREATE TABLE spill AS SELECT zeroblob({_SPILL_BYTES}) AS filler"
        )
    finally:
        till.connection.exec_driver_sql(f"PRAGMA max_page_count = {most}")
