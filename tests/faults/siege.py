"""Scrapers and slow connections, in a process of their own: `python siege.py PORT SCRAPERS SLOW`.

Prints, as JSON, the seconds that each scrape took, null for one that failed, and how many of the
slow connections the server has ended by the end.
"""

import json
import selectors
import socket
import sys
import time
from contextlib import suppress

PATIENCE_S = 10.0
"""As long as Prometheus waits for a scrape by default."""


def connected(port: int) -> socket.socket:
    """A connection under way: the handshake is the kernel's business."""
    client = socket.socket()
    client.setblocking(False)
    with suppress(BlockingIOError):
        client.connect(("127.0.0.1", port))
    return client


def scraped(port: int, count: int) -> list[float | None]:
    """What so many scrapes at once took [s]."""
    selector = selectors.DefaultSelector()
    began: dict[socket.socket, float] = {}
    got: dict[socket.socket, bytearray] = {}
    for _ in range(count):
        client = connected(port)
        began[client], got[client] = time.monotonic(), bytearray()
        selector.register(client, selectors.EVENT_WRITE)
    took: list[float | None] = []
    until = time.monotonic() + PATIENCE_S
    while len(took) < count and time.monotonic() < until:
        for key, _ in selector.select(1.0):
            asked = key.fileobj
            assert isinstance(asked, socket.socket)
            try:
                if key.events == selectors.EVENT_WRITE:
                    asked.send(b"GET /metrics HTTP/1.1\r\nHost: here\r\n\r\n")
                    selector.modify(asked, selectors.EVENT_READ)
                    continue
                part = asked.recv(1 << 20)
            except OSError:
                part = b""
            got[asked] += part
            if not part:
                now = time.monotonic()
                took.append(now - began[asked] if is_whole(bytes(got[asked])) else None)
                selector.unregister(asked)
                asked.close()
    return took + [None] * (count - len(took))


def is_whole(answer: bytes) -> bool:
    head, _, body = answer.partition(b"\r\n\r\n")
    length = head.partition(b"Content-Length: ")[2].split(b"\r\n")[0]
    return head.startswith(b"HTTP/1.1 200 OK\r\n") and int(length) == len(body) > 0


def is_ended(client: socket.socket) -> bool:
    """Whether the server ended a connection that asked for nothing yet."""
    try:
        client.send(b"G")  # a letter at a time
        return client.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def siege(port: int, scrapers: int, slow: int) -> None:
    dawdlers = [connected(port) for _ in range(slow)]
    time.sleep(0.2 if slow else 0)  # they are all there
    for dawdler in dawdlers:
        is_ended(dawdler)
    took = scraped(port, scrapers)
    until = time.monotonic() + 5
    while dawdlers and time.monotonic() < until:
        time.sleep(0.2)
        dawdlers = [dawdler for dawdler in dawdlers if not is_ended(dawdler)]
    print(json.dumps({"took_s": took, "ended": slow - len(dawdlers)}))  # noqa: T201  # its output


if __name__ == "__main__":
    siege(*map(int, sys.argv[1:]))
