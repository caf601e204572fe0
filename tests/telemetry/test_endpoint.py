"""The metrics are on a real port, on loopback, for as long as they should be."""

import socket
import threading
import time
from collections.abc import Iterable
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric

from simlab.telemetry.endpoint import serving
from simlab.telemetry.metrics import Metrics

from .cases import START_US, attempt, load, parsed


def test_a_scrape_gets_what_the_exposition_says() -> None:
    metrics = Metrics()
    for event in load(50):
        metrics.emit(event)
    with serving(metrics.registry, port=0) as url, urlopen(url, timeout=5) as answer:
        told = answer.read()
        assert answer.headers["Content-Type"].startswith("text/plain")
    assert url.startswith("http://127.0.0.1:")
    assert parsed(told)["inv_batch_seconds_count"] == 50


def test_server_and_thread_are_gone_afterwards() -> None:
    before = set(threading.enumerate())
    with serving(Metrics().registry, port=0) as url:
        assert set(threading.enumerate()) - before
    assert set(threading.enumerate()) == before
    with pytest.raises(URLError):
        urlopen(url, timeout=5)


def test_a_port_that_is_taken_is_told_of_and_the_block_runs() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with serving(Metrics().registry, port=port) as told:
            assert told == (
                f"no metrics endpoint: port {port} on 127.0.0.1 is taken; "
                "choose another with --metrics-port"
            )


def test_the_default_port_names_who_has_it_as_a_rule() -> None:
    with (
        serving(Metrics().registry, port=9100),
        serving(Metrics().registry, port=9100) as told,
    ):
        assert "port 9100 on 127.0.0.1 is taken (node_exporter listens there by default)" in told


def test_an_address_that_is_not_this_machines_is_told_of() -> None:
    with serving(Metrics().registry, port=0, host="192.0.2.1") as told:
        assert told.startswith("no metrics endpoint: cannot listen on 192.0.2.1:0: ")


def test_what_the_block_raises_comes_through_and_closes_the_server() -> None:
    with pytest.raises(OSError, match="mine"), serving(Metrics().registry, port=0) as url:
        raise OSError("mine")
    with pytest.raises(URLError):
        urlopen(url, timeout=5)


def test_a_scrape_is_made_anew_when_it_is_older_than_allowed() -> None:
    metrics = Metrics()
    with serving(metrics.registry, port=0, cached_s=0.3) as url:
        counts = []
        for wait_s in (0.0, 0.0, 0.4):
            time.sleep(wait_s)
            with urlopen(url, timeout=5) as answer:
                counts.append(parsed(answer.read())["inv_batch_seconds_count"])
            metrics.emit(attempt(START_US))
    assert counts == [0, 0, 2]


def test_head_gets_the_head_alone_and_what_is_not_there_is_said_to_be_elsewhere() -> None:
    with serving(Metrics().registry, port=0) as url:
        with urlopen(Request(url, method="HEAD"), timeout=5) as answer:
            assert int(answer.headers["Content-Length"]) > 1000
            assert answer.read() == b""
        for path, method, status in (("/secret", "GET", 404), ("/metrics", "POST", 405)):
            request = Request(url.replace("/metrics", path), method=method)
            with pytest.raises(HTTPError) as caught:
                urlopen(request, timeout=5)
            assert caught.value.code == status
            caught.value.close()


def test_a_scrape_that_fails_altogether_is_said_so_and_the_next_may_work() -> None:
    class Moody(CollectorRegistry):
        fails = True

        def collect(self) -> Iterable[Metric]:
            if self.fails:
                raise RuntimeError
            return []

    registry = Moody()
    with serving(registry, port=0) as url:
        with pytest.raises(HTTPError) as caught:
            urlopen(url, timeout=5)
        assert caught.value.code == 500
        caught.value.close()
        registry.fails = False
        with urlopen(url, timeout=5) as answer:
            assert answer.status == 200
