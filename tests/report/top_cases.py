"""Bots to watch: events, their log, and an endpoint on loopback."""

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread

from simlab.events import Alert, Attempt, Event, RunFinished, RunStarted, Sample
from simlab.telemetry.line import LineEncoder

START_US = 1_767_571_200_000_000
SECOND_US = 1_000_000
SPAN_US = 15 * 60 * SECOND_US


def attempt(at_s: float, duration: float = 0.5, status: str = "success", **more: int) -> Attempt:
    """An attempt that ended so long after the start."""
    return Attempt(
        time_us=START_US + round(at_s * SECOND_US),
        duration=duration,
        status=status,  # type: ignore[arg-type]  # one of the three
        warehouse_id=more.get("warehouse_id", 1),
        batch_id=round(at_s),
        attempt=1,
        batch_size=10,
        queue_wait=0.0,
        error_type=None if status == "success" else "timeout",
    )


def alert(at_s: float, rule: str, state: str, *, value: float | None = 2.5) -> Alert:
    """An alert event so long after the start."""
    return Alert(
        time_us=START_US + round(at_s * SECOND_US),
        alert_id=f"{rule}-1",
        rule=rule,
        state=state,  # type: ignore[arg-type]  # one of the two
        value=value,
        threshold=2.0,
        severity="page",
        started_at="2026-01-05T00:00:00Z",
        action_hint="notify",
    )


def began(at_s: float = 0) -> RunStarted:
    """The start of a run."""
    return RunStarted(START_US + round(at_s * SECOND_US), "tiny", "virtual", 10, 1)


def ended(at_s: float) -> RunFinished:
    """The end of a run."""
    return RunFinished(START_US + round(at_s * SECOND_US), {}, 1.0, 100.0)


def sample(at_s: float, cpu_percent: float) -> Sample:
    """A reading of the machine."""
    return Sample(START_US + round(at_s * SECOND_US), cpu_percent, 200.0, 1000, 2000)


def lines(events: Sequence[Event]) -> bytes:
    """Their lines in a log."""
    encoder = LineEncoder(run_id="r1")
    return b"".join(map(encoder.line, events))


def logged(path: Path, events: Sequence[Event]) -> Path:
    """Put events at the end of a log."""
    with path.open("ab") as log:
        log.write(lines(events))
    return path


@contextmanager
def answering(answer: bytes, *, port: int = 0) -> Iterator[str]:
    """A server on loopback that answers each request with those very bytes; gives its address."""
    server = socket.create_server(("127.0.0.1", port))
    thread = Thread(target=_answer, args=(server, answer), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/metrics"
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(5)


def ok(body: str) -> bytes:
    """An answer that is all right."""
    return b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body.encode()


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _answer(server: socket.socket, answer: bytes) -> None:
    while True:
        try:
            visitor, _ = server.accept()
        except OSError:
            return
        with visitor, suppress(OSError):  # who asks may have had enough
            visitor.recv(8192)
            visitor.sendall(answer)
