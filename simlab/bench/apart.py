"""Modules of simlab's that are run as programs, in processes of their own."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec
from msgspec import Struct

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
        kind = ConfigError if done.returncode == ConfigError.exit_code else SimlabError
        raise kind(_last_words(done.stderr) or f"{module}: ended with {done.returncode}")
    return done


def _last_words(stderr: str) -> str:
    """The last line but for valgrind's, which begin with its process's number."""
    own = [line for line in stderr.splitlines() if line.strip() and not line.startswith("==")]
    return own[-1] if own else ""


def answer(found: Callable[[], Struct]) -> None:
    """What such a program does: tell what it found as JSON, or in a line why it refuses."""
    try:
        told = msgspec.json.encode(found())
    except SimlabError as error:
        print(error, file=sys.stderr)  # noqa: T201  # for whoever started this
        sys.exit(error.exit_code)
    sys.stdout.buffer.write(told)
