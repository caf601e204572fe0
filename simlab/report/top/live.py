"""The live view: what a source tells, drawn anew every so often, until someone leaves."""

import signal
import sys
from typing import Final, Literal, TypeAlias

from rich.console import Console

from simlab.report.top.board import Board
from simlab.report.top.news import Source
from simlab.report.top.poller import Poller
from simlab.report.top.screen import lines_of
from simlab.report.top.tty import Heard, Wakes, draw, keys_of, suspend, whole_screen

Left: TypeAlias = Literal["quit", "interrupted", "ended"]
"""How the view was left: by `q`, by Ctrl-C, or because it or its terminal was ended."""

_QUIT: Final = frozenset(b"qQ")


def watch(source: Source, board: Board, *, every_s: float, console: Console) -> Left:
    """Show how things stand until someone leaves; the terminal is as it was afterwards.

    Args:
        source: asked in a thread of its own.
        board: keeps what it tells.
        every_s: from one look to the next [s].
        console: a terminal.

    Raises:
        SimlabError: the source failed for a reason that the user can mend.
    """
    with Wakes() as wakes:
        poller = Poller(source, every_s=every_s, wake=wakes.wake)
        poller.start()
        try:
            while (left := _shown(board, poller, wakes, console, every_s)) is None:
                suspend()
        finally:
            poller.stop()
    return left


def _shown(
    board: Board, poller: Poller, wakes: Wakes, console: Console, every_s: float
) -> Left | None:
    """Show it until someone leaves; None when it is to be suspended."""
    with keys_of(sys.stdin) as keys, whole_screen(console):
        wakes.listen(keys)
        told = f"{'q' if keys is not None else 'Ctrl-C'} quits; every {every_s:g} s"
        try:
            while True:
                for news in poller.take():
                    board.take(news)
                width, height = console.size
                draw(console, lines_of(board.standing(), width=width, height=height, keys=told))
                heard = wakes.wait()
                if signal.SIGTSTP in heard.signals:
                    return None
                if (left := _left(heard)) is not None:
                    return left
        except OSError:  # the terminal is gone
            return "ended"
        finally:
            wakes.listen(None)


def _left(heard: Heard) -> Left | None:
    if signal.SIGINT in heard.signals:
        return "interrupted"
    if heard.is_closed or heard.signals & {signal.SIGTERM, signal.SIGHUP}:
        return "ended"
    return "quit" if _QUIT & set(heard.keys) else None
