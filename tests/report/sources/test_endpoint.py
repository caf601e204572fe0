"""An endpoint is read for a while: the bot's becomes a page, another's is refused in one line."""

import http.server
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import pytest

from simlab.alerts.rules_file import strategy_rules
from simlab.errors import ConfigError, InputError
from simlab.events import Alert, Attempt, Sample
from simlab.report.html import dashboard
from simlab.report.sources.endpoint import readings, told_by_endpoint
from simlab.report.sources.shown import page_of_told
from simlab.telemetry.metrics import Metrics

NODE = 'node_cpu_seconds_total{cpu="0",mode="idle"} 1\n'


@contextmanager
def answering(bodies: Sequence[bytes | int]) -> Iterator[str]:
    """A server on loopback that gives each of these in turn, the last one again and again."""
    left = list(bodies)

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = left.pop(0) if len(left) > 1 else left[0]
            status, content = (body, b"") if isinstance(body, int) else (200, body)
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def _expositions() -> list[bytes]:
    """Of three moments: at first nothing, then ten attempts, then a slow one that fires."""
    metrics = Metrics(rules=["slow_batch", "error_rate", "cpu_high"])
    found = [metrics.exposition()]
    for nth in range(10):
        status = "error" if nth < 2 else "success"
        metrics.emit(Attempt(1_000_000 + nth, 0.3, status, 1, nth, 1, 1, None, None))  # type: ignore[arg-type]  # one of the three
    metrics.emit(Sample(1_000_100, 40.0, 200.0, 0, 0))
    found.append(metrics.exposition())
    metrics.emit(Attempt(1_000_200, 2.2, "success", 1, 11, 1, 1, None, None))
    metrics.emit(Alert(1_000_200, "a", "slow_batch", "firing", 2.2, 2.0, "ticket", "", "notify"))
    return [*found, metrics.exposition()]


def test_what_a_bots_endpoint_tells_is_on_the_page() -> None:
    told_so_far: list[int] = []
    with answering(_expositions()) as url:
        told = told_by_endpoint(url, for_s=2, report=told_so_far.append)
    page = page_of_told(told, strategy_rules(), title="live", facts={})
    rows, samples = page.shown.rows, page.shown.samples
    assert told_so_far == [1, 2, 3]
    assert rows is not None
    assert samples is not None
    assert (rows["per_minute"] / 60).to_list() == [10, 1]
    assert page.shown.by_status == {"success": 9, "error": 2, "retry": 0}
    np.testing.assert_allclose(rows["success_rate"].to_numpy(), [0.8, 1])
    assert 0.25 < rows["p50"][0] <= 0.5
    assert 2.0 < rows["p50"][1] <= 2.5
    assert samples["cpu_percent"].to_list() == [40, 40]
    assert page.episodes["rule"].to_list() == ["slow_batch"]
    assert page.episodes["open"].to_list() == [True]
    assert "Not all right: slow_batch is firing" in dashboard(page)


def test_an_answer_that_fails_on_the_way_is_a_gap() -> None:
    first, _, last = _expositions()
    with answering([first, 500, last]) as url:
        told = told_by_endpoint(url, for_s=2)
    page = page_of_told(told, strategy_rules(), title="t", facts={})
    assert page.shown.rows is not None
    np.testing.assert_array_equal(page.shown.rows["per_minute"], [np.nan, 11 * 60])
    assert "1 of 3 times the endpoint did not answer." in page.shown.gaps
    assert "1 of 3 times the endpoint did not answer." in dashboard(page)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (NODE.encode(), "node_exporter answers there"),
        (b"other_total 1\n", "these are not the bot's metrics"),
        (b"<!doctype html><title>hello</title>", "these are not the bot's metrics"),
        (
            b'inv_batches_total{status="success" oops\n',
            "expected metrics in Prometheus' text format",
        ),
        (b"\xff\xfe\x00", "these are not the bot's metrics"),
        (404, "found status 404"),
    ],
)
def test_whoever_is_not_the_bot_is_told_so(body: bytes | int, words: str) -> None:
    with answering([body]) as url, pytest.raises(InputError, match=words) as caught:
        told_by_endpoint(url, for_s=2)
    assert "\n" not in str(caught.value)
    assert url in str(caught.value)


@pytest.mark.parametrize(("for_s", "count"), [(2, 3), (60, 61), (3600, 601), (86_400, 601)])
def test_a_long_look_takes_no_more_readings(for_s: float, count: int) -> None:
    assert readings(for_s) == count


@pytest.mark.parametrize("for_s", [0, 1.9, 86_401, float("nan")])
def test_no_other_length_of_time_is_taken(for_s: float) -> None:
    with pytest.raises(ConfigError, match="expected two seconds to a day"):
        told_by_endpoint("http://127.0.0.1:1", for_s=for_s)
