"""A single look, for a pipe."""

from simlab.clock import WallClock
from simlab.report.top.board import Board
from simlab.report.top.news import Source
from simlab.report.top.standing import Standing


def look(source: Source, board: Board, *, apart_s: float) -> Standing:
    """How things stand now.

    Rates need two readings: where the first look tells one, another follows `apart_s` later.
    """
    board.take(news := source.news())
    if len(news.readings) == 1 and not source.tells_alerts:
        clock = WallClock(0)
        clock.sleep_until_us(round(apart_s * 1e6))
        board.take(source.news())
    source.close()
    return board.standing()
