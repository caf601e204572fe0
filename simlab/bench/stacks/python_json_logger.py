"""python-json-logger: its formatter on the standard library's rotated file."""

from logging import INFO, Logger
from pathlib import Path

from simlab.bench.stacks.default import LOG
from simlab.bench.stacks.judged import JudgedStack, Told, fields_of
from simlab.bench.stacks.missing import needed_by
from simlab.telemetry.handler import open_log
from simlab.telemetry.jsonlog import LOGGER, level_of, message_of


class PythonJsonLogger(JudgedStack):
    """`logger.log(level, message, extra=fields)` through `JsonFormatter`, as its docs begin."""

    def __init__(self, folder: Path) -> None:
        with needed_by("python-json-logger"):
            from pythonjsonlogger.json import JsonFormatter  # noqa: PLC0415  # of an extra

        super().__init__()
        names = {"levelname": "level", "name": "logger"}
        formatter = JsonFormatter("{levelname}{name}{message}", style="{", rename_fields=names)
        self._file = open_log(folder / LOG, formatter)
        self._logger = Logger(LOGGER, INFO)  # noqa: LOG001  # in no tree, so it is let go of with this
        self._logger.addHandler(self._file)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    @property
    def dropped(self) -> int:
        """Lines that could not be written."""
        return self._file.dropped

    def _log(self, event: Told) -> None:
        self._logger.log(level_of(event), message_of(event), extra=fields_of(event))
