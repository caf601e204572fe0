"""The alert events of a log, for a loop of one's own."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event

from simlab.events import Alert
from simlab.watch.cursor import Cursor
from simlab.watch.follower import Follower
from simlab.watch.opened import Since, opened
from simlab.watch.pace import Pace
from simlab.watch.receiver import Tell
from simlab.watch.state import State
from simlab.watch.told import ForeignError, told_by

_NAME = "follow"


def follow(
    path: Path,
    *,
    state: Path | None = None,
    since: Since = "end",
    once: bool = False,
    stop: Event | None = None,
    tell: Tell = lambda _: None,
) -> Iterator[Alert]:
    """The alerts of a log as they are told, each at least once, over restarts and rotation.

    An alert counts as dealt with when the next is asked for. One whose turn of the loop was left
    by an exception, or by a kill, comes again at the next start, with the same `alert_id`. Held
    alerts come too: look at `held`.

    Args:
        path: a log, its directory, or a run directory.
        state: the state file; beside the log by default.
        since: where to begin in a log that was not followed before.
        once: end where the log ends.
        stop: ends the loop when it is set.
        tell: is told of what is lost.

    Raises:
        InputError: there is no log of a bot's, or the state is another log's.
        OutputError: the state cannot be written, or another process holds it.
        OSError: the state cannot be written any more.
    """
    ended = stop or Event()
    with opened(path, state=state, since=since, tell=tell) as log:
        follower = log.follower_of(_NAME)
        cursor = log.state.cursors[_NAME]
        try:
            log.state.save()  # where a first start began
            while not ended.is_set():
                yield from _unread(follower, cursor, log.state)
                if once:
                    return
                ended.wait(Pace.poll_s)
        finally:
            follower.close()


def _unread(follower: Follower, cursor: Cursor, state: State) -> Iterator[Alert]:
    """The alerts there are now; the cursor is saved behind each."""
    for line in follower.unread():
        alert = _alert_in(line.text, cursor)
        if alert is not None:
            yield alert
            cursor.delivered += 1
        cursor.pass_by(line)
        if alert is not None:
            state.save()


def _alert_in(line: bytes, cursor: Cursor) -> Alert | None:
    try:
        told = told_by(line)
    except ForeignError:
        cursor.skipped += 1
        return None
    if told is None or (cursor.since_us is not None and told.time_us < cursor.since_us):
        return None
    return told.alert
