"""The metrics endpoint: a real HTTP server, on loopback unless told otherwise."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, start_http_server

DEFAULT_PORT = 9100
DEFAULT_HOST = "127.0.0.1"


@contextmanager
def serving(
    registry: CollectorRegistry, *, port: int = DEFAULT_PORT, host: str = DEFAULT_HOST
) -> Iterator[str]:
    """Serve a registry until the block ends; gives the address, or why there is none.

    A port that is taken must not stop a bot, so the block runs all the same: the text then
    begins with "no metrics endpoint".

    Args:
        registry: what is scraped.
        port: 0 takes any free one.
        host: the address to listen on.
    """
    started = _started(registry, port, host)
    if isinstance(started, OSError):
        yield f"no metrics endpoint: {_reason(started, host, port)}"
        return
    server, thread = started
    try:
        yield f"http://{host}:{server.server_port}/metrics"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _started(
    registry: CollectorRegistry, port: int, host: str
) -> tuple[WSGIServer, Thread] | OSError:
    try:
        return start_http_server(port, addr=host, registry=registry)
    except OSError as error:
        return error


def _reason(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        known = " (node_exporter listens there by default)" if port == DEFAULT_PORT else ""
        return f"port {port} on {host} is taken{known}; choose another with --metrics-port"
    return f"cannot listen on {host}:{port}: {error.strerror}"
