"""What the tests of the real bot share: a small inventory, and a bot that works on it."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import numpy as np
from sqlalchemy import text

from simlab.bot.database import Database
from simlab.bot.faults import Faults, Outages
from simlab.bot.hazards.enact import Enactment
from simlab.bot.hazards.upstream import Upstream
from simlab.bot.ledger import Ledger
from simlab.bot.movements import Cell, Movement, Movements
from simlab.bot.steps import Steps
from simlab.bot.store import Store
from simlab.bot.till import Till
from simlab.bot.wall import WallBot
from simlab.clock import WallClock
from simlab.dataset.batches import Batches
from simlab.events import Observer

SECOND = 1_000_000
NEEDED = {Cell(1, "A"): 10, Cell(1, "B"): 10}
ORDER = [
    Movement("A", 1, -3, "pick"),
    Movement("B", 1, 7, "receipt"),
    Movement("A", 1, 1, "return"),
]
NET = {Cell(1, "A"): -2, Cell(1, "B"): 7}


@contextmanager
def inventory(url: str, needed: dict[Cell, int] | None = None) -> Iterator[Store]:
    """One with ten of A and ten of B in warehouse 1, or as needed."""
    database = Database(url)
    try:
        yield Store(database, workload="test", needed=NEEDED if needed is None else needed)
    finally:
        database.close()


def units(store: Store) -> dict[str, int]:
    """How many of each item lie in all warehouses together."""
    with store.database.engine.connect() as connection, connection.begin():
        found = connection.execute(text("SELECT sku, sum(quantity) FROM stock GROUP BY sku"))
        return {sku: int(quantity) for sku, quantity in found}


def single(
    count: int, *, every_us: int = SECOND, work_us: int = SECOND // 10, size: int = 3,
    status: str = "success", error_type: str | None = None, tries: int = 3,
) -> Batches:  # fmt: skip
    """Batches that fall due evenly from 0 on, with up to `tries` attempts that go alike."""
    return Batches(
        due_us=np.arange(count, dtype=np.int64) * every_us,
        batch_id=np.arange(1, count + 1),
        warehouse_id=np.ones(count, np.int64),
        batch_size=np.full(count, size),
        first_attempt=np.arange(count + 1) * tries,
        work_us=np.full(count * tries, work_us),
        pause_us=np.tile(np.array([0, *[SECOND // 5] * (tries - 1)]), count),
        goes_on=np.full(count * tries, status == "retry"),
        status=[status] * (count * tries),
        error_type=[error_type] * (count * tries),
    )


@contextmanager
def bot_at(
    url: str,
    batches: Batches,
    *,
    observers: Sequence[Observer] = (),
    workers: int = 1,
    speed: float = 10.0,
    faults: Faults | None = None,
    patience_s: float = 5.0,
) -> Iterator[tuple[WallBot, Store]]:
    """A bot that is ready to work on these batches."""
    ledger = Ledger.of(batches)
    movements = Movements(ledger, seed=1)
    clock = WallClock(0, speed=speed)
    with ExitStack() as stack:
        store = stack.enter_context(inventory(url, movements.outgoing()))
        upstream = stack.enter_context(Upstream())
        steps = []
        for _ in range(workers):
            till = stack.enter_context(Till(store, patience_s=patience_s))
            enactment = Enactment(ledger, store, upstream, clock)
            stack.callback(enactment.close)
            steps.append(Steps(ledger, movements, till, clock, enactment))
        bot = WallBot(
            ledger,
            workers=[each.run for each in steps],
            clock=clock,
            faults=faults or Outages(),
            observers=observers,
            most_tries=3,
        )
        clock.begin()
        yield bot, store
