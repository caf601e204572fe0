"""Commands get the event on standard input and in the environment; how they end says the rest."""

import json
import os
import sys
import time
from pathlib import Path

import pytest

from simlab.errors import ConfigError
from simlab.watch.command import Commands, Program
from simlab.watch.receiver import LaterError, RefusedError
from simlab.watch.rollback import Rollback
from simlab.watch.told import Told, told_by

from .cases import START_US, alert, line, lines, once, put, until

NOTE = """
import json, os, sys
given = {name: text for name, text in os.environ.items() if name.startswith("SIMLAB_")}
given["stdin"] = sys.stdin.read()
with open(sys.argv[1], "a") as file:
    file.write(json.dumps(given) + "\\n")
"""


def program(*words: str, said: list[str] | None = None, timeout_s: float = 20.0) -> Program:
    quoted = " ".join(f"'{word}'" for word in words)
    tell = (said if said is not None else []).append
    return Program("--on-firing", quoted, timeout_s=timeout_s, tell=tell)


def noting(path: Path) -> Program:
    return program(sys.executable, "-c", NOTE.replace("'", '"'), str(path))


def told(number: int, **fields: object) -> Told:
    found = told_by(line(alert(number, **fields))[:-1])
    assert found is not None
    return found


def noted(path: Path) -> list[dict[str, str]]:
    return [json.loads(each) for each in path.read_text().splitlines()] if path.exists() else []


def test_an_event_comes_on_standard_input_and_in_variables(tmp_path: Path) -> None:
    event = told(0, warehouse_id=7, value=None, rule="$(rm) 'x' \n; | \0 ä")
    noting(tmp_path / "got").run(event, tries=2)
    (got,) = noted(tmp_path / "got")
    assert got.pop("stdin").encode() == event.line + b"\n"
    at = "2026-01-05T00:00:00.000000Z"
    assert got == {
        "SIMLAB_ALERT_ID": "a0", "SIMLAB_RULE": "$(rm) 'x' \n; | \ufffd ä",
        "SIMLAB_STATE": "firing", "SIMLAB_VALUE": "", "SIMLAB_THRESHOLD": "2.0",
        "SIMLAB_SEVERITY": "page", "SIMLAB_STARTED_AT": at, "SIMLAB_ACTION_HINT": "rollback",
        "SIMLAB_WAREHOUSE_ID": "7", "SIMLAB_HELD": "false", "SIMLAB_TIMESTAMP": at,
        "SIMLAB_RUN_ID": "r", "SIMLAB_TRY": "2",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("script", "error", "says"),
    [
        ("echo broken; exit 3", RefusedError, "exit code 3: broken"),
        ("kill -9 $$", RefusedError, "ended by signal 9"),
        ("exit 75", LaterError, "exit code 75, try again later"),
    ],
)
def test_how_a_command_ends_says_whether_it_took_the_event(
    script: str, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=f"^{says}$"):
        program("sh", "-c", script).run(told(0), tries=1)


def test_a_command_that_takes_too_long_is_ended_with_what_it_started(tmp_path: Path) -> None:
    script = f"sleep 60 & echo $! > {tmp_path}/pid; wait"
    begun = time.monotonic()
    with pytest.raises(RefusedError, match=r"not done within 0\.5 s"):
        program("sh", "-c", script, timeout_s=0.5).run(told(0), tries=1)
    assert time.monotonic() - begun < 20
    pid = int((tmp_path / "pid").read_text())
    until(lambda: is_gone(pid))


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"  # no one reaps it here


def test_what_a_command_leaves_running_holds_up_nothing() -> None:
    begun = time.monotonic()
    said: list[str] = []
    program("sh", "-c", "sleep 5 & echo started", said=said).run(told(0), tries=1)
    assert time.monotonic() - begun < 4
    assert said == ["--on-firing: started"]


def test_a_program_that_went_away_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "pager"
    path.write_text("#!/bin/sh\nexit 0\n")
    path.chmod(0o755)
    pager = program(str(path))
    path.unlink()
    with pytest.raises(LaterError, match="cannot be started: No such file"):
        pager.run(told(0), tries=1)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "expected a command"),
        ("page 'me", "no closing quotation"),
        ("no-such-program --x", "no program 'no-such-program'"),
        ("cat|mail", r"no program 'cat\|mail'; no shell is asked"),
    ],
)
def test_a_command_that_is_none_is_refused(text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        Program("--on-firing", text, timeout_s=1.0, tell=lambda _: None)


def test_firing_and_resolved_each_have_their_command_in_order(tmp_path: Path) -> None:
    put(tmp_path / "inventory.log", lines(range(4)))
    program_ = noting(tmp_path / "got")
    once(tmp_path / "inventory.log", Commands(firing=program_, resolved=program_))
    got = [(each["SIMLAB_ALERT_ID"], each["SIMLAB_STATE"]) for each in noted(tmp_path / "got")]
    assert got == [("a0", "firing"), ("a0", "resolved"), ("a1", "firing"), ("a1", "resolved")]
    once(tmp_path / "inventory.log", Commands(firing=program_, resolved=None))
    assert len(noted(tmp_path / "got")) == 4


def rolled_back(tmp_path: Path, **options: object) -> tuple[list[str], list[str]]:
    """The episodes that were rolled back, and what was told."""
    said: list[str] = []
    rollback = Rollback(noting(tmp_path / "rolled"), tell=said.append, **options)  # type: ignore[arg-type]  # named as there
    once(tmp_path / "inventory.log", rollback)
    return [each["SIMLAB_ALERT_ID"] for each in noted(tmp_path / "rolled")], said


def test_a_rollback_runs_once_an_episode_and_only_where_it_is_asked_for(tmp_path: Path) -> None:
    log = tmp_path / "inventory.log"
    put(log, lines(range(2)) * 2 + lines(range(2, 4), action_hint="notify") + lines(range(4, 6)))
    put(log, lines(range(6, 8), held=True))
    assert rolled_back(tmp_path, cooldown_s=0)[0] == ["a0", "a2"]
    put(log, lines(range(2)))
    assert rolled_back(tmp_path, cooldown_s=0)[0] == ["a0", "a2"]


def test_the_cool_down_leaves_out_other_episodes_over_restarts(tmp_path: Path) -> None:
    log = tmp_path / "inventory.log"
    put(log, lines(range(4)))
    episodes, said = rolled_back(tmp_path, cooldown_s=3600.0)
    assert episodes == ["a0"]
    assert any("a1: left out, the last was 0 s ago" in each for each in said)
    put(log, lines(range(4, 6)))
    assert rolled_back(tmp_path, cooldown_s=3600.0)[0] == ["a0"]
    put(log, lines(range(6, 8)))
    assert rolled_back(tmp_path, cooldown_s=0.0)[0] == ["a0", "a3"]


def test_a_dry_run_says_what_would_be_run_and_runs_nothing(tmp_path: Path) -> None:
    put(tmp_path / "inventory.log", lines(range(4)))
    episodes, said = rolled_back(tmp_path, cooldown_s=0.0, is_dry=True)
    assert episodes == []
    assert [each.partition(" -c ")[0] for each in said] == [
        f"rollback: slow, {episode}: would run {sys.executable}" for episode in ("a0", "a1")
    ]


def test_an_alert_that_is_too_old_is_not_rolled_back(tmp_path: Path) -> None:
    put(tmp_path / "inventory.log", lines(range(1)))
    long_ago = time.time() - START_US / 1e6
    if long_ago < 10:
        pytest.skip("the system's clock is before the log's time")
    assert rolled_back(tmp_path, oldest_s=long_ago - 5)[0] == []
