"""Alerts for a loop of one's own: an alert counts as dealt with when the next is asked for."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from simlab.watch.follow import follow

from .cases import alert, lines, put

ROOT = Path(__file__).parents[2]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    put(tmp_path / "inventory.log", lines(range(4)))
    return tmp_path / "inventory.log"


def test_a_loop_gets_each_alert_and_goes_on_the_next_time(log: Path) -> None:
    assert list(follow(log, since="start", once=True)) == [alert(number) for number in range(4)]
    put(log, lines(range(4, 5)))
    assert list(follow(log, once=True)) == [alert(4)]


def test_an_alert_whose_turn_failed_comes_again(log: Path) -> None:
    def fail_at_the_third() -> None:
        for number, _ in enumerate(follow(log, since="start", once=True)):
            1 / (2 - number)

    with pytest.raises(ZeroDivisionError):
        fail_at_the_third()
    assert list(follow(log, once=True)) == [alert(2), alert(3)]


def test_the_script_of_the_docs_pages_and_rolls_back(log: Path) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "orchestrator.py", log, "--from-start", "--once"],
        capture_output=True, text=True, timeout=60, check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    said = done.stdout.splitlines()
    assert [each for each in said if each.startswith("page:")] == [
        "page: slow is firing, 2.5 beyond 2 (a0)", "page: slow is over (a0)",
        "page: slow is firing, 2.5 beyond 2 (a1)", "page: slow is over (a1)",
    ]  # fmt: skip
    assert [each for each in said if each.startswith("roll")] == ["rolling back for a0"]
