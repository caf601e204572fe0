"""Alerts reach the orchestrator at least once, whoever is killed; a repeat has the same id."""

import json
import os
import random
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest
from watch.cases import Notebook, alert, expected, following, lines, once, put, until

from simlab.events import Attempt
from simlab.telemetry.crashsafe import CrashSafeLog
from simlab.watch.receiver import RefusedError
from simlab.watch.state import poison_of, state_of

from . import pager

NIGHTLY = os.environ.get("SIMLAB_NIGHTLY") == "1"
KILLS = 100 if NIGHTLY else 12
EVENT_EVERY_S = 0.01
STEP_US = 300_000_000
"""Five minutes from one alert to the next: a rotation every 288."""


class Bot(threading.Thread):
    """Logs alerts of two rules among its attempts until it is told to end, a day every 3 s."""

    def __init__(self, log: Path) -> None:
        super().__init__(daemon=True)
        self.log = CrashSafeLog(log, run_id="r", kept_days=0)
        self.ended = threading.Event()
        self.told = 0

    def run(self) -> None:
        while not self.ended.wait(EVENT_EVERY_S):
            event = alert(self.told)
            at_us = event.time_us + self.told * STEP_US
            self.log.emit(Attempt(at_us, 0.5, "success", 7, self.told, 1, 40, 0.25, None))
            rule = f"rule{self.told // 2 % 2}"
            self.log.emit(alert(self.told, time_us=at_us, rule=rule))
            self.told += 1
        self.log.close()


class Victim:
    """A process that is killed and begun again at random moments."""

    def __init__(self, *command: str, rng: random.Random, longest_s: float) -> None:
        self._command = command
        self._rng = rng
        self._longest_s = longest_s
        self.killed = 0
        self._begin()

    def _begin(self) -> None:
        self._process = subprocess.Popen(
            self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._until_s = time.monotonic() + 0.2 + self._longest_s * self._rng.random()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def tend(self) -> None:
        if time.monotonic() > self._until_s:
            assert self._process.poll() is None, "it ended by itself"
            self.kill()
            self._begin()

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self.killed += 1


def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        found: int = free.getsockname()[1]
    return found


def check(notes: Path, wanted: list[tuple[str, str]]) -> int:
    """That all wanted events are there, the rules' in order, repeats alike; how many repeats."""
    got = [json.loads(each) for each in notes.read_text().splitlines()]
    keys = [(each["alert_id"], each["state"]) for each in got]
    assert set(keys) == set(wanted)
    first: dict[tuple[str, str], dict[str, object]] = {}
    for key, event in zip(keys, got, strict=True):
        assert first.setdefault(key, event) == event
    assert list(first) == wanted
    return len(got) - len(wanted)


@pytest.mark.fault("watch", "kill")
def test_no_alert_is_missed_when_watch_and_receiver_are_killed_at_random(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Promise 9: at a webhook and at a command, while the log rotates."""
    log, posted, ran = tmp_path / "logs" / "inventory.log", tmp_path / "posted", tmp_path / "ran"
    rng, free = random.Random(KILLS), port()
    watch = [
        sys.executable, "-m", "simlab", "watch", str(log.parent), "--from", "start",
        "--webhook", f"http://127.0.0.1:{free}", "--max-pause", "200ms",
        "--on-firing", f"sh -c 'cat >> {ran}'",
    ]  # fmt: skip
    bot = Bot(log)
    bot.start()
    pager_ = [sys.executable, pager.__file__, str(free), str(posted)]
    with Victim(*pager_, rng=rng, longest_s=1.5) as pages:
        with Victim(*watch, rng=rng, longest_s=1.0) as watches:
            while watches.killed < KILLS:
                watches.tend()
                pages.tend()
                time.sleep(0.005)
        bot.ended.set()
        bot.join()
        time.sleep(0.3)  # a command that outlived the watch
        last = [*watch, "--once", "--tries", "100"]
        done = subprocess.run(last, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    wanted = expected(range(bot.told))
    repeats = check(posted, wanted)
    repeats_ran = check(ran, wanted[::2])
    rotated = len(list(log.parent.glob("inventory.log.*")))
    assert rotated >= 1
    with capsys.disabled():
        print(  # noqa: T201  # the figure
            f"\nwatch killed {watches.killed} times, its webhook {pages.killed}: {len(wanted)} "
            f"alerts over {rotated} rotations, 0 missed, {repeats} posted again, "
            f"{repeats_ran} commands run again"
        )


@pytest.fixture
def log(tmp_path: Path) -> Path:
    put(tmp_path / "inventory.log", lines(range(4)))
    return tmp_path / "inventory.log"


@pytest.fixture
def full(log: Path) -> Iterator[threading.Event]:
    """A disk on which no file may grow beyond 200 bytes, until the event is set."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    has_room = threading.Event()

    def make_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        threading.Event.set(has_room)

    has_room.set = make_room  # type: ignore[method-assign]  # what makes room also says so
    resource.setrlimit(resource.RLIMIT_FSIZE, (200, before[1]))
    yield has_room
    make_room()


@pytest.mark.fault("watch", "full disk")
def test_a_full_disk_delays_what_is_set_aside_and_loses_nothing(
    log: Path, full: threading.Event
) -> None:
    """The state cannot be saved, nor the poison kept: the rest goes on when there is room."""
    picky = Notebook(raises=iter([None, *[RefusedError("no")] * 10]))
    with following(log, picky) as said:
        until(lambda: any(str(poison_of(state_of(log))) in each for each in said))
        assert picky.seen == expected(range(1))
        full.set()
        until(lambda: len(picky.got) + lines_in(poison_of(state_of(log))) >= 4)
    assert any("cannot be written: File too large; what is delivered" in each for each in said)
    kept = [json.loads(each) for each in poison_of(state_of(log)).read_text().splitlines()]
    aside = [(each["alert_id"], each["state"]) for each in kept]
    assert sorted(picky.seen + aside) == sorted(expected(range(4)))
    again = Notebook()
    once(log, again)
    assert again.seen == []


def lines_in(path: Path) -> int:
    return path.read_text().count("\n") if path.exists() else 0
