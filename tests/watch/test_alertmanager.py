"""Alertmanager knows what fires while it fires, and that it resolved: a real one, and a mute."""

import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simlab.clock import iso, utc_now_us
from simlab.errors import ConfigError
from simlab.events import RunFinished, RunStarted
from simlab.watch.alertmanager import PATH, Alertmanager, labels_of
from simlab.watch.post import Post

from .cases import START_US, alert, following, line, lines, once, put, serving, until

PROGRAM = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
needs_alertmanager = pytest.mark.skipif(
    PROGRAM is None, reason="needs alertmanager, of Debian's package prometheus-alertmanager"
)


def receiver(url: str, **options: Any) -> Alertmanager:
    post = Post("--alertmanager", url, path=PATH, timeout_s=5.0)
    return Alertmanager(post, tell=lambda _: None, **options)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real one on loopback, ended by its own process; gives its address."""
    assert PROGRAM is not None
    folder = tmp_path_factory.mktemp("alertmanager")
    (folder / "config.yml").write_text("route:\n  receiver: nobody\nreceivers:\n- name: nobody\n")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    command = [
        PROGRAM, f"--web.listen-address={url[7:]}", "--config.file=config.yml",
        "--storage.path=data", "--cluster.listen-address=", "--log.level=error",
    ]  # fmt: skip
    process = subprocess.Popen(command, cwd=folder, stderr=subprocess.DEVNULL)
    try:
        until(lambda: is_ready(url, process), within_s=30.0)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=20)


def is_ready(url: str, process: "subprocess.Popen[bytes]") -> bool:
    assert process.poll() is None, "the server ended"
    try:
        with urllib.request.urlopen(f"{url}/-/ready", timeout=1) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def active(url: str, rule: str) -> list[dict[str, Any]]:
    """What the server says fires under a name."""
    query = f"{url}/api/v2/alerts?active=true&filter=alertname%3D%22{rule}%22"
    with urllib.request.urlopen(query, timeout=5) as answer:
        found = json.load(answer)
    assert isinstance(found, list)
    return found


@needs_alertmanager
def test_an_alert_is_active_there_and_then_resolved(server: str, tmp_path: Path) -> None:
    """The log's time is long past, as a virtual day's is."""
    log = tmp_path / "inventory.log"
    put(log, lines(range(1), rule="past", warehouse_id=7))
    with following(log, receiver(server, labels={"site": "berlin"})):
        until(lambda: active(server, "past"))
        (told,) = active(server, "past")
        put(log, lines(range(1, 2), rule="past", warehouse_id=7))
        until(lambda: not active(server, "past"))
    assert told["labels"] == {
        "alertname": "past", "severity": "page", "action_hint": "rollback", "warehouse_id": "7",
        "site": "berlin",
    }  # fmt: skip
    assert told["annotations"]["alert_id"] == "a0"
    assert told["startsAt"].startswith("2026-01-05T00:00:00.000")


@needs_alertmanager
def test_an_alert_of_a_day_to_come_is_active_and_resolved_now(server: str, tmp_path: Path) -> None:
    """A virtual clock may be ahead; Alertmanager would take its end for one that is to come."""
    ahead_us = utc_now_us() + 86_400_000_000
    log = tmp_path / "inventory.log"
    later = {"rule": "ahead", "started_at": iso(ahead_us)}
    put(log, line(alert(0, time_us=ahead_us, **later)))
    with following(log, receiver(server)):
        until(lambda: active(server, "ahead"))
        put(log, line(alert(1, time_us=ahead_us + 5_000_000, **later)))
        until(lambda: not active(server, "ahead"))


@needs_alertmanager
def test_what_fires_is_sent_again_over_restarts_and_expires_without_a_watch(
    server: str, tmp_path: Path
) -> None:
    """Sent every half second it outlives four of them, and no more."""
    log = tmp_path / "inventory.log"
    put(log, lines(range(1), rule="lasting"))
    for _ in range(2):
        with following(log, receiver(server, resend_s=0.5)):
            until(lambda: active(server, "lasting"))
            end = time.monotonic() + 3.0
            while time.monotonic() < end:
                assert active(server, "lasting")
                time.sleep(0.1)
    until(lambda: not active(server, "lasting"))


@needs_alertmanager
def test_an_episode_that_fires_again_is_active_again(server: str, tmp_path: Path) -> None:
    log = tmp_path / "inventory.log"
    put(log, lines(range(3), rule="again"))
    with following(log, receiver(server)):
        until(lambda: active(server, "again"))
        (told,) = active(server, "again")
    assert told["annotations"]["alert_id"] == "a1"


@pytest.mark.parametrize(
    "end",
    [
        line(RunFinished(START_US + 9_000_000, {}, 0.0, 0.0)),
        line(RunStarted(START_US + 9_000_000, "w", "wall", 1, 1), run_id="next"),
        line(alert(9), run_id="next"),
    ],
)
def test_what_a_run_left_firing_resolves_when_it_is_over(tmp_path: Path, end: bytes) -> None:
    log = tmp_path / "inventory.log"
    put(log, lines(range(1)) + lines(range(2, 3), rule="other"))
    with serving() as mute:
        once(log, receiver(mute.url))
        put(log, end)
        before = len(mute.got)
        once(log, receiver(mute.url))
        bodies = [json.loads(body) for _, _, body in mute.got[before:]]
    again, over = bodies[:2]
    assert [each["annotations"]["alert_id"] for each in again] == ["a0", "a1"]
    assert all(each["endsAt"] > iso(utc_now_us()) for each in again)
    assert [each["annotations"]["alert_id"] for each in over] == ["a0", "a1"]
    assert {each["endsAt"] for each in over} == {iso(START_US + 9_000_000)}


def test_an_alert_that_is_held_is_not_sent(tmp_path: Path) -> None:
    put(tmp_path / "inventory.log", lines(range(2), held=True))
    with serving() as mute:
        once(tmp_path / "inventory.log", receiver(mute.url))
    assert mute.got == []


def test_an_address_may_end_with_the_path_of_the_api() -> None:
    with serving() as mute:
        for url in (mute.url, f"{mute.url}/", f"{mute.url}{PATH}", f"{mute.url}/am"):
            Post("--alertmanager", url, path=PATH, timeout_s=5.0).send(b"[]")
    assert [path for path, _, _ in mute.got] == [PATH, PATH, PATH, f"/am{PATH}"]


@pytest.mark.parametrize("entry", ["", "site", "site=", "1st=x", "a-b=x"])
def test_a_label_that_prometheus_does_not_allow_is_refused(entry: str) -> None:
    with pytest.raises(ConfigError, match="write it like site=berlin"):
        labels_of([entry])
