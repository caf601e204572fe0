"""Ctrl-C and SIGTERM while something is at work that must end well."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TypeAlias

Stop: TypeAlias = Callable[[int, FrameType | None], object]
"""What a signal calls, with its number."""


@contextmanager
def stopping(stop: Stop) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM call `stop` until the block ends.

    A signal that means something else already is left alone, and so are all in other threads.
    """
    usual: dict[int, Stop | signal.Handlers] = {
        signal.SIGINT: signal.default_int_handler,
        signal.SIGTERM: signal.SIG_DFL,
    }
    ours = threading.current_thread() is threading.main_thread()
    taken = [number for number, how in usual.items() if ours and signal.getsignal(number) is how]
    for number in taken:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, usual[number])
