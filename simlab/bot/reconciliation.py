"""Whether stock, movements and batches tell the same story."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Reconciliation:
    """What the database holds once the bot is done; all in units of stock but `batches`.

    Attributes:
        batches: applied, of every workload.
        movements: committed lines.
        opening: stock before any of them.
        moved: the sum of all movements.
        stock: what lies there now.
        cells_off: places where the stock is not its opening plus its movements.
        cells_negative: places with less than nothing.
        batches_off: batches that are not there with all their lines and no others.
    """

    batches: int
    movements: int
    opening: int
    moved: int
    stock: int
    cells_off: int
    cells_negative: int
    batches_off: int

    @property
    def agrees(self) -> bool:
        """Whether stock, movements and batches tell the same story, place by place."""
        whole = self.stock - self.opening == self.moved
        return whole and not (self.cells_off or self.cells_negative or self.batches_off)
