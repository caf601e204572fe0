"""The plain log behind a queue, as the standard library's `QueueHandler` has it."""

from logging.handlers import QueueHandler, QueueListener
from pathlib import Path
from queue import Queue as Waiting
from typing import Any

from simlab.bench.stacks.default import LOG
from simlab.bench.stacks.judged import RUN_ID, JudgedStack, Told
from simlab.telemetry.handler import open_log
from simlab.telemetry.jsonlog import level_of, message_of
from simlab.telemetry.plainlog import PlainFormatter, logger_to


class Queue(JudgedStack):
    """The plain stack, but that a listener's thread formats lines and writes them.

    The queue is without limit, as the logging cookbook has it: what the thread does not keep up
    with waits in memory.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._waiting: Waiting[Any] = Waiting(-1)
        self._handler = QueueHandler(self._waiting)
        self._logger = logger_to(self._handler)
        self._file = open_log(folder / LOG, PlainFormatter(run_id=RUN_ID))
        self._listener = QueueListener(self._waiting, self._file)
        self._listener.start()

    def drain(self) -> None:
        """Return when the listener is through with what is queued."""
        self._waiting.join()
        super().drain()

    def close(self) -> None:
        """Write what is queued, and end the listener."""
        self._listener.stop()
        self._handler.close()
        self._file.close()

    @property
    def dropped(self) -> int:
        """Lines that could not be written."""
        return self._file.dropped

    def _log(self, event: Told) -> None:
        self._logger.log(level_of(event), message_of(event), extra={"event": event})
