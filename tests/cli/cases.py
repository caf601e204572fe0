"""What the tests of the command line share: calling it, here or as a process, and small inputs."""

import json
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

from simlab.cli import main

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
SIMLAB = [sys.executable, "-m", "simlab"]

PROFILE = """
schema = 1
name = "tiny"
start = 2026-01-05T00:00:00Z
duration = "2h"
warehouses = 5
[arrivals]
per_minute = 20
[service]
dist = "lognormal"
median = 0.6
sigma = 0.8
[outcome]
retry = 0.05
error = 0.03
[[incident]]
kind = "latency_spike"
at = 2026-01-05T00:20:00Z
duration = { median = "8m" }
[[incident]]
kind = "latency_spike"
at = 2026-01-05T01:20:00Z
duration = { median = "8m" }
"""
"""Two hours with an incident in each."""


class Said(NamedTuple):
    """What a command did: its exit code, its result and what it told beside."""

    code: int
    out: str
    err: str


def call(*arguments: object) -> Said:
    """Run a command in this process, through the same door as the program."""
    out, err = StringIO(), StringIO()
    argv = ["simlab", *map(str, arguments)]
    with patch("sys.argv", argv), redirect_stdout(out), redirect_stderr(err):
        try:
            main()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    return Said(code, out.getvalue(), err.getvalue())


def started(*arguments: object, **options: Any) -> "subprocess.CompletedProcess[str]":
    """Run a command as a process of its own."""
    command = [*SIMLAB, *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=60, **options
    )


def told(*arguments: object) -> dict[str, Any]:
    """The one JSON object that a command prints with `--json`, and nothing beside it."""
    said = call(*arguments, "--json")
    assert (said.code, said.err) == (0, "")
    assert len(said.out.splitlines()) == 1
    value = json.loads(said.out, parse_constant=refuse)
    assert isinstance(value, dict)
    return value


def refuse(constant: str) -> None:
    """What JSON does not have."""
    raise AssertionError(constant)


def complaint(*arguments: object, code: int = 2) -> str:
    """The one line that a command complains with; it says nothing else."""
    said = call(*arguments)
    assert (said.code, said.out) == (code, "")
    (line,) = said.err.splitlines()
    assert line.startswith("simlab: ")
    return line.removeprefix("simlab: ")


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path
