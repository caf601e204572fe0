"""Which lines are in a folder, and which that should be are not."""

from collections import Counter
from pathlib import Path

import msgspec
from msgspec import Struct


class Loss(Struct, frozen=True):
    """What became of events that a stack was told of.

    Attributes:
        acked: events for which the call had returned, or had raised.
        lost: those of them without a line.
        doubled: lines beyond the first of an event.
        raised: calls that raised what the bot would have had to bear.
    """

    acked: int
    lost: int
    doubled: int
    raised: int = 0

    def __add__(self, other: "Loss") -> "Loss":
        return Loss(
            self.acked + other.acked,
            self.lost + other.lost,
            self.doubled + other.doubled,
            self.raised + other.raised,
        )


class _Line(Struct):
    batch_id: int


def loss_in(folder: Path, *, acked: int, raised: int = 0) -> Loss:
    """What became of the events 0, 1, 2 and so on, of which the first `acked` should be there.

    A line that no line end follows is none: the next would be glued to it.
    """
    seen = _lines_in(folder)
    return Loss(
        acked=acked,
        lost=sum(number not in seen for number in range(acked)),
        doubled=sum(seen.values()) - len(seen),
        raised=raised,
    )


def _lines_in(folder: Path) -> Counter[int]:
    """How many lines there are of each event, by its `batch_id`."""
    seen: Counter[int] = Counter()
    decoder = msgspec.json.Decoder(_Line)
    for path in {*folder.rglob("*.log*"), *folder.rglob("*.jsonl")}:
        with path.open("rb") as lines:
            for line in lines:
                try:
                    seen[decoder.decode(line).batch_id] += line.endswith(b"\n")
                except msgspec.DecodeError:  # torn, glued, or of no event
                    continue
    return +seen
