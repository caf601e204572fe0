"""What a Sentry server gets, and what the bot bears when there is none: next to nothing."""

import gzip
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from simlab.events import Alert, Attempt
from simlab.telemetry.sentry import Sentry

from .cases import SECOND, START_US, attempt

pytest.importorskip("sentry_sdk", reason="sentry-sdk is not installed")

AT = "2026-01-05T00:00:00.000000Z"
DEAD = "http://key@127.0.0.1:9/1"
"""Nobody listens at the discard port."""


def decoded(body: bytes) -> list[dict[str, Any]]:
    """The events of an envelope: a line of headers, then for each item its headers and payload."""
    head, _, rest = body.partition(b"\n")
    assert json.loads(head)["event_id"]
    events = []
    while rest:
        told, _, rest = rest.partition(b"\n")
        item = json.loads(told)
        length = item.get("length", rest.find(b"\n") % (len(rest) + 1))
        payload, rest = rest[:length], rest[length:].removeprefix(b"\n")
        assert item["type"] == "event"
        events.append(json.loads(payload))
    return events


@contextmanager
def server(*, delay_s: float = 0.0, status: int = 200) -> Iterator[tuple[str, list[Any]]]:
    """A server as Sentry's, its DSN, and the events that have come."""
    events: list[Any] = []

    class Ingest(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/api/42/envelope/"
            assert "sentry_key=secretkey" in self.headers["X-Sentry-Auth"]
            body = self.rfile.read(int(self.headers["Content-Length"]))
            zipped = self.headers.get("Content-Encoding") == "gzip"
            events.extend(decoded(gzip.decompress(body) if zipped else body))
            time.sleep(delay_s)
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments: Any) -> None:
            """Say nothing."""

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Ingest)
    httpd.daemon_threads = True
    thread = threading.Thread(target=httpd.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://secretkey@127.0.0.1:{httpd.server_port}/42", events
    finally:
        httpd.shutdown()
        thread.join()
        httpd.server_close()


def alert(state: str) -> Alert:
    return Alert(START_US, "a", "slow", state, 2.5, 2.0, "page", AT, "rollback")  # type: ignore[arg-type]  # one of the two


def failed(number: int = 1, error: str = "timeout") -> Attempt:
    return Attempt(START_US + number * SECOND, 1.5, "error", 7, number, 3, 40, 0.25, error)


def raised() -> BaseException:
    def commit() -> None:
        password = "hunter" + str(2)  # noqa: F841  # a local that must not leave
        raise ConnectionError("gone")

    try:
        commit()
    except ConnectionError as error:
        return error
    raise AssertionError


def test_a_failed_batch_arrives_with_its_stack_its_context_and_the_alerts_before_it() -> None:
    with server() as (dsn, events):
        sentry = Sentry(dsn, run_id="run-1")
        sentry.emit(alert("firing"))
        sentry.caught(7, raised())
        sentry.emit(attempt(START_US, status="retry"))  # another batch's
        sentry.emit(failed(7))
        sentry.emit(failed(8, "validation"))
        sentry.close()
    first, second = events
    [exception] = first["exception"]["values"]
    assert (exception["type"], exception["value"]) == ("ConnectionError", "gone")
    assert [frame["function"] for frame in exception["stacktrace"]["frames"]] == [
        "raised",
        "commit",
    ]
    assert first["contexts"]["batch"]["batch_id"] == 7
    assert first["contexts"]["batch"]["batch_size"] == 40
    assert first["tags"] == {"run_id": "run-1", "error_type": "timeout", "warehouse_id": "7"}
    [crumb] = first["breadcrumbs"]["values"]
    assert (crumb["category"], crumb["message"]) == ("alert", "slow firing")
    assert crumb["data"]["threshold"] == 2.0
    assert second["message"] == "batch failed: validation"
    assert "exception" not in second
    assert "hunter2" not in json.dumps(events)
    assert sentry.dropped == 0


def test_what_ends_the_bot_is_reported_and_successes_and_retries_are_not() -> None:
    with server() as (dsn, events):
        sentry = Sentry(dsn, run_id="run-1")
        for status in ("success", "retry"):
            sentry.caught(1, raised())
            sentry.emit(attempt(START_US, status=status))
        sentry.crashed(raised())
        sentry.emit(failed(1))
        sentry.close()
    assert ["exception" in event for event in events] == [True, False]


@pytest.mark.parametrize("dsn", ["", "nonsense", "http://nokey/1", "ftp://key@host/1", "https://"])
@pytest.mark.fault("Sentry", "hostile")
def test_a_dsn_that_is_none_is_told_of_in_a_line_and_all_else_does_nothing(dsn: str) -> None:
    before = threading.active_count()
    sentry = Sentry(dsn, run_id="run-1")
    assert sentry.problem == "no Sentry: the DSN is none; expected https://KEY@HOST/PROJECT"
    sentry.emit(failed())
    sentry.crashed(raised())
    sentry.close()
    assert threading.active_count() == before


def test_without_the_sdk_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentry_sdk", None)
    told = Sentry("https://key@127.0.0.1/1", run_id="run-1").problem
    assert told == "no Sentry: sentry-sdk is not installed; pip install 'simlab[sentry]'"


def costs_us(sentry: Sentry, error: BaseException | None, count: int = 2000) -> float:
    """What one failed batch costs the bot, by the clock [us]; the best of three goes."""

    def once() -> float:
        began = time.perf_counter()
        for number in range(count):
            if error is not None:
                sentry.caught(number, error)
            sentry.emit(failed(number))
        return (time.perf_counter() - began) / count * 1e6

    return min(once() for _ in range(3))


@pytest.mark.parametrize("error", [None, raised()])
@pytest.mark.fault("Sentry", "unreachable")
def test_a_dead_server_costs_under_50_us_an_error_and_all_losses_are_counted(
    capfd: pytest.CaptureFixture[str], error: BaseException | None
) -> None:
    sentry = Sentry(DEAD, run_id="run-1")
    assert costs_us(sentry, error) < 50
    began = time.monotonic()
    sentry.close(1.0)
    assert time.monotonic() - began < 2
    assert 6000 - 2 * 100 - 1 <= sentry.dropped <= 6000  # what waited in the queues may be lost too
    assert capfd.readouterr() == ("", "")


@pytest.mark.fault("Sentry", "unreachable")
def test_a_server_that_hangs_does_not_hold_up_the_end() -> None:
    with server(delay_s=5.0) as (dsn, _):
        sentry = Sentry(dsn, run_id="run-1")
        for number in range(10):
            sentry.emit(failed(number))
        began = time.monotonic()
        sentry.close(0.3)
        assert time.monotonic() - began < 1.0


def test_what_a_server_refuses_is_counted() -> None:
    with server(status=500) as (dsn, events):
        sentry = Sentry(dsn, run_id="run-1")
        for number in range(5):
            sentry.emit(failed(number))
        sentry.close()
    assert len(events) == sentry.dropped == 5


@pytest.mark.fault("Sentry", "crowd")
def test_more_than_can_wait_is_dropped_and_counted_and_memory_is_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gate = threading.Event()
    report = Sentry._report

    def waiting(*told: Any) -> None:
        gate.wait(5)
        report(*told)

    monkeypatch.setattr(Sentry, "_report", waiting)
    with server() as (dsn, events):
        sentry = Sentry(dsn, run_id="run-1", most_waiting=10)
        for number in range(1000):
            sentry.caught(number, raised())
        assert len(sentry._caught) <= 256
        for number in range(50):
            sentry.emit(failed(number))
        assert sentry._queue.qsize() <= 10
        gate.set()
        sentry.close()
    assert len(events) + sentry.dropped == 50
    assert len(events) >= 10


def test_telemetry_can_be_imported_and_metrics_kept_without_the_sdk() -> None:
    code = (
        "import sys, simlab.run, simlab.telemetry.sentry\n"
        "raise SystemExit('sentry_sdk' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
