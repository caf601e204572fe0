"""The state file: how far each receiver is, replaced whole, held by one process at a time."""

import fcntl
import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from simlab.errors import InputError, OutputError
from simlab.watch.cursor import Cursor

_SCHEMA: Final = 1


class _Record(msgspec.Struct):
    schema: int
    log: str
    receivers: dict[str, Cursor]


class State:
    """What `simlab watch` remembers of a log.

    The file is written under another name and moved to its place, so that it is whole at any
    moment. It is locked until `close`, or the end of the process.

    Args:
        path: the state file; it is made when it is first saved.
        log: the log it is of.

    Attributes:
        cursors: by the receivers' names.
        is_new: whether there was none.

    Raises:
        InputError: what is there is no state file, or another version's.
        OutputError: another process holds it, or it cannot be written.
    """

    def __init__(self, path: Path, log: Path) -> None:
        self.path = path
        self._log = str(log.resolve())
        self._lock = threading.Lock()
        try:
            self._fd = _claimed(path)
        except OSError as error:
            raise OutputError(
                f"{path}: the state cannot be written: {error.strerror}; choose another --state"
            ) from None
        try:
            record = _read(self._fd, path)
        except InputError:
            os.close(self._fd)
            raise
        self.is_new = record is None
        self.cursors = {} if record is None else record.receivers
        self.of_log = self._log if record is None else record.log

    @property
    def is_of_this_log(self) -> bool:
        """Whether it was made for the log at this path."""
        return self.of_log == self._log

    def save(self) -> None:
        """Write it.

        Raises:
            OSError: it cannot be; what was there is there still.
        """
        record = _Record(_SCHEMA, self._log, self.cursors)
        with self._lock:
            made = self.path.with_name(f"{self.path.name}.new")
            fd = os.open(made, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX)
                with open(fd, "wb", closefd=False) as file:  # a descriptor
                    file.write(msgspec.json.encode(record) + b"\n")
                os.fsync(fd)
                made.replace(self.path)
            except BaseException:
                os.close(fd)
                with suppress(OSError):
                    made.unlink()
                raise
            os.close(self._fd)
            self._fd = fd

    def close(self) -> None:
        """Let others have it; an empty one that was never saved goes away."""
        with self._lock:
            if not os.fstat(self._fd).st_size:
                self.path.unlink(missing_ok=True)
            os.close(self._fd)


def state_of(log: Path) -> Path:
    """Where a log's state lies by default; the name is not one of a log's.

    >>> state_of(Path("logs/inventory.log")).name
    'inventory-log.watch'
    """
    return log.with_name(f"{log.name.replace('.', '-')}.watch")


def poison_of(state: Path) -> Path:
    """Where the events are kept that a receiver would not have."""
    return state.with_name(f"{state.name}.poison.jsonl")


def _claimed(path: Path) -> int:
    """A locked descriptor of the file at a path.

    Raises:
        OutputError: another process has it.
        OSError: it cannot be opened.
    """
    while True:
        fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(fd), path.stat()):
                return fd
        except BlockingIOError:
            os.close(fd)
            raise OutputError(
                f"{path}: another simlab watch has this state; end it, or name another --state"
            ) from None
        except FileNotFoundError:  # replaced or removed just now
            pass
        os.close(fd)


def _read(fd: int, path: Path) -> _Record | None:
    """What a state file holds; None for nothing.

    Raises:
        InputError: it is something else.
    """
    with os.fdopen(os.dup(fd), "rb") as file:
        text = file.read()
    if not text:
        return None
    try:
        record = msgspec.json.decode(text, type=_Record)
    except (ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise InputError(
            f"{path}: not a state file of simlab watch: {reason}; name another --state, or "
            "move it away to begin anew"
        ) from None
    if record.schema != _SCHEMA:
        raise InputError(
            f"{path}: $.schema: found {record.schema}, expected {_SCHEMA}; move it away"
        )
    return record
