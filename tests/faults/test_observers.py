"""Telemetry never stops a batch: whatever observer fails, the bot does the same work."""

import json
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from run.cases import events, made

from simlab.alerts.live import Evaluator
from simlab.bot.machine import SimulatedMachine
from simlab.dataset.read import read
from simlab.dataset.recorder import Recorder
from simlab.run import Ran
from simlab.run.telemetry import AlertsFile, TelemetryName
from simlab.telemetry.crashsafe import CrashSafeLog
from simlab.telemetry.handler import DailyFileHandler, LineFileHandler
from simlab.telemetry.jsonlog import JsonFormatter
from simlab.telemetry.line import LineEncoder
from simlab.telemetry.metrics import Metrics
from simlab.telemetry.plain import PlainMetrics
from simlab.telemetry.plainlog import PlainFormatter, PlainLog
from simlab.telemetry.sidecar import Sidecar

SITES: list[tuple[str, TelemetryName, type, str, set[str]]] = [
    ("log", "default", CrashSafeLog, "emit", {"log"}),
    ("log", "default", LineEncoder, "line", {"log"}),
    ("sidecar", "default", Sidecar, "append", {"log"}),
    ("log", "default", JsonFormatter, "format", {"log", "alerts"}),
    ("metrics", "default", Metrics, "emit", {"metrics"}),
    ("record", "default", SimulatedMachine, "emit", {"machine"}),
    ("record", "default", Recorder, "emit", {"record"}),
    ("rules", "default", Evaluator, "observe", {"rules"}),
    ("alerts file", "default", AlertsFile, "emit", {"alerts"}),
    ("alerts file", "default", LineFileHandler, "emit", {"alerts"}),
    ("plain log", "plain", PlainLog, "emit", {"log"}),
    ("rotated files", "plain", DailyFileHandler, "shouldRollover", {"log"}),
    ("plain log", "plain", PlainFormatter, "format", {"log"}),
    ("metrics", "plain", PlainMetrics, "emit", {"metrics"}),
]
"""The place, and what can fail there in which telemetry; under which names losses count."""


def failing(real: Callable[..., Any], *, every: int) -> tuple[Callable[..., Any], list[int]]:
    """The same, but raising at each `every`-th call; and how often it was called."""
    calls, failed = count(1), [0]

    def call(*arguments: Any) -> Any:
        if next(calls) % every == 0:
            failed[0] += 1
            raise RuntimeError
        return real(*arguments)

    return call, failed


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """A run in which nothing fails."""
    return made(tmp_path_factory.mktemp("sound") / "a")


def test_nothing_is_dropped_when_nothing_fails(sound: Ran) -> None:
    assert sound.dropped == {}


@pytest.mark.parametrize("every", [1, 7])
@pytest.mark.parametrize(
    ("telemetry", "kind", "method", "names"),
    [pytest.param(*what, marks=pytest.mark.fault(place, "raising")) for place, *what in SITES],
)
def test_whoever_fails_the_rows_are_the_same_and_every_loss_is_counted(
    sound: Ran,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    telemetry: TelemetryName,
    kind: type,
    method: str,
    names: set[str],
    every: int,
) -> None:
    call, failed = failing(getattr(kind, method), every=every)
    monkeypatch.setattr(kind, method, call)
    ran = made(tmp_path / "a", telemetry=telemetry)
    assert set(ran.dropped) == names
    assert sum(ran.dropped.values()) == failed[0] > 0
    assert done(ran).equals(done(sound)) or kind is Recorder
    if "log" not in names:
        assert done_rows(read(ran.path / "logs").rows).equals(done(sound))
    assert capfd.readouterr() == ("", "")


def test_what_the_record_lost_is_missing_there_and_nowhere_else(
    sound: Ran, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call, failed = failing(Recorder.emit, every=7)
    monkeypatch.setattr(Recorder, "emit", call)
    ran = made(tmp_path / "a")
    told = [event["event"] for event in events(ran.path / "logs")]
    assert told.count("attempt") == len(sound.dataset.rows)
    kept = len(ran.dataset.rows) + len(ran.dataset.samples)  # type: ignore[arg-type]  # there are samples
    others = len(told) - told.count("attempt") - told.count("sample")
    lost = told.count("attempt") + told.count("sample") - kept
    assert lost <= failed[0] <= lost + others


def test_a_run_whose_record_fails_altogether_still_has_its_log(
    sound: Ran, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Recorder, "emit", failing(Recorder.emit, every=1)[0])
    ran = made(tmp_path / "a")
    assert len(ran.dataset.rows) == 0
    assert done_rows(read(ran.path / "logs").rows).equals(done(sound))
    assert json.loads((ran.path / "kpis.json").read_bytes())["batch_success_rate"] is None


def done(ran: Ran) -> pl.DataFrame:
    return done_rows(ran.dataset.rows)


def done_rows(rows: pl.DataFrame) -> pl.DataFrame:
    """The bot's results in an order that does not depend on ties."""
    return rows.sort("batch_id", "attempt")
