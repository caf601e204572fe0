"""The work before a bot, as the loop reads it."""

from dataclasses import dataclass
from typing import Final, TypeAlias

from simlab.dataset.batches import Batches
from simlab.events import Status

NEVER: Final = 1 << 62
Entry: TypeAlias = tuple[int, bool, Status, str | None]
"""How long an attempt works [us], whether another follows, its status and its error type."""


@dataclass(frozen=True)
class Ledger:
    """Batches and attempts as lists, which Python reads faster than arrays.

    The first five have an entry a batch, as in `Batches`; `due_us` ends with `NEVER`. The rest
    have an entry an attempt that may be made, and faults may change those of one that starts:
    how long it works, whether another follows, and how it ends. `pause_us` is waited before it.
    """

    due_us: list[int]
    first: list[int]
    batch_id: list[int]
    warehouse_id: list[int]
    batch_size: list[int]
    pause_us: list[int]
    work_us: list[int]
    goes_on: list[bool]
    status: list[Status]
    error_type: list[str | None]

    @classmethod
    def of(cls, batches: Batches) -> "Ledger":
        """Of the batches as they are planned."""
        return cls(
            due_us=[*batches.due_us.tolist(), NEVER],
            first=batches.first_attempt.tolist(),
            batch_id=batches.batch_id.tolist(),
            warehouse_id=batches.warehouse_id.tolist(),
            batch_size=batches.batch_size.tolist(),
            pause_us=batches.pause_us.tolist(),
            work_us=batches.work_us.tolist(),
            goes_on=batches.goes_on.tolist(),
            status=list(batches.status),  # type: ignore[arg-type]  # the reader checked them
            error_type=list(batches.error_type),
        )

    def entry(self, attempt: int) -> Entry:
        """How an attempt works and ends, as it stands now."""
        return (
            self.work_us[attempt],
            self.goes_on[attempt],
            self.status[attempt],
            self.error_type[attempt],
        )

    def put(self, attempt: int, entry: Entry) -> None:
        """How it will work and end."""
        (
            self.work_us[attempt],
            self.goes_on[attempt],
            self.status[attempt],
            self.error_type[attempt],
        ) = entry
