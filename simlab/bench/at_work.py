"""The bot at work, with a stack and without: `python -m simlab.bench.at_work`.

Its arguments are STACK BATCHES SEED FOLDER. Tells as JSON what both took.
"""

import random
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from msgspec import Struct

from simlab.bench.apart import answer
from simlab.bench.catalogue import stack_of
from simlab.bot.database import Database
from simlab.bot.faults import Outages
from simlab.bot.ledger import NEVER, Ledger
from simlab.bot.movements import Movement, Movements
from simlab.bot.steps import Steps
from simlab.bot.store import Store
from simlab.bot.till import Till
from simlab.bot.wall import WallBot
from simlab.clock import WallClock, cpu_ns, timer_ns

if TYPE_CHECKING:
    from simlab.bench.stack import Stack
    from simlab.bot.desk import Job
    from simlab.events import Observer

BLOCK: Final = 250
"""Batches at a stretch, before the stack comes in or goes out."""
_ITEMS, _PLACES = 40, 50
_PATIENCE_S: Final = 30.0


class Spent(Struct, frozen=True):
    """How long a block took, and its CPU time over all threads [ns]."""

    wall_ns: int
    cpu_ns: int


class Taken(Struct, frozen=True):
    """Pairs of blocks: with the stack, until all it was told of is in the file, and without."""

    on: list[Spent]
    off: list[Spent]


class Calm:
    """Nothing befalls any attempt."""

    def fetch(self, job: "Job", order: Sequence[Movement], until_us: int) -> Sequence[Movement]:
        """The order as it is."""
        del job, until_us
        return order

    def apply(self, job: "Job", till: Till, write: Callable[[Callable[[], None]], None]) -> None:
        """No more than is to be done."""
        del job, till
        write(lambda: None)


def taken(stack: "Stack", folder: Path, *, batches: int, seed: int) -> Taken:
    """Work through batches of 40 items on SQLite, in pairs of blocks of which one is told of.

    Which comes first is left to chance. Draining is billed but for what it costs when there is
    nothing to drain. The first pair warms up.

    Args:
        stack: told of every other block.
        folder: for the database.
        batches: with the stack, and as many without; rounded up to whole blocks.
        seed: of the order and of what is in the batches.
    """
    chance = random.Random(seed)  # noqa: S311  # no secret
    pairs = 1 + -(-batches // BLOCK)
    spent: dict[bool, list[Spent]] = {True: [], False: []}
    with _inventory(folder, 2 * BLOCK * pairs, seed) as work:
        for number in range(pairs):
            first = 2 * BLOCK * number
            for told in chance.sample([True, False], 2):
                spent[told].append(work(first + BLOCK * told, stack if told else None))
    return Taken(spent[True][1:], spent[False][1:])


@contextmanager
def _inventory(
    folder: Path, count: int, seed: int
) -> Iterator[Callable[[int, "Stack | None"], Spent]]:
    """What has a bot apply a block of the batches, and tells what that took."""
    database = Database(f"sqlite:///{folder / 'inventory.db'}")
    needed = Movements(_ledger(0, count, 0), seed=seed).outgoing()
    store = Store(database, workload="bench", needed=needed)

    def work(first: int, stack: "Stack | None") -> Spent:
        clock = WallClock(0)
        ledger = _ledger(first, BLOCK, clock.now_us())
        movements = Movements(ledger, seed=seed)
        with Till(store, patience_s=_PATIENCE_S) as till:
            bot = WallBot(
                ledger,
                workers=[Steps(ledger, movements, till, clock, Calm()).run],
                clock=clock,
                faults=Outages(),
                observers=() if stack is None else (cast("Observer", stack),),  # of attempts alone
                most_tries=1,
            )
            return _timed(bot, stack)

    try:
        yield work
    finally:
        database.close()


def _timed(bot: WallBot, stack: "Stack | None") -> Spent:
    wall_ns, used_ns = timer_ns(), cpu_ns()
    bot.work()
    if stack is None:
        return Spent(timer_ns() - wall_ns, cpu_ns() - used_ns)
    stack.drain()
    drained_ns, drained_cpu_ns = timer_ns(), cpu_ns()
    stack.drain()
    return Spent(2 * drained_ns - wall_ns - timer_ns(), 2 * drained_cpu_ns - used_ns - cpu_ns())


def _ledger(first: int, count: int, due_us: int) -> Ledger:
    """Batches that are all due now, and succeed as soon as they can."""
    return Ledger(
        due_us=[due_us] * count + [NEVER],
        first=list(range(count + 1)),
        batch_id=list(range(first, first + count)),
        warehouse_id=[1 + number % _PLACES for number in range(first, first + count)],
        batch_size=[_ITEMS] * count,
        pause_us=[0] * count,
        work_us=[0] * count,
        goes_on=[False] * count,
        status=["success"] * count,
        error_type=[None] * count,
    )


def _of(name: str, batches: int, seed: int, folder: Path) -> Taken:
    place = folder / "stack"
    place.mkdir()
    stack = stack_of(name)(place)
    found = taken(stack, folder, batches=batches, seed=seed)
    stack.close()
    return found


def main() -> None:
    """Do it, and say what it took."""
    name, batches, seed, folder = sys.argv[1:]
    answer(lambda: _of(name, int(batches), int(seed), Path(folder)))


if __name__ == "__main__":
    main()
