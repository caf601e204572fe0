"""A small HTTP server in one thread: however many ask, and however slowly, no thread is added.

The library's server starts a thread a connection and queues five: of 200 scrapers at once it
failed 75. This one keeps at most 256 connections open, ends each that takes longer than two
seconds, and where one more comes gives up the oldest.
"""

import errno
import selectors
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import takewhile
from threading import Event, Thread
from typing import Final

from simlab.clock import monotonic_s

BACKLOG: Final = 256
MOST_OPEN: Final = 256
TIMEOUT_S: Final = 2.0
_ACCEPTED_AT_ONCE: Final = 64
_LONGEST_REQUEST: Final = 8192
_STOPPED_S: Final = 5.0
_AT_ONCE: Final = socket.MSG_DONTWAIT
_EXHAUSTED: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})

Respond = Callable[[bytes], bytes]
"""From a request's head to the whole response."""


@dataclass
class _Visit:
    """One connection: what came in, and what is still to go out."""

    until_s: float
    request: bytearray = field(default_factory=bytearray)
    left: memoryview | None = None
    watched: int = 0


class Listener:
    """Answers requests on a listening socket until it is stopped, and owns the socket.

    Args:
        server: the socket.
        respond: makes a response; called in the listener's thread.
        timeout_s: how long a client may take to ask, and again to take the answer [s].
        most_open: connections at a time.
    """

    def __init__(
        self,
        server: socket.socket,
        respond: Respond,
        *,
        timeout_s: float = TIMEOUT_S,
        most_open: int = MOST_OPEN,
    ) -> None:
        self._server = server
        self._respond = respond
        self._timeout_s = timeout_s
        self._most_open = most_open
        self._visits: dict[socket.socket, _Visit] = {}  # whose time is up soonest, first
        self._stopping = Event()
        self._woken, self._waker = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self._thread = Thread(target=self._work, name="simlab-endpoint", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._server.settimeout(0)  # never blocks
        for each in (self._server, self._woken):
            self._selector.register(each, selectors.EVENT_READ)
        self._thread.start()

    def stop(self) -> None:
        """Close all connections; the thread and the sockets are gone afterwards.

        A response that takes for ever does not hold this up: its thread is left behind.
        """
        self._stopping.set()
        self._waker.send(b"\0")
        self._thread.join(_STOPPED_S)
        self._server.close()
        if not self._thread.is_alive():
            self._selector.close()
            for each in (self._woken, self._waker):
                each.close()

    def _work(self) -> None:
        while not self._stopping.is_set():
            for key, _ in self._selector.select(self._patience_s()):
                if key.fileobj is self._server:
                    self._accept()
                elif isinstance(key.fileobj, socket.socket) and key.fileobj in self._visits:
                    self._go_on(key.fileobj)
            self._expire()
        for visitor in list(self._visits):
            self._close(visitor)

    def _patience_s(self) -> float | None:
        """How long until the first connection's time is up; None without one."""
        first = next(iter(self._visits.values()), None)
        return None if first is None else max(0.0, first.until_s - monotonic_s())

    def _expire(self) -> None:
        now_s = monotonic_s()
        due = takewhile(lambda each: self._visits[each].until_s <= now_s, self._visits)
        for visitor in list(due):
            self._close(visitor)

    def _accept(self) -> None:
        """Take those who wait, some at a time: so that who has asked is answered before more come."""
        for _ in range(_ACCEPTED_AT_ONCE):
            try:
                visitor, _ = self._server.accept()
            except OSError as error:
                if error.errno in _EXHAUSTED and not self._give_one_up():
                    self._stopping.wait(0.05)  # the bot has all descriptors; let it be
                return
            if len(self._visits) >= self._most_open:
                self._give_one_up()
            self._visits[visitor] = _Visit(monotonic_s() + self._timeout_s)
            self._go_on(visitor)  # mostly the request is there already

    def _give_one_up(self) -> bool:
        """Close the connection that is oldest; whether there was one."""
        oldest = next(iter(self._visits), None)
        if oldest is not None:
            self._close(oldest)
        return oldest is not None

    def _go_on(self, visitor: socket.socket) -> None:
        """Read or write as far as it goes, and wait for more only where there is more to come.

        There are few calls of the system: at each, a busy bot may take the interpreter for 5 ms.
        """
        visit = self._visits[visitor]
        try:
            done = self._receive(visitor, visit) if visit.left is None else _send(visitor, visit)
        except (BlockingIOError, InterruptedError):
            done = False
        except OSError:
            done = True
        if done:
            self._close(visitor)
        else:
            self._watch(visitor, visit)

    def _receive(self, visitor: socket.socket, visit: _Visit) -> bool:
        """Take a part of the request, and answer when that was all; whether this is through."""
        part = visitor.recv(_LONGEST_REQUEST, _AT_ONCE)
        visit.request += part
        whole = b"\r\n\r\n" in visit.request or len(visit.request) > _LONGEST_REQUEST
        if not whole:
            return not part
        visit.left = memoryview(self._respond(bytes(visit.request)))
        visit.until_s = monotonic_s() + self._timeout_s
        self._visits[visitor] = self._visits.pop(visitor)  # its time is up last again
        return _send(visitor, visit)

    def _watch(self, visitor: socket.socket, visit: _Visit) -> None:
        wanted = selectors.EVENT_READ if visit.left is None else selectors.EVENT_WRITE
        if not visit.watched:
            self._selector.register(visitor, wanted)
        elif visit.watched != wanted:
            self._selector.modify(visitor, wanted)
        visit.watched = wanted

    def _close(self, visitor: socket.socket) -> None:
        if self._visits.pop(visitor).watched:
            self._selector.unregister(visitor)
        visitor.close()


def _send(visitor: socket.socket, visit: _Visit) -> bool:
    """Send what goes out at once; whether that was all."""
    assert visit.left is not None
    visit.left = visit.left[visitor.send(visit.left, _AT_ONCE) :]
    return not visit.left
