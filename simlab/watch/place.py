"""Which files are a log's: the one that is written, and those it was rotated to."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG
from typing import Final

from simlab.errors import InputError
from simlab.watch.told import ForeignError, told_by

_LOG: Final = "inventory.log"
_ALERTS: Final = "alerts.jsonl"
_DATED: Final = re.compile(r"\.(\d{4}-\d\d-\d\d)(?:\.(\d{1,9}))?")
_NO_LOGS: Final = (".gz", ".zst", ".bz2", ".xz", ".rejected.jsonl", ".watch", ".poison.jsonl")
"""Endings of what lies beside a log and is none: packed, set aside, or ours."""
_LOOKED_AT_BYTES: Final = 1 << 18
_LISTINGS: Final = 8


@dataclass(frozen=True, kw_only=True)
class File:
    """A file of the log, as it was when the directory was listed."""

    name: str
    inode: int
    size: int
    changed_ns: int


class Place:
    """A log and what it is rotated to, in one directory.

    Args:
        log: the file that is written; it need not be there at the moment.
        beside: files there that are none of the log's, whatever their names.
    """

    def __init__(self, log: Path, *, beside: tuple[Path, ...] = ()) -> None:
        self.log = log
        self._beside = frozenset(path.name for path in beside if path.parent == log.parent)
        self._known: list[tuple[str, int]] = []

    def files(self) -> list[File]:
        """The files, oldest first.

        A directory that is listed while a file is renamed may show it twice or not at all, so it
        is listed again until nothing changes.
        """
        for _ in range(_LISTINGS):
            found = self._listed()
            names = [(file.name, file.inode) for file in found]
            if names == self._known:
                break
            self._known = names
        return found

    def _listed(self) -> list[File]:
        try:
            with os.scandir(self.log.parent) as entries:
                found = [file for entry in entries if (file := self._file(entry)) is not None]
        except (FileNotFoundError, NotADirectoryError):  # the bot makes it anew
            return []
        return sorted(found, key=self._age)

    def _file(self, entry: "os.DirEntry[str]") -> File | None:
        name = entry.name
        if not self._is_ours(name):
            return None
        try:
            known = entry.stat()
        except OSError:  # gone just now, or a link to nothing
            return None
        if not S_ISREG(known.st_mode):
            return None
        return File(name=name, inode=known.st_ino, size=known.st_size, changed_ns=known.st_mtime_ns)

    def _is_ours(self, name: str) -> bool:
        if name == self.log.name:
            return True
        rotated = name.startswith((f"{self.log.name}.", f"{self.log.name}-"))
        return rotated and not name.endswith(_NO_LOGS) and name not in self._beside

    def _age(self, file: File) -> tuple[int, str, int]:
        """What sorts by age: a day in the name says more than the time of the last change."""
        if file.name == self.log.name:
            return 2, "", 0
        dated = _DATED.fullmatch(file.name, len(self.log.name))
        if dated is None:
            return 0, "", file.changed_ns
        return 1, dated[1], int(dated[2] or 0)


def log_at(path: Path) -> Path:
    """The log that a path names: a file, a directory of logs, or a run directory.

    Raises:
        InputError: there is none, or there are several.
    """
    if not path.is_dir():
        if path.is_file() or Place(path).files():
            return path
        raise InputError(f"{path}: no such log; name a log, its directory, or a run directory")
    for log in (path / _LOG, path / "logs" / _LOG):
        if Place(log).files():
            return log
    others = sorted(path.glob("*.log"))
    if len(others) > 1:
        names = ", ".join(log.name for log in others[:5])
        raise InputError(f"{path}: found several logs, {names}; name one of them")
    for log in (*others, path / _ALERTS):
        if log.is_file():
            return log
    raise InputError(f"{path}: no log in it; expected {_LOG}, logs/{_LOG} or {_ALERTS}")


def check_ours(place: Place) -> None:
    """Make sure that a log is a bot's: of its files with lines at least one begins as one does.

    Raises:
        InputError: none does, or one cannot be read.
    """
    foreign: list[str] = []
    for file in reversed(place.files()):
        path = place.log.with_name(file.name)
        try:
            with path.open("rb") as opened:
                *lines, _ = opened.read(_LOOKED_AT_BYTES).split(b"\n")
        except OSError as error:
            raise InputError(f"{path}: cannot be read: {error.strerror}") from None
        if any(_is_line(line) for line in lines):
            return
        if lines:
            foreign.append(f"{path}: not a bot's log: expected JSON lines with timestamp and "
                           f"event, found {lines[0][:60].decode(errors='replace')!r}")  # fmt: skip
    if foreign:
        raise InputError(foreign[0])


def _is_line(line: bytes) -> bool:
    try:
        told_by(line)
    except ForeignError:
        return False
    return True
