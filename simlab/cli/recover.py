"""`simlab recover`: what a killed bot had not written yet."""

from pathlib import Path
from typing import Annotated

import typer

from simlab.cli.console import say, show_json
from simlab.cli.options import Json
from simlab.errors import CheckFailedError, InputError

_LOG = "inventory.log"


def recover(
    path: Annotated[
        Path,
        typer.Argument(metavar="LOG", help="A log, its directory, or a run directory."),
    ],
    as_json: Json = False,
) -> None:
    """Put into a log what a bot that was killed had told, but not yet written there.

    The next bot that logs there does so too. A bot at work is left alone.
    """
    from simlab.telemetry.crashsafe import recover as recovered
    from simlab.telemetry.sidecar import sidecar_of

    log = _log_at(path)
    lines = recovered(log)
    is_left = sidecar_of(log).exists()
    if as_json:
        show_json({"log": str(log), "lines": lines, "is_left": is_left})
    else:
        say(f"{log}: {lines:,} lines recovered" if lines else f"{log}: no line was missing")
    if is_left:
        raise CheckFailedError(
            f"{sidecar_of(log)}: is still there: a bot is at work on this log, or the disk is full"
        )


def _log_at(path: Path) -> Path:
    from simlab.telemetry.sidecar import sidecar_of

    for log in (path, path / _LOG, path / "logs" / _LOG):
        if not log.is_dir() and (log.exists() or sidecar_of(log).exists()):
            return log
    raise InputError(f"{path}: no log there; name inventory.log, its directory, or a run's")
