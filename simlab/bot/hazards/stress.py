"""The process itself under strain: a CPU burner, and memory held, as strong as asked for."""

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from simlab.clock import monotonic_s

MOST_MB: Final = 256.0
_BEAT_S: Final = 0.05
_CHUNK: Final = bytes(1 << 18)
_MB: Final = 1_000_000


@dataclass(frozen=True)
class Strain:
    """How much of one core is burned [%], up to 100, and how much memory is held [MB]."""

    cpu_percent: float = 0.0
    mem_mb: float = 0.0


class Stress:
    """A thread of this process that bears a strain, so that its CPU and memory show it.

    It hashes, which leaves the interpreter to the other threads. Memory is held up to 256 MB,
    and let go at the end of its `with`, together with the thread.

    Args:
        strain: asked twenty times a second how much it is to be.
    """

    def __init__(self, strain: Callable[[], Strain]) -> None:
        self._strain = strain
        self._stop = threading.Event()
        self._held = bytearray()
        self._thread = threading.Thread(target=self._bear, name="simlab-stress", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._held = bytearray()

    def _bear(self) -> None:
        beat_s = monotonic_s()
        while not self._stop.is_set():
            strain = self._strain()
            self._hold(min(max(strain.mem_mb, 0.0), MOST_MB))
            self._burn(beat_s + _BEAT_S * min(max(strain.cpu_percent, 0.0), 100.0) / 100)
            beat_s = max(beat_s + _BEAT_S, monotonic_s() - _BEAT_S)
            self._stop.wait(max(0.0, beat_s - monotonic_s()))

    def _burn(self, until_s: float) -> None:
        while monotonic_s() < until_s:
            hashlib.sha256(_CHUNK)

    def _hold(self, mem_mb: float) -> None:
        size = round(mem_mb) * _MB
        if size > len(self._held):
            self._held += b"\x01" * (size - len(self._held))  # written, so that it is really there
        elif size < len(self._held):
            self._held = bytearray(self._held[:size])
