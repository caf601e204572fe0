"""Prometheus' own command line tools, where they are installed."""

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_LONGEST_S: Final = 1800.0


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a tool said.

    Attributes:
        command: what was run, as one would type it.
        passed: whether it said yes; None when the tool is not installed, so nothing was checked.
        output: all that it printed.
    """

    command: str
    passed: bool | None
    output: str


def asked(tool: str, *arguments: str, within: Path) -> Verdict:
    """Run a tool in a directory, for half an hour at most."""
    command = " ".join((tool, *arguments))
    found = shutil.which(tool)
    if found is None:
        return Verdict(command=command, passed=None, output=f"{tool} is not installed")
    return _told(command, [found, *arguments], within)


def _told(command: str, arguments: Sequence[str], within: Path) -> Verdict:
    try:
        done = subprocess.run(  # noqa: S603 -- a program of Prometheus' and names that we chose
            arguments, cwd=within, capture_output=True, text=True, check=False, timeout=_LONGEST_S
        )
    except subprocess.TimeoutExpired:
        output = f"no answer within {_LONGEST_S:.0f} s"
        return Verdict(command=command, passed=False, output=output)
    return Verdict(command=command, passed=done.returncode == 0, output=done.stdout + done.stderr)
