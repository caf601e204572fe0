"""`simlab run` in wall time, killed in the middle: what it was told of is in its files, once.

`SIMLAB_NIGHTLY=1` kills more runs.
"""

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from run.cases import events

from simlab.dataset.read import read
from simlab.telemetry.crashsafe import CrashSafeLog, recover
from simlab.telemetry.sidecar import sidecar_of

KILLS = 20 if os.environ.get("SIMLAB_NIGHTLY") else 1
MAIN = """
import os, sys
import msgspec
from simlab.events import Event
from simlab.run.relay import Relay
from simlab.cli import main

ledger = os.open(sys.argv.pop(1), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
tell, alert = Relay._tell, Relay._alert

def acked(place, event):  # the call that told of it has returned
    told = {"place": place, "kind": type(event).__name__, **msgspec.to_builtins(event)}
    os.write(ledger, msgspec.json.encode(told) + b"\\n")

def telling(relay, event):
    tell(relay, event)
    acked("log", event)

def alerting(relay, event):
    alert(relay, event)
    acked("alerts", event)

Relay._tell, Relay._alert = telling, alerting
main()
"""
RULES = """
schema = 1
[[rule]]
name = "slow_batch"
signal = "duration"
threshold = 0.35
"""
"""A rule that fires and resolves at every few batches."""


def killed(folder: Path, telemetry: str, wait_s: float) -> tuple[Path, list[dict[str, Any]]]:
    """A run directory as a kill left it, and the events that were acked until then."""
    (folder / "rules.toml").write_text(RULES)
    ledger, out = folder / "ledger", folder / "run"
    bot = subprocess.Popen(
        [sys.executable, "-c", MAIN, str(ledger), "run", "busy-day", "--clock", "wall",
         "--speed", "600", "--telemetry", telemetry, "--metrics-port", "0", "--rules",
         str(folder / "rules.toml"), "--out", str(out)],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    until_s = time.monotonic() + 30
    while not ledger.exists() or ledger.stat().st_size < 50_000:
        assert bot.poll() is None, bot.communicate()[1]
        assert time.monotonic() < until_s
        time.sleep(0.01)
    time.sleep(wait_s)
    bot.kill()
    assert "Traceback" not in bot.communicate()[1]
    lines = ledger.read_bytes().splitlines()
    return out, [json.loads(line) for line in lines]


def key(event: dict[str, Any]) -> tuple[Any, ...]:
    """What tells an event from all others of a run."""
    return tuple(event.get(name) for name in ("batch_id", "attempt", "alert_id", "state"))


def check_once(found: list[dict[str, Any]], acked: list[dict[str, Any]]) -> None:
    """All that was acked is there in its order, once, with at most one more that was not yet."""
    assert [key(each) for each in found[: len(acked)]] == [key(each) for each in acked]
    assert len(found) - len(acked) in (0, 1)
    assert max(Counter(key(each) for each in found if any(key(each))).values()) == 1


DEFAULT = (pytest.mark.fault("log", "kill"), pytest.mark.fault("alerts file", "kill"))
PLAIN = (pytest.mark.fault("plain log", "kill"), pytest.mark.fault("alerts file", "kill"))


@pytest.mark.parametrize(
    ("telemetry", "start", "number"),
    [pytest.param("default", "recover", number, marks=DEFAULT) for number in range(KILLS)]
    + [
        pytest.param("default", "log", 0, marks=DEFAULT),
        pytest.param("plain", "none", 0, marks=PLAIN),
    ],
)
def test_each_event_that_was_acked_is_there_once_after_a_kill(
    tmp_path: Path, telemetry: str, start: str, number: int
) -> None:
    """In the default log when it is opened again or recovered; else at once."""
    wait_s = 0.5 * random.Random(number).random()
    out, acked = killed(tmp_path, telemetry, wait_s)
    log = out / "logs" / "inventory.log"
    assert sidecar_of(log).exists() == (telemetry == "default")
    if start == "recover":
        recover(log)
    elif start == "log":
        CrashSafeLog(log, run_id="next").close()
    told = [event for event in acked if event["place"] == "log"]
    assert len(told) > 200
    check_once(events(out / "logs"), told)
    alerts = [event for event in acked if event["place"] == "alerts"]
    assert len(alerts) > 20
    check_once(events(out / "alerts.jsonl"), alerts)
    attempts = sum(event["kind"] == "Attempt" for event in told)
    assert len(read(out / "logs").rows) - attempts in (0, 1)
    assert not (out / "manifest.json").exists()
    assert all(path.name.startswith("inventory.log") for path in log.parent.iterdir())
