"""An endpoint is watched over its absence, and who is not a bot is told from one."""

import math

import pytest
from prometheus_client import CollectorRegistry, Gauge

from simlab.errors import ConfigError, InputError
from simlab.report.top.endpoint import Endpoint
from simlab.telemetry.endpoint import serving
from simlab.telemetry.exposition import exposition
from simlab.telemetry.metrics import Metrics

from .top_cases import SPAN_US, alert, answering, attempt, free_port, ok


def bot(*names: str) -> Metrics:
    """A bot's metrics."""
    return Metrics(rules=names, values=lambda: {(name, None): 1.5 for name in names})


def test_what_a_bot_serves_is_what_is_read() -> None:
    """Two attempts of 0.5 s, one of them retried; quantiles within 1 %, as the contract has it."""
    metrics = bot("slow_batch")
    metrics.emit(attempt(1))
    metrics.emit(attempt(2, status="retry"))
    metrics.emit(alert(3, "slow_batch", "firing"))
    with serving(metrics.registry, port=0) as address:
        endpoint = Endpoint(address, span_us=SPAN_US)
        news = endpoint.news()
    (reading,) = news.readings
    assert reading.values["inv_batch_seconds_p95"] == pytest.approx(0.5, rel=0.01)
    assert reading.values["retry_count"] == reading.totals["retries"] == 1
    assert (reading.totals["attempts"], reading.totals["finished"]) == (2, 1)
    assert math.isnan(reading.values["cpu_percent"])
    assert reading.firing == {"slow_batch": True}
    assert reading.rule_values == {("slow_batch", None): 1.5}
    (change,) = news.changes
    assert (change.rule, change.state, change.is_late) == ("slow_batch", "firing", True)


def test_an_endpoint_that_goes_away_is_said_to_and_taken_up_again() -> None:
    """After a restart the counters begin anew, and that is told."""
    metrics, port = bot("slow_batch"), free_port()
    metrics.emit(attempt(1))
    with serving(metrics.registry, port=port, cached_s=0) as address:
        endpoint = Endpoint(address, span_us=SPAN_US)
        assert not endpoint.news().is_trouble
    gone = [endpoint.news(), endpoint.news()]
    assert all(news.is_trouble and not news.readings for news in gone)
    assert "NO ANSWER since" in gone[0].state
    assert gone[0].state[:28] == gone[1].state[:28], "since the first time"
    with serving(bot("slow_batch").registry, port=port, cached_s=0):
        back = endpoint.news()
    assert not back.is_trouble
    assert back.began_us == back.readings[0].time_us


def test_a_rule_that_begins_to_fire_is_a_change_once() -> None:
    metrics = bot("slow_batch")
    metrics.emit(attempt(1))
    with serving(metrics.registry, port=0, cached_s=0) as address:
        endpoint = Endpoint(address, span_us=SPAN_US)
        told = [endpoint.news().changes]
        metrics.emit(alert(3, "slow_batch", "firing"))
        told += [endpoint.news().changes, endpoint.news().changes]
        metrics.emit(alert(4, "slow_batch", "resolved"))
        told.append(endpoint.news().changes)
    assert [[change.state for change in each] for each in told] == [
        [], ["firing"], [], ["resolved"],
    ]  # fmt: skip


def test_node_exporter_is_known_by_its_metrics() -> None:
    registry = CollectorRegistry()
    Gauge("node_load1", "1m load average.", registry=registry)
    with (
        serving(registry, port=0) as address,
        pytest.raises(InputError, match="node_exporter answers there, not a bot"),
    ):
        Endpoint(address, span_us=SPAN_US)


BOTS = exposition(bot("slow_batch").registry).decode()


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (ok("hello\n"), "not a bot's metrics"),
        (b"HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n", "HTTP 404 Not Found"),
        (b"SSH-2.0-OpenSSH\r\n", "no metrics"),
        (b"", "no metrics"),
        (ok(BOTS + 'inv_error_count{x="\n'), "cannot be read"),
        (ok(BOTS + "inv_error_count pi\n"), "cannot be read"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nshort", "cut short"),
        (b"HTTP/1.1 500 \x1b[31m\r\n\r\n", "HTTP 500 \N{REPLACEMENT CHARACTER}"),
    ],
)
def test_who_answers_otherwise_is_refused_in_one_inert_line(answer: bytes, told: str) -> None:
    with answering(answer) as address, pytest.raises(InputError) as refused:
        Endpoint(address, span_us=SPAN_US)
    assert told in str(refused.value)
    assert str(refused.value).isprintable()


def test_an_answer_without_end_is_given_up_in_time() -> None:
    """1 GB would be read otherwise."""
    with (
        answering(ok("#" * (40 << 20))) as address,
        pytest.raises(InputError, match="does not end within"),
    ):
        Endpoint(address, span_us=SPAN_US)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "http://", "http://a b/", "http://127.0.0.1:0/", "http://x:99999/",
        "http://[::1/", "http://user:secret@127.0.0.1/", "http://127.0.0.1/\x1b[31m",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_and_no_secret_repeated(url: str) -> None:
    with pytest.raises(ConfigError) as refused:
        Endpoint(url, span_us=SPAN_US)
    assert "secret" not in str(refused.value)
    assert str(refused.value).isprintable()


@pytest.mark.parametrize("url", ["http://\u2100.example/", "http://127.0.0.1:1/\u00e9"])
def test_an_address_that_no_one_can_ask_is_refused(url: str) -> None:
    with pytest.raises((ConfigError, InputError)):
        Endpoint(url, span_us=SPAN_US)
