"""A source asked every so often in a thread, so that keys are heard while it is slow."""

from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Final

from simlab.clock import monotonic_s
from simlab.report.top.news import News, Source

_PATIENCE_S: Final = 5.0


class Poller:
    """Asks until it is stopped.

    Args:
        source: what to ask.
        every_s: from one time to the next [s].
        wake: called, in the thread, when there is something to take.
    """

    def __init__(self, source: Source, *, every_s: float, wake: Callable[[], object]) -> None:
        self._source = source
        self._every_s = every_s
        self._wake = wake
        self._told: SimpleQueue[News | Exception] = SimpleQueue()
        self._stopping = Event()
        self._thread = Thread(target=self._work, name="simlab-top", daemon=True)

    def start(self) -> None:
        """Begin to ask."""
        self._thread.start()

    def stop(self) -> None:
        """Ask no more, and let go of the source.

        The thread is waited for: one that is in numpy when the interpreter ends has it aborted.
        """
        self._stopping.set()
        self._source.close()
        self._thread.join(_PATIENCE_S)

    def take(self) -> list[News]:
        """What was told since the last call.

        Raises:
            Exception: the source failed, and why.
        """
        found: list[News] = []
        while True:
            try:
                told = self._told.get_nowait()
            except Empty:
                return found
            if isinstance(told, Exception):
                raise told
            found.append(told)

    def _work(self) -> None:
        due_s = monotonic_s()
        while not self._stopping.is_set():
            try:
                self._told.put(self._source.news())
            except Exception as error:  # noqa: BLE001  # raised again where it can be told
                self._told.put(error)
                self._stopping.set()
            self._wake()
            due_s = max(due_s + self._every_s, monotonic_s())
            self._stopping.wait(due_s - monotonic_s())
