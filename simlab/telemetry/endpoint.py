"""The metrics endpoint: a real HTTP server, on loopback unless told otherwise."""

import errno
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from prometheus_client import CollectorRegistry

from simlab.clock import monotonic_s
from simlab.telemetry.exposition import CONTENT_TYPE, exposition
from simlab.telemetry.listener import BACKLOG, Listener

DEFAULT_PORT = 9100
DEFAULT_HOST = "127.0.0.1"
CACHED_S: Final = 0.2
_PATHS: Final = frozenset({"/metrics", "/"})


@contextmanager
def serving(
    registry: CollectorRegistry,
    *,
    port: int = DEFAULT_PORT,
    host: str = DEFAULT_HOST,
    cached_s: float = CACHED_S,
) -> Iterator[str]:
    """Serve a registry until the block ends; gives the address, or why there is none.

    A port that is taken must not stop a bot, so the block runs all the same: the text then
    begins with "no metrics endpoint".

    Args:
        registry: what is scraped.
        port: 0 takes any free one.
        host: the address to listen on.
        cached_s: how old a scrape may be [s], so that many scrapers cost no more than one.
    """
    try:
        server = _listening(host, port)
    except OSError as error:
        yield f"no metrics endpoint: {_reason(error, host, port)}"
        return
    listener = Listener(server, _Answers(lambda: exposition(registry), cached_s=cached_s))
    listener.start()
    try:
        shown = f"[{host}]" if ":" in host else host
        yield f"http://{shown}:{server.getsockname()[1]}/metrics"
    finally:
        listener.stop()


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    server = socket.create_server((host, port), family=family, backlog=BACKLOG)
    # Its connections inherit this: without it an answer's end waits 40 ms for a word of the client.
    server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return server


def _reason(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        known = " (node_exporter listens there by default)" if port == DEFAULT_PORT else ""
        return f"port {port} on {host} is taken{known}; choose another with --metrics-port"
    return f"cannot listen on {host}:{port}: {error.strerror or error}"


class _Answers:
    """The response to a request: the metrics, made anew when they are older than `cached_s`."""

    def __init__(self, scrape: Callable[[], bytes], *, cached_s: float) -> None:
        self._scrape = scrape
        self._cached_s = cached_s
        self._cached = b""
        self._stale_s = -1.0

    def __call__(self, request: bytes) -> bytes:
        words = request.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
        method, target = (words[0], words[1]) if len(words) == 3 else ("", "")
        if method not in {"GET", "HEAD"}:
            return _response("405 Method Not Allowed", b"GET /metrics\n", "Allow: GET, HEAD\r\n")
        if target.partition("?")[0] not in _PATHS:
            return _response("404 Not Found", b"the metrics are at /metrics\n")
        try:
            body = self._fresh()
        except Exception:  # noqa: BLE001  # a scrape that fails must not end the endpoint
            return _response("500 Internal Server Error", b"the scrape failed\n")
        return _response("200 OK", body, with_body=method == "GET")

    def _fresh(self) -> bytes:
        if monotonic_s() >= self._stale_s:
            self._cached = self._scrape()
            self._stale_s = monotonic_s() + self._cached_s
        return self._cached


def _response(status: str, body: bytes, more: str = "", *, with_body: bool = True) -> bytes:
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {CONTENT_TYPE}\r\nContent-Length: {len(body)}\r\n"
        f"X-Content-Type-Options: nosniff\r\nConnection: close\r\n{more}\r\n"
    )
    return head.encode() + (body if with_body else b"")
