"""The live view in a real terminal: it draws, hears keys and signals, and gives it back clean."""

import fcntl
import os
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from simlab.telemetry.endpoint import serving
from simlab.telemetry.metrics import Metrics

from .top_cases import attempt, began, free_port, logged

ALTERNATE, USUAL = b"\x1b[?1049h", b"\x1b[?1049l"
HIDDEN, SEEN = b"\x1b[?25l", b"\x1b[?25h"
PATIENCE_S = 20.0


@dataclass
class Terminal:
    """A pseudo-terminal with `simlab top` in it."""

    master: int
    slave: int
    view: "subprocess.Popen[bytes]"
    printed: bytearray = field(default_factory=bytearray)

    def until(self, text: bytes, *, since: int = 0) -> None:
        """Wait until a text was printed."""
        until_s = time.monotonic() + PATIENCE_S
        while text not in self.printed[since:]:
            assert time.monotonic() < until_s, bytes(self.printed[-3000:])
            self.read(0.1)

    def read(self, patience_s: float) -> None:
        """Take what is printed."""
        if select.select([self.master], [], [], patience_s)[0]:
            self.printed += os.read(self.master, 65536)

    def type(self, keys: bytes) -> None:
        os.write(self.master, keys)

    def resize(self, width: int, height: int) -> None:
        sized(self.slave, width, height)
        self.view.send_signal(signal.SIGWINCH)

    def ended(self) -> int:
        """The exit code; what is still printed is taken meanwhile."""
        until_s = time.monotonic() + PATIENCE_S
        while self.view.poll() is None:
            assert time.monotonic() < until_s
            self.read(0.05)
        self.read(0.1)
        return self.view.returncode

    def is_clean(self) -> bool:
        """Whether the last word left the usual screen, a cursor, and a terminal in its usual mode."""
        modes = termios.tcgetattr(self.slave)[3]
        printed = bytes(self.printed)
        return (
            printed.rindex(USUAL) > printed.rindex(ALTERNATE)
            and printed.rindex(SEEN) > printed.rindex(HIDDEN)
            and bool(modes & termios.ECHO)
            and bool(modes & termios.ICANON)
        )


def sized(fd: int, width: int, height: int) -> None:
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))


@contextmanager
def terminal(
    *arguments: str, command: Sequence[str] = ("-m", "simlab", "top")
) -> Iterator[Terminal]:
    master, slave = os.openpty()
    sized(slave, 80, 24)
    view = subprocess.Popen(
        [sys.executable, *command, *arguments],
        stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
        env={**os.environ, "TERM": "xterm-256color"},
    )  # fmt: skip
    try:
        yield Terminal(master, slave, view)
    finally:
        view.kill()
        view.wait(10)
        os.close(master)
        os.close(slave)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log of some attempts."""
    return logged(tmp_path / "inventory.log", [began(), *(attempt(at_s) for at_s in range(50))])


def test_q_quits_with_0_and_the_terminal_is_clean(log: Path) -> None:
    with terminal(str(log)) as tty:
        tty.until(b"q quits")
        assert ALTERNATE in tty.printed
        tty.type(b"xq")
        assert tty.ended() == 0
        assert tty.is_clean()


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0), (signal.SIGHUP, 0)]
)
def test_signals_leave_a_clean_terminal_too(log: Path, number: signal.Signals, code: int) -> None:
    with terminal(str(log)) as tty:
        tty.until(b"q quits")
        tty.view.send_signal(number)
        assert tty.ended() == code
        assert tty.is_clean()
        assert b"Traceback" not in tty.printed


FAILING = """
from rich.console import Console
from simlab.report.top.board import Board
from simlab.report.top.live import watch
from simlab.report.top.news import News

class Failing:
    told = 0
    def news(self):
        self.told += 1
        return News(state="fine", step_us=1) if self.told < 3 else 1 / 0
    def close(self):
        pass

watch(Failing(), Board("x", [], tells_alerts=True), every_s=0.1, console=Console())
"""


def test_an_exception_leaves_a_clean_terminal_before_it_is_shown() -> None:
    with terminal(command=["-c", FAILING]) as tty:
        assert tty.ended() == 1
        assert tty.is_clean()
        assert b"ZeroDivisionError" in tty.printed[tty.printed.rindex(USUAL) :]


def test_a_log_that_turns_into_a_directory_is_said_to_be_gone(log: Path) -> None:
    with terminal(str(log), "--every", "200ms") as tty:
        tty.until(b"q quits")
        log.unlink()
        log.mkdir()
        tty.until(b"THE LOG IS GONE")
        tty.type(b"q")
        assert tty.ended() == 0
        assert tty.is_clean()


def test_a_new_size_is_drawn_at_once(log: Path) -> None:
    """The next look is an hour away, so it is the change that has it drawn."""
    with terminal(str(log), "--every", "1h") as tty:
        tty.until(b"q quits")
        since = len(tty.printed)
        tty.resize(120, 40)
        tty.until(b"q quits", since=since)
        drawn = re.sub(rb"\x1b\[[0-9;?]*[a-zA-Z]", b"", bytes(tty.printed[since:]))
        assert drawn.count(b"\n") == 39
        tty.type(b"q")
        assert tty.ended() == 0


def test_what_the_log_gets_is_drawn(log: Path) -> None:
    with terminal(str(log), "--every", "200ms") as tty:
        tty.until(b"q quits")
        logged(log, [attempt(51, status="error")])
        tty.until(b"98 %")
        tty.type(b"q")
        assert tty.ended() == 0


def test_q_is_heard_while_an_endpoint_keeps_silent() -> None:
    """It takes connections and never answers, so each look takes the two seconds that it may."""
    metrics, port = Metrics(rules=["slow_batch"]), free_port()
    metrics.emit(attempt(1))
    with ExitStack() as stack:
        with serving(metrics.registry, port=port) as address:
            tty = stack.enter_context(terminal(address, "--every", "100ms"))
            tty.until(b"q quits")
        stack.enter_context(socket.create_server(("127.0.0.1", port)))
        tty.until(b"(timed out)")
        since_s = time.monotonic()
        tty.type(b"q")
        assert tty.ended() == 0
        assert time.monotonic() - since_s < 1.5


def test_who_cannot_be_watched_from_the_first_is_told_in_one_line_on_the_usual_screen() -> None:
    with terminal(f"http://127.0.0.1:{free_port()}/metrics") as tty:
        assert tty.ended() == 2
        assert b"Connection refused" in tty.printed
        assert ALTERNATE not in tty.printed


def test_at_1_hz_it_takes_a_small_part_of_a_core() -> None:
    """Measured: 0.4 %; the bound of 3 % is the promise's."""
    metrics = Metrics(rules=["slow_batch", "error_rate", "cpu_high"])
    for at_s in range(1000):
        metrics.emit(attempt(at_s))
    with serving(metrics.registry, port=0) as address, terminal(address) as tty:
        tty.until(b"q quits")
        view = psutil.Process(tty.view.pid)
        before, since_s = view.cpu_times(), time.monotonic()
        while time.monotonic() < since_s + 5:
            tty.read(0.2)
        after = view.cpu_times()
        used_s = after.user + after.system - before.user - before.system
        assert used_s / (time.monotonic() - since_s) < 0.03
        assert tty.printed.count(b"simlab top") >= 5
