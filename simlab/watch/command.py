"""Commands that are run for an alert: the event on standard input and in the environment."""

import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from tempfile import TemporaryFile
from typing import Final

from simlab.clock import iso
from simlab.errors import ConfigError
from simlab.events import Alert
from simlab.watch.receiver import LaterError, Receiver, RefusedError, Tell
from simlab.watch.told import Told

TIMEOUT_S: Final = 60.0
_SAID_BYTES: Final = 2000
_LONGEST_VALUE: Final = 4096


class Program:
    """A command, run without a shell.

    An exit code of 0 says that the event was taken, 75 (`EX_TEMPFAIL`) that it is to come again
    later, any other that it is refused.

    Args:
        option: the option that names it, for what is told.
        text: the command and its arguments, quoted as a shell would have them.
        timeout_s: when it is ended, with all that it started [s].
        tell: is told what it prints.

    Raises:
        ConfigError: it is no command, or there is no such program.
    """

    def __init__(self, option: str, text: str, *, timeout_s: float, tell: Tell) -> None:
        self._option = option
        self._arguments = _split(option, text)
        self._timeout_s = timeout_s
        self._tell = tell

    @property
    def text(self) -> str:
        """The command as one would type it."""
        return shlex.join(self._arguments)

    def run(self, told: Told, *, tries: int) -> None:
        """Run it for an event.

        Raises:
            LaterError: it cannot be started, or asks for later.
            RefusedError: it failed.
        """
        try:
            code, said = self._ran({**os.environ, **variables(told, tries=tries)}, told.line)
        except OSError as error:
            raise LaterError(f"cannot be started: {error.strerror}") from None
        first = f": {said[0]}" if said else ""
        for line in said:
            self._tell(f"{self._option}: {line}")
        if code == os.EX_TEMPFAIL:
            raise LaterError(f"exit code 75, try again later{first}")
        if code:
            how = f"exit code {code}" if code > 0 else f"ended by signal {-code}"
            raise RefusedError(f"{how}{first}")

    def _ran(self, environment: Mapping[str, str], line: bytes) -> tuple[int, list[str]]:
        """Its exit code, and the first lines that it printed.

        They go through a file: whatever it leaves running cannot hold us up.
        """
        with TemporaryFile() as given, TemporaryFile() as said:
            given.write(line + b"\n")
            given.seek(0)
            process = subprocess.Popen(  # noqa: S603  # the user's own command
                self._arguments,
                stdin=given,
                stdout=said,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,  # Ctrl-C is for us: what runs is finished
            )
            code = self._ended(process)
            said.seek(0)
            text = said.read(_SAID_BYTES).decode(errors="replace")
        return code, [line for line in text.split("\n") if line.strip()]

    def _ended(self, process: "subprocess.Popen[bytes]") -> int:
        """Its exit code; it and what it started are ended when it takes too long."""
        try:
            return process.wait(self._timeout_s)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):  # it ended just now
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise RefusedError(f"not done within {self._timeout_s:g} s") from None


class Commands(Receiver):
    """Runs one command when an alert fires and another when it resolves: a receiver."""

    name = "command"
    is_dear = True

    def __init__(self, *, firing: Program | None, resolved: Program | None) -> None:
        self._programs = {"firing": firing, "resolved": resolved}

    def wants(self, told: Told) -> bool:
        """Whether there is a command for it."""
        return told.alert is not None and self._programs[told.alert.state] is not None

    def deliver(self, told: Told, *, tries: int) -> None:
        """Run the command.

        Raises:
            LaterError: it cannot be started, or asks for later.
            RefusedError: it failed.
        """
        program = self._programs[told.alert.state] if told.alert is not None else None
        if program is not None:
            program.run(told, tries=tries)


def variables(told: Told, *, tries: int) -> dict[str, str]:
    """The event as variables of the environment; what it does not tell is empty."""
    alert = told.alert
    assert alert is not None
    texts = {name: _text(getattr(alert, name)) for name in Alert.__struct_fields__[1:]}
    texts |= {"timestamp": iso(told.time_us), "run_id": _text(told.run_id), "try": str(tries)}
    return {f"SIMLAB_{name.upper()}": text for name, text in texts.items()}


def _text(value: object) -> str:
    """As the environment can hold it."""
    if isinstance(value, bool):
        return str(value).lower()
    text = "" if value is None else str(value)
    return text.replace("\0", "\ufffd").encode(errors="replace").decode()[:_LONGEST_VALUE]


def _split(option: str, text: str) -> list[str]:
    try:
        arguments = shlex.split(text)
    except ValueError as error:
        reason = str(error).lower()
        raise ConfigError(f"{option} {text!r}: {reason}; quote it as in a shell") from None
    if not arguments:
        raise ConfigError(f"{option} {text!r}: expected a command")
    if shutil.which(arguments[0]) is None:
        raise ConfigError(
            f"{option} {text!r}: no program {arguments[0]!r}; no shell is asked, so for one's "
            "own words write sh -c '…'"
        )
    return arguments
