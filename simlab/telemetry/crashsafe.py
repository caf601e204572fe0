"""The log that loses nothing: lines go to a sidecar, and in the background from there to the file."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Final

from simlab.errors import OutputError
from simlab.events import Attempt, Event
from simlab.telemetry.entries import EARLIEST_US, LATEST_US
from simlab.telemetry.handler import KEPT_DAYS
from simlab.telemetry.jsonlog import NO_TEXTS, ErrorTexts, JsonFormatter
from simlab.telemetry.line import NOT_IN_JSON, LineEncoder
from simlab.telemetry.ringfile import TakenError
from simlab.telemetry.safehandler import SPILL_EVERY_S, CrashSafeHandler
from simlab.telemetry.sidecar import CAPACITY_BYTES, Sidecar, sidecar_of
from simlab.telemetry.spill import Spill

_OWN: Final = re.compile(r"-w(\d+)\.sidecar")


class CrashSafeLog:
    """Events as the lines of a log that is safe from a kill: an observer.

    Args:
        path: the log; its directory is made.
        run_id: told in each line.
        kept_days: how many days of rotated files are kept; 0 keeps all.
        error_texts: what may be said of each error type.
        shared: give a second writer a file of its own, `inventory.log.w2` and so on, instead of
            refusing it.
        capacity_bytes: how much the sidecar holds, at least 128 KiB.
        spill_every_s: how often lines go to the file [s].

    Attributes:
        path: the file that is written.
        handler: for plain `logging` calls, which go to the same file.

    Raises:
        OutputError: the log cannot be written, or another process writes it.
    """

    def __init__(
        self,
        path: Path,
        *,
        run_id: str,
        kept_days: int = KEPT_DAYS,
        error_texts: ErrorTexts = NO_TEXTS,
        shared: bool = False,
        capacity_bytes: int = CAPACITY_BYTES,
        spill_every_s: float = SPILL_EVERY_S,
    ) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self.path, sidecar = _claimed(path, shared=shared, capacity_bytes=capacity_bytes)
            with _let_go_on_error(sidecar):
                _recover_others(path)
                self.handler = CrashSafeHandler(
                    self.path, sidecar=sidecar, kept_days=kept_days, spill_every_s=spill_every_s
                )
        except OSError as error:
            raise OutputError(f"{path}: the log cannot be written: {error.strerror}") from None
        self.handler.setFormatter(JsonFormatter(run_id=run_id))
        encoder = LineEncoder(run_id=run_id, error_texts=error_texts)
        self._line = encoder.line
        preamble = encoder.preamble
        is_set = preamble is not None and sidecar.set_preamble(preamble)
        self._from_us = EARLIEST_US if is_set else LATEST_US

    def emit(self, event: Event) -> None:
        """Keep the line of an event; that of an attempt that succeeds is made in the background."""
        handler = self.handler
        if (
            type(event) is Attempt
            and event.error_type is None
            and event.status == "success"
            and type(event.time_us) is int
            and self._from_us <= event.time_us < handler.roll_at_us
        ):
            try:
                if handler.sidecar.append_event(event):
                    return
            except NOT_IN_JSON:
                pass  # the long way tells it as text
        handler.keep(self._line(event), event.time_us)

    @property
    def dropped(self) -> int:
        """How many lines were lost."""
        return self.handler.dropped

    @property
    def flushes(self) -> tuple[int, float]:
        """How often lines were written to the file, and how long that took in all [s]."""
        return self.handler.spilled

    def flush(self) -> None:
        """Write all lines to the file; those that cannot be stay in the sidecar."""
        self.handler.flush()

    def close(self) -> None:
        """Write all lines to the file and let go of it; what cannot be written stays aside."""
        self.handler.close()


def recover(path: Path) -> int:
    """Put into a log what processes that were killed had not written there yet: so many lines.

    Sidecars of processes that are at work are left alone.

    Args:
        path: the log.

    Raises:
        OutputError: it cannot be written, or a sidecar is none.
    """
    try:
        own = _recover(path) if sidecar_of(path).exists() else 0
        return own + _recover_others(path)
    except OSError as error:
        raise OutputError(f"{path}: the log cannot be written: {error.strerror}") from None


def _claimed(path: Path, *, shared: bool, capacity_bytes: int) -> tuple[Path, Sidecar]:
    for number in count(1):
        place = path if number == 1 else path.with_name(f"{path.name}.w{number}")
        try:
            return place, Sidecar(sidecar_of(place), capacity_bytes=capacity_bytes)
        except TakenError:
            if not shared:
                message = f"{path}: another process writes this log now; wait, or choose another"
                raise OutputError(message) from None
    raise AssertionError


def _recover_others(path: Path) -> int:
    """Put into the files of their own what other writers that were killed had not written."""
    name = sidecar_of(path).name.removesuffix(".sidecar")
    owns = (
        (found, _OWN.fullmatch(found.name, len(name)))
        for found in path.parent.glob(f"{name}-w*.sidecar")
    )
    return sum(_recover(path.with_name(f"{path.name}.w{own[1]}")) for _, own in owns if own)


def _recover(path: Path) -> int:
    """How many lines of a killed process are in its log now that were not."""
    try:
        sidecar = Sidecar(sidecar_of(path))
    except TakenError:
        return 0
    with _let_go_on_error(sidecar):
        spill = Spill(sidecar, path)
        waiting = sidecar.waiting
        spill.drain(patient=False)
        done = waiting - sidecar.waiting
        spill.close()
        sidecar.close()
    return done


@contextmanager
def _let_go_on_error(sidecar: Sidecar) -> Iterator[None]:
    try:
        yield
    except BaseException:
        sidecar.close()
        raise
