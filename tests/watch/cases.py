"""What the tests of watching share: alert lines, receivers that remember, a server."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from simlab.clock import iso
from simlab.events import Alert, RunFinished, RunStarted
from simlab.telemetry.jsonlog import JsonFormatter, record_of
from simlab.watch.pace import Pace
from simlab.watch.receiver import Receiver
from simlab.watch.told import Told
from simlab.watch.watch import watch

START_US = 1_767_571_200_000_000
QUICK = Pace(poll_s=0.005, first_s=0.01, longest_s=0.03, tries=3)


def alert(number: int, **fields: Any) -> Alert:
    """The so-manieth alert: even ones fire, the odd one after each resolves it."""
    at_us = START_US + number * 1_000_000
    told: dict[str, Any] = {
        "time_us": at_us,
        "alert_id": f"a{number // 2}",
        "rule": "slow",
        "state": "resolved" if number % 2 else "firing",
        "value": 2.5,
        "threshold": 2.0,
        "severity": "page",
        "started_at": iso(at_us - number % 2 * 1_000_000),
        "action_hint": "rollback",
    }
    return Alert(**{**told, **fields})


def line(event: Alert | RunStarted | RunFinished, *, run_id: str = "r") -> bytes:
    """An event's line, as the log has it."""
    return JsonFormatter(run_id=run_id).format(record_of(event)).encode() + b"\n"


def lines(numbers: range, **fields: Any) -> bytes:
    return b"".join(line(alert(number, **fields)) for number in numbers)


def put(path: Path, text: bytes) -> None:
    with path.open("ab") as file:
        file.write(text)


class Notebook(Receiver):
    """A receiver that notes what it was given, after what it was told to raise."""

    def __init__(
        self, name: str = "notebook", raises: Iterator[Exception | None] | None = None
    ) -> None:
        self.name = name
        self.got: list[Told] = []
        self.tried = 0
        self._raises = raises or iter(())

    def deliver(self, told: Told, *, tries: int) -> None:
        self.tried += 1
        error = next(self._raises, None)
        if error is not None:
            raise error
        self.got.append(told)

    @property
    def seen(self) -> list[tuple[str, str]]:
        return [(told.alert.alert_id, told.alert.state) for told in self.got if told.alert]


def expected(numbers: range) -> list[tuple[str, str]]:
    return [(alert(number).alert_id, alert(number).state) for number in numbers]


def once(log: Path, *receivers: Receiver, **options: Any) -> list[str]:
    """Deliver what is there; what was told of it."""
    said: list[str] = []
    usual: dict[str, Any] = {"since": "start", "once": True, "pace": QUICK, "tell": said.append}
    watch(log, receivers, **(usual | options))
    return said


@contextmanager
def following(log: Path, *receivers: Receiver, **options: Any) -> Iterator[list[str]]:
    """Follow a log in the background until the block ends."""
    stop, said = threading.Event(), list[str]()
    usual: dict[str, Any] = {"since": "start", "pace": QUICK, "tell": said.append}
    failed: list[Exception] = []

    def run() -> None:
        try:
            watch(log, receivers, stop=stop, **(usual | options))
        except Exception as error:  # noqa: BLE001  # told below, in the test's own thread
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield said
    finally:
        stop.set()
        thread.join(20)
    assert not failed, failed
    assert not thread.is_alive()


def until(holds: Callable[[], Any], *, within_s: float = 20.0) -> None:
    """Wait for something to be so."""
    end = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.005)


class Server:
    """An HTTP server on loopback that notes what is posted and answers as it is told."""

    def __init__(self, answer: Callable[[int], tuple[int, Mapping[str, str]]]) -> None:
        self.got: list[tuple[str, Mapping[str, str], bytes]] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # the base's name
                body = self.rfile.read(int(self.headers["Content-Length"]))
                server.got.append((self.path, dict(self.headers), body))
                code, headers = answer(len(server.got))
                self.send_response(code)
                for name, text in headers.items():
                    self.send_header(name, text)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, _, body in self.got]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def serving(
    answer: Callable[[int], tuple[int, Mapping[str, str]]] = lambda _: (200, {}),
) -> Iterator[Server]:
    server = Server(answer)
    try:
        yield server
    finally:
        server.close()
