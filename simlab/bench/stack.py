"""What every stack that is measured must do."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeAlias

from simlab.events import Attempt


class Stack(Protocol):
    """One way to tell of events, in a folder of its own.

    Its lines are any `*.log*` and `*.jsonl` files under the folder, one JSON object a line with
    a `batch_id`. The class may have a static method `recover(folder)`, which is called before
    what a kill left is read.
    """

    def emit(self, event: Attempt) -> None:
        """Tell of one event in full.

        That is a line of nine fields, an observation of the duration, three counters, and the
        strategy's three rules judged.
        """

    def drain(self) -> None:
        """Return when every event is in the file and in the metrics."""

    def close(self) -> None:
        """Drain, and give back threads and files."""

    @property
    def dropped(self) -> int:
        """How many lines it knows that it lost."""


StackOf: TypeAlias = Callable[[Path], Stack]
"""A class whose constructor takes the folder, which exists and is empty."""
