"""loguru: a rotated file sink with `enqueue`, and lines by a format function."""

import json
from contextlib import suppress
from logging import getLevelName
from pathlib import Path
from typing import TYPE_CHECKING, Final

from simlab.bench.stacks.default import LOG
from simlab.bench.stacks.judged import JudgedStack, Told, fields_of
from simlab.bench.stacks.missing import needed_by
from simlab.telemetry.jsonlog import LOGGER, level_of, message_of

if TYPE_CHECKING:
    from loguru import Record

_DEFAULT_SINK: Final = 0


class Loguru(JudgedStack):
    """`logger.bind(…).log(…)` to a file sink whose lines a thread of loguru's writes.

    Lines are made by the recipe of its docs for a format of one's own: `serialize=True` would
    nest the fields where no reader of ours looks for them, and cost more. loguru has one logger
    a process, so of this stack there may be one at a time.
    """

    def __init__(self, folder: Path) -> None:
        with needed_by("loguru"):
            from loguru import logger  # noqa: PLC0415  # of an extra

        super().__init__()
        with suppress(ValueError):  # someone has taken it away
            logger.remove(_DEFAULT_SINK)
        self._logger = logger
        self._sink = logger.add(
            folder / LOG, format=_line, level="INFO", enqueue=True, rotation="00:00",
            retention="14 days", encoding="utf-8",
        )  # fmt: skip

    def drain(self) -> None:
        """Return when loguru's thread is through with what is queued."""
        self._logger.complete()
        super().drain()

    def close(self) -> None:
        """Write what is queued, and take the sink away."""
        self._logger.remove(self._sink)

    def _log(self, event: Told) -> None:
        level = getLevelName(level_of(event))
        self._logger.bind(**fields_of(event)).log(level, message_of(event))


def _line(record: "Record") -> str:
    """The format of a line that is made already."""
    extra = record["extra"]
    head = {"level": record["level"].name, "logger": LOGGER, "message": record["message"]}
    extra["line"] = json.dumps({**extra, **head})
    return "{extra[line]}\n"
