"""A log to follow, with the state of whoever follows it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from simlab.errors import InputError
from simlab.watch.cursor import Cursor
from simlab.watch.follower import Follower
from simlab.watch.place import Place, check_ours, log_at
from simlab.watch.receiver import Tell
from simlab.watch.state import State, poison_of, state_of

Since: TypeAlias = Literal["start", "end"] | int
"""Where to begin in a log that was not followed before: an integer is a moment [us since 1970]."""


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A log and its state.

    Attributes:
        place: the log's files.
        state: how far each receiver is in them.
        since: where one begins that the state does not know.
        tell: is told of what is lost.
    """

    place: Place
    state: State
    since: Since
    tell: Tell

    def knows(self, name: str) -> bool:
        """Whether a receiver is in the state."""
        return name in self.state.cursors

    def follower_of(self, name: str) -> Follower:
        """The lines that a receiver has yet to get, behind its cursor in the state."""
        if self.knows(name):
            return Follower(self.place, self.state.cursors[name], tell=self.tell)
        since_us = self.since if isinstance(self.since, int) else None
        cursor = self.state.cursors[name] = Cursor(since_us=since_us)
        follower = Follower(self.place, cursor, tell=self.tell)
        if self.since == "end":
            follower.go_to_end()
        return follower


@contextmanager
def opened(path: Path, *, state: Path | None, since: Since, tell: Tell) -> Iterator[Opened]:
    """Open a log and hold its state until the block ends.

    Args:
        path: a log, its directory, or a run directory.
        state: the state file; beside the log by default.
        since: where a receiver begins that the state does not know.
        tell: is told of what is lost.

    Raises:
        InputError: there is no log of a bot's, or the state is another log's.
        OutputError: the state cannot be written, or another process holds it.
    """
    log = log_at(path)
    file = state_of(log) if state is None else state
    place = Place(log, beside=(file, poison_of(file)))
    check_ours(place)
    held = State(file, log)
    try:
        _check_of_log(held, place)
        yield Opened(place=place, state=held, since=since, tell=tell)
    finally:
        held.close()


def _check_of_log(state: State, place: Place) -> None:
    """Make sure that a state is a log's: by the log's path, or by what it knows of its files.

    Raises:
        InputError: it is not.
    """
    if state.is_of_this_log:
        return
    for cursor in state.cursors.values():
        for file in place.files():
            with place.log.with_name(file.name).open("rb") as opened_file:
                fd = opened_file.fileno()
                if any(position.fits(fd, file.size) for position in cursor.files.values()):
                    return
    raise InputError(
        f"{state.path}: is the state of another log, {state.of_log}; name another --state, or "
        "move it away to begin anew"
    )
