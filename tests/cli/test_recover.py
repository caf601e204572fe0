"""`simlab recover` puts the last lines of a killed bot into its log, and says when it cannot."""

from pathlib import Path

import pytest

from simlab.telemetry.crashsafe import CrashSafeLog
from simlab.telemetry.sidecar import Sidecar, sidecar_of

from .cases import call, complaint, told

LINES = b'{"event":"a"}\n{"event":"b"}\n'


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """What is left of a run that was killed before its first lines were in the log."""
    log = tmp_path / "run" / "logs" / "inventory.log"
    log.parent.mkdir(parents=True)
    sidecar = Sidecar(sidecar_of(log))
    sidecar.append(LINES)
    sidecar.close()
    return tmp_path / "run"


@pytest.mark.parametrize("place", [".", "logs", "logs/inventory.log"])
def test_the_lines_are_in_the_log_afterwards_once(run: Path, place: str) -> None:
    log = run / "logs" / "inventory.log"
    assert call("recover", str(run / place)) == (0, f"{log}: 2 lines recovered\n", "")
    assert log.read_bytes() == LINES
    assert call("recover", str(log)) == (0, f"{log}: no line was missing\n", "")
    assert log.read_bytes() == LINES
    assert [path.name for path in log.parent.iterdir()] == ["inventory.log"]


def test_json_tells_the_same(run: Path) -> None:
    log = str(run / "logs" / "inventory.log")
    assert told("recover", str(run), "--json") == {"log": log, "lines": 2, "is_left": False}


def test_a_bot_at_work_is_left_alone_and_that_is_said(tmp_path: Path) -> None:
    log = CrashSafeLog(tmp_path / "inventory.log", run_id="r")
    said = call("recover", str(tmp_path))
    log.close()
    assert said.code == 1
    assert "a bot is at work on this log" in said.err


def test_where_no_log_is_nothing_is_made(tmp_path: Path) -> None:
    assert "no log there" in complaint("recover", str(tmp_path / "nothing"))
    assert list(tmp_path.iterdir()) == []
