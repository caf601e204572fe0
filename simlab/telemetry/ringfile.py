"""The sidecar's file: whose it is, how much room it has, and what its first page tells.

That page has words of eight bytes, each stored at once, and the preamble.
"""

import errno
import fcntl
import os
from pathlib import Path
from typing import Final, NamedTuple

from simlab.errors import OutputError

START: Final = 4096
"""Where the ring begins, behind the first page."""
LEAST_CAPACITY_BYTES: Final = 1 << 17  # two of the longest lines
MAGIC: Final = int.from_bytes(b"simlab2\x00", "little")
MAGIC_AT, CAPACITY_AT, HEAD_AT, CHOICE_AT, PREAMBLE_SIZE_AT = range(5)
"""Which word is which; the others are two places for a mark, and the choice tells which holds."""
_SLOTS_AT: Final = (8, 16)
PREAMBLE_AT: Final = 256
_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class TakenError(Exception):
    """Another process, or another log in this one, holds the sidecar."""


class Mark(NamedTuple):
    """How far the ring is in which file, whose size is `size_bytes` with all up to `tail` in it."""

    device: int
    inode: int
    size_bytes: int
    tail: int


def mark_in(words: memoryview) -> Mark:
    """The mark that was chosen last."""
    at = _SLOTS_AT[words[CHOICE_AT]]
    return Mark(*words[at : at + len(Mark._fields)])


def choose_mark(words: memoryview, mark: Mark) -> None:
    """Write a mark where it is not read from, then choose it: a kill leaves one of the two."""
    choice = 1 - words[CHOICE_AT]
    for at, value in enumerate(mark, _SLOTS_AT[choice]):
        words[at] = value
    words[CHOICE_AT] = choice


def capacity_left(words: memoryview, size: int, path: Path) -> int:
    """The capacity of a sidecar that still holds entries; 0 when there are none to keep.

    Raises:
        OutputError: what is there cannot be understood.
    """
    magic, capacity, head, choice = words[:4]
    if magic == 0:  # killed while it was made, before it held anything
        return 0
    tail = mark_in(words).tail if choice in (0, 1) else -1
    whole = capacity == size - START and 0 <= tail <= head <= tail + capacity
    if magic != MAGIC or not whole:
        raise OutputError(
            f"{path}: found something else than a log's unwritten lines, as this version keeps "
            "them; move it away"
        )
    return int(capacity) if head > tail else 0


def with_room(fd: int, capacity_bytes: int) -> int:
    """The room taken for a ring: a hole on a full disk would be a SIGBUS.

    Raises:
        OSError: there is not even the least.
    """
    try:
        os.posix_fallocate(fd, 0, START + capacity_bytes)
    except OSError as error:
        if error.errno not in _NO_ROOM or capacity_bytes == LEAST_CAPACITY_BYTES:
            raise
        os.ftruncate(fd, 0)
        return with_room(fd, LEAST_CAPACITY_BYTES)
    return capacity_bytes


def claimed(path: Path) -> int:
    """A descriptor of the file at a path, with its lock, which the system drops at our end."""
    while True:
        fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            raise TakenError(path) from None
        except BaseException:
            os.close(fd)
            raise
        if names(path, fd):
            return fd
        os.close(fd)  # whoever held it removed it meanwhile


def names(path: Path, fd: int) -> bool:
    """Whether the file at a path is the one that is open."""
    try:
        return os.path.samestat(path.stat(), os.fstat(fd))
    except OSError:
        return False
