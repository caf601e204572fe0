"""The steps of an attempt at a batch: fetch, validate, apply, commit."""

from collections.abc import Callable, Sequence
from typing import Final, Protocol, TypeAlias

from simlab.bot.desk import Desk, Job
from simlab.bot.failures import FailedError, InvalidError, failure_of
from simlab.bot.ledger import Ledger
from simlab.bot.movements import MOST_UNITS, Cell, Movement, Movements
from simlab.bot.pace import CutShortError, Pace
from simlab.bot.till import Till
from simlab.clock import WallClock

_SIGNS: Final = {"pick": (-1,), "receipt": (1,), "return": (1,), "adjustment": (-1, 1)}


Caught: TypeAlias = Callable[[int, BaseException], None]
"""Takes a batch's id and what was raised at it; it must not raise itself."""


class Hazard(Protocol):
    """What may befall an attempt on purpose, at each of its steps."""

    def fetch(self, job: Job, order: Sequence[Movement], until_us: int) -> Sequence[Movement]:
        """While it is fetched, which is to take until a moment; what arrives as the order."""

    def apply(self, job: Job, till: Till, write: Callable[[Callable[[], None]], None]) -> None:
        """While it is applied by calling `write`, with what is to happen in the middle of it."""


class Steps:
    """A worker's way with each attempt.

    Args:
        ledger: the work.
        movements: of each batch.
        till: its connection to the inventory.
        clock: by which it is paced.
        hazard: what befalls attempts that are to fail, or to take longer than usual.
        caught: shown each exception that an attempt ended with, and the batch's id.
    """

    def __init__(
        self,
        ledger: Ledger,
        movements: Movements,
        till: Till,
        clock: WallClock,
        hazard: Hazard,
        *,
        caught: Caught | None = None,
    ) -> None:
        self._caught = caught
        self._ledger = ledger
        self._movements = movements
        self._known = frozenset(movements.skus)
        self._till = till
        self._clock = clock
        self._hazard = hazard

    def run(self, desk: Desk) -> None:
        """Take attempt after attempt until sent home."""
        pace = Pace(self._clock, desk.cut)
        while (job := desk.take()) is not None:
            end_us = job.start_us + job.work_us
            waited = pace.left_s(end_us) > 0
            try:
                failure = self._attempt(job, pace, end_us)
            except CutShortError:
                desk.give_back(job)
                continue
            pace.learn(end_us, waited=waited)
            desk.end(job, failure)

    def _attempt(self, job: Job, pace: Pace, end_us: int) -> FailedError | None:
        """Make it, and why it failed if it did."""
        try:
            self._steps(job, pace, end_us)
        except CutShortError:
            raise
        except Exception as error:  # noqa: BLE001  # whatever it is, it is this batch's failure alone
            if self._caught is not None:
                self._caught(self._ledger.batch_id[job.turn.batch], error)
            failure = failure_of(error)
            if failure.error_type == job.cause:  # on purpose: the workload says if it passes
                return FailedError(failure.error_type, transient=job.goes_on)
            return failure
        return None

    def _steps(self, job: Job, pace: Pace, end_us: int) -> None:
        batch, batch_id = job.turn.batch, self._ledger.batch_id[job.turn.batch]
        order: Sequence[Movement] = self._movements.of(batch)
        befallen = job.cause is not None or job.extra_us > 0
        if befallen:
            order = self._hazard.fetch(job, order, end_us)
        pace.wait(end_us)
        net = validated(order, self._known)

        def write(midway: Callable[[], None]) -> None:
            self._till.apply(batch_id, order, net, midway=midway)

        if befallen:
            self._hazard.apply(job, self._till, write)
        else:
            self._till.apply(batch_id, order, net)


def validated(order: Sequence[Movement], known: frozenset[str]) -> dict[Cell, int]:
    """What the movements of an order come to in each place, places in order.

    Raises:
        InvalidError: there are none, one is of no known stock item, of no known reason, of 0
            units, of more than 20, or in the wrong direction for its reason.
    """
    if not order:
        raise InvalidError("no movements")
    net: dict[Cell, int] = {}
    for line, each in enumerate(order, 1):
        units = each.quantity
        signs = _SIGNS.get(each.reason, ())
        if not 0 < abs(units) <= MOST_UNITS or (1 if units > 0 else -1) not in signs:
            raise InvalidError(f"line {line}: {units} units as {each.reason!r}")
        if each.sku not in known:
            raise InvalidError(f"line {line}: no stock item {each.sku!r}")
        cell = Cell(each.warehouse_id, each.sku)
        net[cell] = net.get(cell, 0) + units
    return dict(sorted(net.items()))
