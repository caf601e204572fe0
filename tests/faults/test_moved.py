"""Files that others rename, remove or cut while a bot writes there; directories that go away.

What becomes of the log's own file is in `tests/telemetry/test_crashsafe.py`.
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from simlab.errors import OutputError
from simlab.events import Alert
from simlab.run.telemetry import AlertsFile

START_US = 1_767_571_200_000_000
AT = "2026-01-05T00:00:00.000000Z"


def alert(number: int) -> Alert:
    return Alert(START_US, f"a{number}", "slow", "firing", 2.5, 2.0, "page", AT, "rollback")


def told(path: Path) -> list[str]:
    return [json.loads(line)["alert_id"] for line in path.read_bytes().splitlines()]


def renamed(path: Path) -> None:
    path.rename(path.with_name("alerts.old"))


def cut(path: Path) -> None:
    path.write_bytes(b"")


def directory_removed(path: Path) -> None:
    shutil.rmtree(path.parent)


def directory_moved(path: Path) -> None:
    path.parent.rename(path.parent.with_name("moved"))


@pytest.mark.parametrize("happens", [renamed, Path.unlink, cut, directory_removed, directory_moved])
@pytest.mark.fault("alerts file", "moved")
def test_the_next_alert_is_in_the_file_at_its_path_again(
    tmp_path: Path, happens: Callable[[Path], None]
) -> None:
    path = tmp_path / "run" / "alerts.jsonl"
    alerts = AlertsFile(path, run_id="r")
    alerts.emit(alert(1))
    assert told(path) == ["a1"]
    happens(path)
    for number in (2, 3):
        alerts.emit(alert(number))
    assert told(path) == ["a2", "a3"]
    alerts.close()
    assert alerts.dropped == 0


@pytest.mark.fault("alerts file", "moved")
def test_a_directory_that_became_a_file_costs_the_alerts_until_it_is_back(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "run" / "alerts.jsonl"
    alerts = AlertsFile(path, run_id="r")
    directory_removed(path)
    path.parent.touch()
    alerts.emit(alert(1))
    path.parent.unlink()
    alerts.emit(alert(2))
    alerts.close()
    assert told(path) == ["a2"]
    assert alerts.dropped == 1
    assert capfd.readouterr() == ("", "")


def test_alerts_that_cannot_be_written_at_the_start_are_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "run").touch()
    with pytest.raises(OutputError, match=r"^.*/run/alerts.jsonl: alerts cannot be written: .+$"):
        AlertsFile(tmp_path / "run" / "alerts.jsonl", run_id="r")
