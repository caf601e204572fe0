"""Attempts put one after another where there is room for them already."""

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from simlab.workload.attempts import Attempts, merged
from simlab.workload.micros import Int64s

if TYPE_CHECKING:
    from simlab.workload.fate import Seen

_MORE: Final = 1.5
_KINDS: Final = {
    "end_us": np.int64, "duration_us": np.int64, "status": np.uint8, "warehouse_id": np.int32,
    "batch_id": np.int64, "attempt": np.uint8, "batch_size": np.int32, "error_type": np.uint8,
}  # fmt: skip


class Shelf:
    """Columns with room for `room` attempts; more is made when it is needed.

    Each attempt is copied once, instead of once into a piece and once into the whole.
    """

    def __init__(self, room: int) -> None:
        self._rows = 0
        self._columns: dict[str, npt.NDArray[Any]] = {
            name: np.empty(max(1, room), kind) for name, kind in _KINDS.items()
        }
        self._waited_us: list[Int64s] = []
        self._seen: list[Seen] = []

    def put(self, attempts: Attempts, order: Int64s) -> None:
        """Add those that `order` picks, in its order."""
        start, self._rows = self._rows, self._rows + len(order)
        for name, column in self._columns.items():
            if self._rows > len(column):
                column = np.resize(column, int(self._rows * _MORE))  # noqa: PLW2901  # the same one
                self._columns[name] = column
            column[start : self._rows] = getattr(attempts, name)[order]
        if attempts.waited_us is not None:
            self._waited_us.append(attempts.waited_us[order])
        self._seen.append(attempts.seen)

    def attempts(self) -> Attempts:
        """All that has been put there."""
        return Attempts(
            **{name: column[: self._rows] for name, column in self._columns.items()},
            waited_us=np.concatenate(self._waited_us) if self._waited_us else None,
            seen=merged(self._seen),
        )
