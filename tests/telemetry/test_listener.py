"""One thread answers everyone, and waits for no one longer than it says."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from simlab.telemetry import listener as listeners
from simlab.telemetry.listener import Listener

HEAD = b"GET / HTTP/1.1\r\n\r\n"


@contextmanager
def listening(answer: bytes = b"answer", **options: float) -> Iterator[int]:
    server = socket.create_server(("127.0.0.1", 0))
    port: int = server.getsockname()[1]
    listener = Listener(server, lambda head: answer + head, **options)  # type: ignore[arg-type]  # by their names
    listener.start()
    try:
        yield port
    finally:
        listener.stop()


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=5)


def everything(client: socket.socket) -> bytes:
    parts = []
    while part := client.recv(65_536):
        parts.append(part)
    return b"".join(parts)


def test_a_request_may_come_in_pieces() -> None:
    with listening() as port, connected(port) as client:
        for piece in (b"GET / HT", b"TP/1.1\r\n", b"\r", b"\n"):
            client.sendall(piece)
            time.sleep(0.02)
        assert everything(client) == b"answer" + HEAD


def test_an_answer_of_any_size_comes_whole_to_who_reads_it() -> None:
    large = bytes(range(256)) * 100_000
    with listening(large) as port, connected(port) as client:
        client.sendall(HEAD)
        time.sleep(0.05)
        assert everything(client) == large + HEAD


def test_who_does_not_ask_and_who_does_not_read_are_ended_in_time() -> None:
    with listening(bytes(100_000_000), timeout_s=0.2) as port:
        with connected(port) as silent:
            began = time.monotonic()
            assert silent.recv(1) == b""
            assert 0.15 < time.monotonic() - began < 2
        with connected(port) as deaf:
            deaf.sendall(HEAD)
            time.sleep(0.6)
            try:
                got = len(everything(deaf))
            except ConnectionResetError:
                got = 0
            assert got < 100_000_000


def test_where_too_many_are_connected_the_oldest_makes_room() -> None:
    with listening(most_open=3) as port:
        clients = []
        for _ in range(5):
            clients.append(connected(port))
            time.sleep(0.02)  # they come one after the other
        assert [everything(client) for client in clients[:2]] == [b"", b""]
        for client in clients[2:]:
            client.sendall(HEAD)
            assert everything(client) == b"answer" + HEAD
        for client in clients:
            client.close()


def test_it_is_stopped_at_once_with_connections_open_and_leaves_no_thread() -> None:
    before = set(threading.enumerate())
    began = time.monotonic()
    with listening() as port:
        client = connected(port)
        time.sleep(0.05)
        assert len(set(threading.enumerate()) - before) == 1
    assert time.monotonic() - began < 1
    assert client.recv(1) == b""
    client.close()
    assert set(threading.enumerate()) == before


def test_a_response_that_takes_for_ever_does_not_hold_up_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(listeners, "_STOPPED_S", 0.2)
    gate = threading.Event()
    server = socket.create_server(("127.0.0.1", 0))
    listener = Listener(server, lambda _: b"late" if gate.wait(10) else b"")
    listener.start()
    with socket.create_connection(server.getsockname(), timeout=5) as client:
        client.sendall(HEAD)
        time.sleep(0.1)
        began = time.monotonic()
        listener.stop()
        assert time.monotonic() - began < 1
        gate.set()
        assert everything(client) == b"late"
    listener.stop()  # now it comes to its end
