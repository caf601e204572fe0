"""Modules of simlab's that are run as programs, in processes of their own."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Final

from simlab.errors import ConfigError, SimlabError

LONGEST_S: Final = 600.0


def ran(
    module: str,
    *arguments: str,
    before: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a module as `python -m` does; what can be imported here can be imported there.

    Args:
        module: its name.
        arguments: its own.
        before: a program that runs it, with that one's arguments.
        environment: beside this process's.

    Raises:
        ConfigError: it refused what it was given.
        SimlabError: it ended otherwise, or has not ended within ten minutes.
    """
    path = os.pathsep.join(entry for entry in sys.path if entry)
    try:
        done = subprocess.run(  # noqa: S603  # our own words, and a stack's name as an argument
            [*before, sys.executable, "-m", module, *arguments],
            env={**os.environ, **(environment or {}), "PYTHONPATH": path},
            capture_output=True, text=True, errors="replace", check=False, timeout=LONGEST_S,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise SimlabError(f"{module}: has not ended within {LONGEST_S:.0f} s") from None
    if done.returncode:
        said = (done.stderr.strip().splitlines() or [f"ended with {done.returncode}"])[-1]
        raise (ConfigError if done.returncode == ConfigError.exit_code else SimlabError)(said)
    return done
