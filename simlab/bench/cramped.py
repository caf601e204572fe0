"""A stack on a disk that is full for a while: `python -m simlab.bench.cramped STACK FOLDER`.

The folder is a small file system of its own. Tells the loss as JSON.
"""

import os
import sys
from pathlib import Path
from typing import Final

from simlab.bench.apart import answer
from simlab.bench.catalogue import stack_of
from simlab.bench.load import events
from simlab.bench.loss import Loss, loss_in
from simlab.bench.stack import Stack, StackOf

BEFORE: Final = 100
DURING: Final = 8_000
AFTER: Final = 100
ROOM_BYTES: Final = 262_144
"""What is left when the disk fills up."""
_PAGE: Final = 4096


def lost(made: StackOf, disk: Path) -> Loss:
    """What becomes of events told before, while and after the disk is full.

    It is full but for a quarter of a megabyte; the events after come when there is room again.
    """
    folder, ballast = disk / "stack", disk / "ballast"
    folder.mkdir()
    stack = made(folder)
    raised = _told(stack, 0, BEFORE)
    stack.drain()
    _fill(ballast)
    raised += _told(stack, BEFORE, DURING)
    ballast.unlink()
    raised += _told(stack, BEFORE + DURING, AFTER)
    stack.drain()
    stack.close()
    recover = getattr(made, "recover", None)
    if recover is not None:
        recover(folder)
    return loss_in(folder, acked=BEFORE + DURING + AFTER, raised=raised)


def _told(stack: Stack, first: int, count: int) -> int:
    """How many of the calls raised."""
    raised = 0
    for event in events(count, first=first):
        try:
            stack.emit(event)
        except Exception:  # noqa: BLE001  # the bot must go on, whatever a stack raises
            raised += 1
    return raised


def _fill(ballast: Path) -> None:
    """Take all the room but a little."""
    there = os.statvfs(ballast.parent)
    with ballast.open("wb") as file:
        taken = there.f_bavail * there.f_frsize - ROOM_BYTES
        os.posix_fallocate(file.fileno(), 0, max(_PAGE, taken))


def main() -> None:
    """Do it, and say what was lost."""
    stack, folder = sys.argv[1:]
    answer(lambda: lost(stack_of(stack), Path(folder)))


if __name__ == "__main__":
    main()
