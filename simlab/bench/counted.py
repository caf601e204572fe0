"""A stack where instructions are counted: `python -m simlab.bench.counted STACK EVENTS FOLDER`.

Tells as JSON how many threads there were.
"""

import gc
import sys
import threading
from pathlib import Path
from typing import Final

from msgspec import Struct

from simlab.bench.apart import answer
from simlab.bench.catalogue import stack_of
from simlab.bench.load import events

WITHIN: Final = "PyRun_StringFlags"
"""The function of the interpreter's that runs texts: what is in it is counted, little else is."""
_WARM: Final = 2_500
"""Some stacks do things once that are not for each event, such as importing what they need."""


class Threads(Struct, frozen=True):
    """How many there were at the end, the main one included."""

    count: int


def told(name: str, count: int, folder: Path) -> Threads:
    """Tell a stack of some events, and then of `count` within the function."""
    stack = stack_of(name)(folder)
    for event in events(_WARM):
        stack.emit(event)
    ready = events(count, first=_WARM)
    gc.collect()
    gc.disable()
    names = {"ready": ready, "emit": stack.emit}
    exec("for event in ready: emit(event)", names)  # noqa: S102  # counting begins with it
    threads = threading.active_count()
    stack.close()
    return Threads(threads)


def main() -> None:
    """Do it, and say how many threads there were."""
    name, count, folder = sys.argv[1:]
    answer(lambda: told(name, int(count), Path(folder)))


if __name__ == "__main__":
    main()
