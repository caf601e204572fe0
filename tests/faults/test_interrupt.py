"""Ctrl-C ends a run between two events: what is left is whole, and all files agree."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from run.cases import equal, events, made

from simlab.dataset.manifest import read_manifest
from simlab.dataset.read import read
from simlab.dataset.recorder import Recorder
from simlab.telemetry.crashsafe import CrashSafeLog
from simlab.telemetry.metrics import Metrics

SITES: list[tuple[type, str]] = [
    (CrashSafeLog, "emit"),
    (Metrics, "emit"),
    (Recorder, "emit"),
]
MAIN = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever the test's parent ignores
from simlab.cli import main
main()
"""


@pytest.fixture(autouse=True)
def _interrupts() -> Iterator[None]:
    """Ctrl-C as Python has it, whatever the test's parent ignores."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize(("kind", "method"), SITES)
@pytest.mark.parametrize("at", [50, 51, 52, 53])
@pytest.mark.fault("log", "stop")
@pytest.mark.fault("metrics", "stop")
@pytest.mark.fault("record", "stop")
def test_a_signal_while_an_event_is_told_waits_until_all_have_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: type, method: str, at: int
) -> None:
    real, calls = getattr(kind, method), [0]

    def interrupted(*arguments: Any) -> Any:
        calls[0] += 1
        if calls[0] == at:
            os.kill(os.getpid(), signal.SIGINT)
        return real(*arguments)

    monkeypatch.setattr(kind, method, interrupted)
    ran = made(tmp_path / "a")
    assert ran.interrupted
    assert 20 < len(ran.dataset.rows) < 60
    assert equal(read(ran.path / "logs"), ran.dataset)
    assert equal(read(ran.path), ran.dataset)
    text = (ran.path / "metrics.prom").read_text()
    assert f"inv_batch_seconds_count {len(ran.dataset.rows)}.0\n" in text


def test_ctrl_c_means_afterwards_what_it_did_before(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT)
    made(tmp_path / "a", for_s=60.0)
    assert signal.getsignal(signal.SIGINT) is before


def test_a_run_in_another_thread_leaves_ctrl_c_alone(tmp_path: Path) -> None:
    thread = threading.Thread(target=made, args=(tmp_path / "a",), kwargs={"for_s": 60.0})
    thread.start()
    thread.join()
    assert (tmp_path / "a" / "manifest.json").exists()


def working(out: Path, *arguments: str) -> "subprocess.Popen[str]":
    """A real bot at work, which has logged some attempts."""
    bot = subprocess.Popen(
        [sys.executable, "-c", MAIN, *arguments, "--out", str(out)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    log, until = out / "logs" / "inventory.log", time.monotonic() + 20
    while not (log.exists() and log.read_bytes().count(b'"attempt"') > 30):
        assert bot.poll() is None
        assert time.monotonic() < until
        time.sleep(0.05)
    return bot


WALL = ("run", "flat", "--clock", "wall", "--speed", "20", "--metrics-port", "0")


@pytest.mark.parametrize("arguments", [WALL, ("demo",)])
@pytest.mark.fault("log", "stop")
@pytest.mark.fault("record", "stop")
def test_ctrl_c_leaves_a_readable_run_and_exits_130(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    bot = working(tmp_path / "a", *arguments)
    bot.send_signal(signal.SIGINT)
    said, complained = bot.communicate(timeout=20)
    assert bot.returncode == 130
    assert "Traceback" not in said + complained
    assert ("http://127.0.0.1:" in complained) == (arguments is WALL)
    assert complained.splitlines()[-1] == (
        "interrupted: the run directory holds what was done until then"
    )
    run = read_manifest(tmp_path / "a").run
    assert run is not None
    assert run.interrupted
    assert equal(read(tmp_path / "a"), read(tmp_path / "a" / "logs"))
    assert events(tmp_path / "a" / "logs")[-1]["event"] == "run_finished"


@pytest.mark.parametrize("telemetry", ["default", "plain"])
@pytest.mark.fault("log", "stop")
@pytest.mark.fault("plain log", "stop")
@pytest.mark.fault("alerts file", "stop")
@pytest.mark.fault("record", "stop")
def test_sigterm_keeps_what_the_run_did(tmp_path: Path, telemetry: str) -> None:
    """And the alerts that it brought, which are many here."""
    rules = tmp_path / "rules.toml"
    rules.write_text('schema = 1\n[[rule]]\nname = "slow"\nsignal = "duration"\nthreshold = 0.35\n')
    chosen = ("--telemetry", telemetry, "--rules", str(rules))
    bot = working(tmp_path / "a", *WALL, *chosen)
    bot.send_signal(signal.SIGTERM)
    said, complained = bot.communicate(timeout=20)
    assert bot.returncode == 0
    assert "Traceback" not in said + complained
    assert equal(read(tmp_path / "a"), read(tmp_path / "a" / "logs"))
    alerts = events(tmp_path / "a" / "alerts.jsonl")
    assert alerts
    assert alerts == events(tmp_path / "a" / "logs", kind="alert")


@pytest.mark.fault("dataset", "stop")
def test_ctrl_c_while_a_dataset_is_made_exits_130_and_leaves_nothing(tmp_path: Path) -> None:
    bot = subprocess.Popen(
        [sys.executable, "-c", MAIN, "gen", "--rows", "30000000", "--workers", "1", "--out",
         str(tmp_path / "big")],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    until = time.monotonic() + 20
    while not list(tmp_path.glob(".big.partial/**/part-*")):
        assert bot.poll() is None
        assert time.monotonic() < until
        time.sleep(0.02)
    bot.send_signal(signal.SIGINT)
    said, complained = bot.communicate(timeout=20)
    assert bot.returncode == 130
    assert "Traceback" not in said + complained
    assert not list(tmp_path.iterdir())
