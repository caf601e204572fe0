"""How far a receiver is in a log."""

import os
from typing import NamedTuple

import msgspec

_TAIL_BYTES = 128


class Line(NamedTuple):
    """A whole line and where it stands.

    Attributes:
        text: it, without its end; empty where it is longer than any line of a log.
        inode: the file's.
        offset: where the next line begins [B].
        tail: its last bytes, without its end.
    """

    text: bytes
    inode: int
    offset: int
    tail: bytes


class Position(msgspec.Struct, frozen=True):
    """How far a file has been dealt with, and by what it is known again.

    A file may be renamed, copied or cut, and another may get its inode; that its bytes before
    `offset` end with `tail` and a line feed says that it is the same.
    """

    offset: int
    tail: bytes

    def fits(self, fd: int, size: int) -> bool:
        """Whether an open file has this before the position."""
        if size < self.offset:
            return False
        end = self.tail + b"\n"
        return os.pread(fd, len(end), self.offset - len(end)) == end


class Cursor(msgspec.Struct):
    """A receiver's place in a log, and what became of what came before it.

    Attributes:
        files: positions by inode, the file read last at the end.
        since_us: events told before then are passed over; None passes over none.
        tries: how often the event at the cursor was tried, as far as that is known.
        refused: how often it was refused.
        delivered: alert events that reached the receiver.
        held: those that page no one.
        set_aside: those that it refused for good.
        skipped: lines that are none of a bot's.
        gone: files that vanished before their end was read.
        kept: what the receiver itself has to remember.
    """

    files: dict[int, Position] = msgspec.field(default_factory=dict)
    since_us: int | None = None
    tries: int = 0
    refused: int = 0
    delivered: int = 0
    held: int = 0
    set_aside: int = 0
    skipped: int = 0
    gone: int = 0
    kept: dict[str, str] = msgspec.field(default_factory=dict)

    def pass_by(self, line: Line) -> None:
        """Go on behind a line."""
        self.put(line.inode, Position(line.offset, line.tail))

    def put(self, inode: int, position: Position) -> None:
        """Note how far a file is; it is the one read last."""
        self.files.pop(inode, None)
        self.files[inode] = position

    def forget_all_but(self, inodes: set[int]) -> None:
        """Forget files that are gone, once there are many: one listing may have missed some."""
        if len(self.files) > 2 * len(inodes) + 16:
            self.files = {inode: at for inode, at in self.files.items() if inode in inodes}


def tail_of(line: bytes) -> bytes:
    """The bytes by which a line is known again."""
    return line[-_TAIL_BYTES:]
