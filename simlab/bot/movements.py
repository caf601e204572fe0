"""What a batch is made of: stock movements, the same for the same workload in either time."""

import threading
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple, TypeAlias

import numpy as np
from msgspec import Struct

from simlab.bot.ledger import Ledger
from simlab.dataset.batches import Ints
from simlab.errors import InputError
from simlab.rng import uniforms

Reason: TypeAlias = Literal["pick", "receipt", "return", "adjustment"]
MOST_ITEMS: Final = 1 << 13
"""In a batch that is really worked on."""
MOST_UNITS: Final = 20
"""In one movement, in or out."""
_REASONS: Final[tuple[Reason, ...]] = ("pick", "receipt", "return", "adjustment")
_SHARES: Final = np.array([0.70, 0.90, 0.96])
"""Where in 0 to 1 one reason ends and the next begins."""
_LEAST: Final = np.array([-5, 5, 1, -3])
_VALUES: Final = np.array([5, 16, 2, 7])
"""Whole numbers from the least on: picks of 1 to 5, receipts of 5 to 20 and so on."""
_BLOCK: Final = 256
_BLOCKS_KEPT: Final = 8
_UNNAMED: Final = tuple(f"SKU-{number:03}" for number in range(1, 201))


class Movement(Struct, frozen=True, gc=False):
    """So many units of a stock item into a warehouse, or out of it where below 0; never 0."""

    sku: str
    warehouse_id: int
    quantity: int
    reason: Reason


class Cell(NamedTuple):
    """Where one stock item lies."""

    warehouse_id: int
    sku: str


class _Block(NamedTuple):
    """The lines of some batches one after another, and where each batch's begin."""

    sku: list[int]
    quantity: list[int]
    reason: list[int]
    starts: list[int]


class Movements:
    """The movements of each batch of a workload, drawn when they are asked for.

    Each hangs on the seed, the batch's id and its line alone. Threads may ask side by side.

    Args:
        ledger: the batches.
        seed: of the workload, 0 or more.
        skus: names of stock items; `SKU-001` to `SKU-200` where there are none.

    Raises:
        InputError: a batch holds more than 8,192 items.
    """

    def __init__(self, ledger: Ledger, *, seed: int, skus: Sequence[str] = ()) -> None:
        _refuse_huge(ledger)
        self.skus: Final = tuple(skus) or _UNNAMED
        self._seed = seed
        self._batch_id = np.array(ledger.batch_id, np.int64)
        self._warehouse_id = ledger.warehouse_id
        self._size = np.array(ledger.batch_size, np.int64)
        self._blocks: dict[int, _Block] = {}
        self._lock = threading.Lock()

    def of(self, batch: int) -> list[Movement]:
        """Those of a batch, by its index."""
        number, place = divmod(batch, _BLOCK)
        block = self._block(number)
        warehouse_id = self._warehouse_id[batch]
        return [
            Movement(self.skus[block.sku[at]], warehouse_id, block.quantity[at],
                     _REASONS[block.reason[at]])
            for at in range(block.starts[place], block.starts[place + 1])
        ]  # fmt: skip

    def outgoing(self) -> dict[Cell, int]:
        """How many units all batches together take out of each place: what must lie there."""
        warehouses = sorted(set(self._warehouse_id))
        rank = {warehouse_id: index for index, warehouse_id in enumerate(warehouses)}
        ranks = np.array([rank[each] for each in self._warehouse_id], np.int64)
        totals = np.zeros(len(warehouses) * len(self.skus), np.int64)
        for first in range(0, len(self._batch_id), _BLOCK * 16):
            chosen = slice(first, first + _BLOCK * 16)
            sku, quantity, _ = self._lines(chosen)
            cell = np.repeat(ranks[chosen], self._size[chosen]) * len(self.skus) + sku
            out = np.bincount(cell, np.maximum(-quantity, 0), minlength=len(totals))
            totals += np.rint(out).astype(np.int64)
        cells = [Cell(warehouse_id, sku) for warehouse_id in warehouses for sku in self.skus]
        return dict(zip(cells, totals.tolist(), strict=True))

    def _block(self, number: int) -> _Block:
        with self._lock:
            block = self._blocks.get(number)
            if block is None:
                block = self._blocks[number] = self._drawn(number)
                if len(self._blocks) > _BLOCKS_KEPT:
                    del self._blocks[next(iter(self._blocks))]
            return block

    def _drawn(self, number: int) -> _Block:
        chosen = slice(number * _BLOCK, (number + 1) * _BLOCK)
        sku, quantity, reason = self._lines(chosen)
        starts = [0, *np.cumsum(self._size[chosen]).tolist()]
        return _Block(sku.tolist(), quantity.tolist(), reason.tolist(), starts)

    def _lines(self, chosen: slice) -> tuple[Ints, Ints, Ints]:
        """Stock item, quantity and reason of each line of some batches."""
        size = self._size[chosen]
        first = np.repeat(np.cumsum(size) - size, size)
        line = np.arange(len(first)) - first
        key = np.repeat(self._batch_id[chosen], size) * MOST_ITEMS + line
        reason = np.searchsorted(_SHARES, uniforms(self._seed, "movement.reason", key), "right")
        sku = (uniforms(self._seed, "movement.sku", key) * len(self.skus)).astype(np.int64)
        chance = uniforms(self._seed, "movement.quantity", key)
        quantity = _LEAST[reason] + (chance * _VALUES[reason]).astype(np.int64)
        quantity[quantity == 0] = 1  # an adjustment that moves nothing is none
        return sku, quantity, reason


def _refuse_huge(ledger: Ledger) -> None:
    most = max(ledger.batch_size, default=0)
    if most > MOST_ITEMS:
        batch_id = ledger.batch_id[ledger.batch_size.index(most)]
        raise InputError(
            f"batch {batch_id}: {most:,} items; the bot really works on up to {MOST_ITEMS:,} in a"
            " batch: run it in virtual time"
        )
