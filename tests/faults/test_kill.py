"""A log line is there once as soon as the call that logs it has returned, however the bot ends.

`SIMLAB_NIGHTLY=1` kills more bots than there is time for at each change.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import simlab

from . import nursery

NIGHTLY = bool(os.environ.get("SIMLAB_NIGHTLY"))
KILLS = 200 if NIGHTLY else 30
EVERY = 1 if NIGHTLY else 13


def raised(folder: Path, kind: str, number: int) -> dict[str, Any]:
    """What the log tells of the bots of some kind that have ended."""
    done = subprocess.run(
        [sys.executable, nursery.__file__, kind, str(folder), str(number)],
        env={**os.environ, "PYTHONPATH": str(Path(simlab.__file__).parents[1])},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def check_whole(told: dict[str, Any]) -> None:
    """No line is lost, doubled, glued to another, or torn, and nothing is left beside the log."""
    wrong = {key: told[key] for key in ("lost", "doubled", "unknown", "glued", "torn")}
    assert wrong == {"lost": [], "doubled": [], "unknown": [], "glued": 0, "torn": 0}
    assert all(name.startswith(nursery.LOG) for name in told["files"])


@pytest.mark.fault("log", "kill")
@pytest.mark.fault("rotated files", "kill")
def test_a_bot_killed_at_any_moment_loses_no_line_and_doubles_none(tmp_path: Path) -> None:
    told = raised(tmp_path, "kills", KILLS)
    check_whole(told)
    assert told["ended"] == KILLS
    assert told["acked"] > 10 * KILLS


@pytest.mark.fault("log", "kill")
@pytest.mark.fault("sidecar", "kill")
@pytest.mark.fault("rotated files", "kill")
def test_a_bot_killed_at_any_line_of_the_logs_code_loses_none_and_doubles_none(
    tmp_path: Path,
) -> None:
    """And so does a successor that is killed while it takes up what was left."""
    told = raised(tmp_path, "steps", EVERY)
    check_whole(told)
    assert told["ended"] * EVERY > 1000


@pytest.mark.fault("log", "stop")
def test_a_bot_that_is_terminated_leaves_all_in_its_log(tmp_path: Path) -> None:
    told = raised(tmp_path, "terms", 50)
    check_whole(told)
    assert told["ended"] == 50
    assert told["acked"] >= 150


@pytest.mark.fault("log", "stop")
def test_a_bot_that_just_returns_leaves_all_in_its_log(tmp_path: Path) -> None:
    told = raised(tmp_path, "ends", 10)
    check_whole(told)
    assert told["acked"] == 500
