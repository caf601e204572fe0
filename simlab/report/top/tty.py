"""A terminal taken for a while: its whole screen, its keys, its signals; and given back clean."""

import os
import selectors
import signal
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final, Self

from rich.console import Console, Group
from rich.control import Control
from rich.screen import Screen
from rich.text import Text

_HEARD: Final = (
    signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGTSTP, signal.SIGWINCH,
)  # fmt: skip
_MOST_KEYS: Final = 1024


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What came in: keys, signals, or `is_closed` when no key will ever come again."""

    keys: bytes = b""
    signals: frozenset[int] = frozenset()
    is_closed: bool = False


class Wakes:
    """Signals, and whoever calls `wake`, end a wait; no signal interrupts anything else.

    So what is being written to the terminal is written whole before it is given back.
    """

    def __init__(self) -> None:
        self._reader, self._writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._before: dict[int, Any] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._reader, selectors.EVENT_READ)
        self._input: int | None = None

    def __enter__(self) -> Self:
        """Take the signals."""
        self._before = {number: signal.signal(number, _nothing) for number in _HEARD}
        self._wakeup = signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        return self

    def __exit__(self, *_: object) -> None:
        """Give them back. The pipe stays: a thread may call `wake` still."""
        signal.set_wakeup_fd(self._wakeup)
        for number, how in self._before.items():
            signal.signal(number, how)
        self._selector.close()

    def listen(self, fd: int | None) -> None:
        """Hear the keys of a terminal too; those of none for None."""
        if self._input is not None:
            self._selector.unregister(self._input)
        self._input = fd
        if fd is not None:
            self._selector.register(fd, selectors.EVENT_READ)

    def wake(self) -> None:
        """End the wait; from any thread."""
        with suppress(BlockingIOError):  # it is awake already
            os.write(self._writer, b"\0")

    def wait(self) -> Heard:
        """Wait for anything."""
        keys, signals, is_closed = b"", b"", False
        for key, _ in self._selector.select():
            if key.fd == self._reader:
                signals = os.read(self._reader, _MOST_KEYS)
            else:
                keys = _read(key.fd)
                is_closed = not keys
        return Heard(keys=keys, signals=frozenset(signals) - {0}, is_closed=is_closed)


@contextmanager
def keys_of(stream: Any) -> Iterator[int | None]:
    """Have keys as they are typed, unechoed, until the block ends; None where no one types.

    Ctrl-C and Ctrl-Z stay signals; Ctrl-S does not hold the screen up.
    """
    fd = stream.fileno() if stream.isatty() else None
    if fd is None:
        yield None
        return
    before = termios.tcgetattr(fd)
    raw = termios.tcgetattr(fd)
    raw[0] &= ~termios.IXON
    raw[3] &= ~(termios.ICANON | termios.ECHO)
    raw[6][termios.VMIN], raw[6][termios.VTIME] = 1, 0
    try:
        termios.tcsetattr(fd, termios.TCSADRAIN, raw)
        yield fd
    finally:
        with suppress(termios.error):  # the terminal is gone
            termios.tcsetattr(fd, termios.TCSAFLUSH, before)


@contextmanager
def whole_screen(console: Console) -> Iterator[None]:
    """Draw on a screen of one's own until the block ends; then the old one is back."""
    try:
        console.set_alt_screen(enable=True)
        console.show_cursor(show=False)
        yield
    finally:
        with suppress(OSError):  # the terminal is gone
            console.set_alt_screen(enable=False)
            console.show_cursor(show=True)


def draw(console: Console, lines: list[Text]) -> None:
    """Show lines on the whole screen, in one go."""
    with console:
        console.control(Control.home())
        console.print(Screen(Group(*lines)), end="")


def suspend() -> None:
    """Stop as Ctrl-Z does, until the shell lets this go on."""
    sys.stdout.flush()
    os.kill(os.getpid(), signal.SIGSTOP)


def _read(fd: int) -> bytes:
    try:
        return os.read(fd, _MOST_KEYS)
    except OSError:  # the terminal is gone
        return b""


def _nothing(*_: object) -> None:
    """The wake-up is enough."""
