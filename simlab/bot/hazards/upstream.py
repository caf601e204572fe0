"""An upstream system on a local socket, which answers late, with an error, or never."""

import heapq
import selectors
import socket
import threading
from types import TracebackType
from typing import Final, Self

from simlab.bot.failures import UpstreamError
from simlab.clock import monotonic_s

_NEVER: Final = 0
"""The code that is never answered."""
OK: Final = 200
_GRACE_S: Final = 5.0
"""How much later than it was to an answer may come before the bot gives it up."""
_LINE: Final = 64


class Upstream:
    """A server on a free loopback port, in a thread of its own; it ends with its `with`.

    A request is a line `DELAY_S CODE`; the answer is the code, so many seconds later.
    """

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0)
        self.address: tuple[str, int] = self._listener.getsockname()
        self._wakes, self._wake = socket.socketpair()
        self._answers: list[tuple[float, int, socket.socket, bytes]] = []
        self._thread = threading.Thread(target=self._serve, name="simlab-upstream", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._wake.send(b"x")
        self._thread.join()
        for each in (self._listener, self._wakes, self._wake):
            each.close()

    def _serve(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            selector.register(self._wakes, selectors.EVENT_READ)
            while all(
                self._react(selector, key.fileobj) for key, _ in selector.select(self._wait_s())
            ):
                self._answer()
            for key in list(selector.get_map().values()):
                if key.fileobj not in {self._listener, self._wakes}:
                    key.fileobj.close()  # type: ignore[union-attr]  # all are sockets

    def _wait_s(self) -> float | None:
        return max(0.0, self._answers[0][0] - monotonic_s()) if self._answers else None

    def _react(self, selector: selectors.BaseSelector, ready: object) -> bool:
        """Take what has come; whether to go on."""
        if ready is self._wakes:
            return False
        if ready is self._listener:
            asker, _ = self._listener.accept()
            asker.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(asker, selectors.EVENT_READ)
            return True
        assert isinstance(ready, socket.socket)
        line = _received(ready)
        if not line:
            selector.unregister(ready)
            ready.close()
        else:
            delay_s, code = line.split()
            if int(code) != _NEVER:
                due_s = monotonic_s() + float(delay_s)
                heapq.heappush(self._answers, (due_s, id(ready), ready, code))
        return True

    def _answer(self) -> None:
        while self._answers and self._answers[0][0] <= monotonic_s():
            _, _, asker, code = heapq.heappop(self._answers)
            try:
                asker.sendall(code)
            except OSError:
                continue  # whoever asked has gone


def _received(asker: socket.socket) -> bytes:
    try:
        return asker.recv(_LINE)
    except OSError:
        return b""


class Client:
    """One worker's line to the upstream system; for one thread."""

    def __init__(self, upstream: Upstream) -> None:
        self._address = upstream.address
        self._line: socket.socket | None = None

    def ask(self, *, code: int, after_s: float) -> None:
        """Ask, and wait for the answer.

        Raises:
            UpstreamError: it was not `OK`.
            TimeoutError: it is long overdue.
        """
        after_s = max(0.0, after_s)
        answer = int(self._asked(f"{after_s:.6f} {code}", patience_s=after_s + _GRACE_S))
        if answer != OK:
            raise UpstreamError(answer)

    def ask_in_vain(self, *, patience_s: float) -> None:
        """Ask what is never answered.

        Raises:
            TimeoutError: when patience is out.
        """
        self._asked(f"0 {_NEVER}", patience_s=max(1e-4, patience_s))

    def close(self) -> None:
        """Hang up."""
        if self._line is not None:
            self._line.close()
            self._line = None

    def _asked(self, request: str, *, patience_s: float) -> bytes:
        """The answer; after none this line is not used again, since one may still come."""
        try:
            return self._answer_to(request, patience_s=patience_s)
        except OSError:
            self.close()
            raise

    def _answer_to(self, request: str, *, patience_s: float) -> bytes:
        if self._line is None:
            self._line = socket.create_connection(self._address)
            self._line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._line.settimeout(patience_s)
        self._line.sendall(request.encode())
        answer = self._line.recv(_LINE)
        if not answer:
            raise ConnectionResetError
        return answer
