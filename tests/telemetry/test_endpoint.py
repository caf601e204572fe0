"""The metrics are on a real port, on loopback, for as long as they should be."""

import socket
import threading
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from simlab.telemetry.endpoint import serving
from simlab.telemetry.metrics import Metrics

from .cases import load, parsed


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
