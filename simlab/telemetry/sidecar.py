"""The sidecar: a file beside the log that holds what is not yet in it.

It is mapped into memory, so what has been copied there survives the process, however it ends
(not the machine). It is a ring of entries, `simlab.telemetry.entries`. One is copied behind the
last and then committed by one store of eight aligned bytes, the ring's head, which no kill can
tear; the tail follows when the entries are in the log. Both count bytes since the sidecar was made.

Whoever holds the file's lock is the only writer of the log.
"""

import mmap
import os
from contextlib import suppress
from pathlib import Path
from threading import RLock
from typing import Final

import msgspec

from simlab.telemetry.entries import EVENT_END
from simlab.telemetry.ringfile import (
    CAPACITY_AT,
    HEAD_AT,
    LEAST_CAPACITY_BYTES,
    MAGIC,
    MAGIC_AT,
    PREAMBLE_AT,
    PREAMBLE_SIZE_AT,
    START,
    Mark,
    capacity_left,
    choose_mark,
    claimed,
    mark_in,
    names,
    with_room,
)

CAPACITY_BYTES: Final = 4 << 20
_LONGEST_EVENT: Final = 4096
_POPULATE_WRITE: Final = 23
"""Linux's MADV_POPULATE_WRITE, of 5.14: map all pages now."""


class Sidecar:
    """The ring, held by this process alone.

    Appending costs a copy. Nothing here writes to the log.

    Args:
        path: the sidecar's file; made when it is not there.
        capacity_bytes: how much it holds, where the disk has so much room; one that still holds
            entries keeps its own.

    Attributes:
        lock: held while an entry is appended; may be taken again by its holder.
        busy: whether an entry is being appended.

    Raises:
        TakenError: someone else holds it.
        OutputError: it is no sidecar of this version.
        OSError: it cannot be made.
    """

    _at: int  # where the next entry goes in the file,
    _stop: int  # how far it may go without a closer look,
    _laps: int  # and by how much the head is ahead of such a place

    def __init__(self, path: Path, *, capacity_bytes: int = CAPACITY_BYTES) -> None:
        self.path = path
        self.lock = RLock()
        self.busy = False
        self._encode_into = msgspec.json.Encoder().encode_into
        self._entry = bytearray()
        self._fd = claimed(path)
        try:
            self._take_up(max(capacity_bytes, LEAST_CAPACITY_BYTES))
        except BaseException:
            os.close(self._fd)
            raise

    def renew_lock(self) -> None:
        """Forget who holds the lock: a forked child, where whoever held it is not."""
        self.lock = RLock()
        self.busy = False

    def append(self, lines: bytes) -> bool:
        """Keep some whole lines; False, and nothing done, when there is no room for them.

        Nor is there while a signal's handler runs in the middle of another call, nor after the
        end.
        """
        with self.lock:
            if self.busy:
                return False
            try:
                self.busy = True
                return self._put(lines)
            finally:
                self.busy = False

    def append_event(self, event: msgspec.Struct) -> bool:
        """Keep an event that becomes a line on its way to the log; else as `append`.

        Nor is there room for one of more than 4 KiB.

        Raises:
            TypeError: JSON does not hold it; a ValueError, OverflowError or RecursionError too.
        """
        lock = self.lock
        lock.acquire()  # by name: in half the time that `with` takes
        try:
            if self.busy:
                return False
            try:
                self.busy = True
                entry = self._entry
                self._encode_into(event, entry)
                entry += EVENT_END
                at, size = self._at, len(entry)
                end = at + size
                if end > self._stop or size > _LONGEST_EVENT:
                    return size <= _LONGEST_EVENT and self._put_beyond(entry)
                self._map[at:end] = entry  # as in `_put`, without a call
                self._at = end
                self._words[HEAD_AT] = end + self._laps
                return True
            finally:
                self.busy = False
        finally:
            lock.release()

    @property
    def head(self) -> int:
        """Where the committed entries end."""
        return self._words[HEAD_AT]

    @property
    def tail(self) -> int:
        """Where the entries begin that are not yet in the log."""
        return self.mark.tail

    @property
    def mark(self) -> Mark:
        """How far the log is."""
        return mark_in(self._words)

    @mark.setter
    def mark(self, mark: Mark) -> None:
        """Have the log so far."""
        choose_mark(self._words, mark)

    @property
    def preamble(self) -> bytes:
        """What the lines of all events have in common."""
        return self._map[PREAMBLE_AT : PREAMBLE_AT + self._words[PREAMBLE_SIZE_AT]]

    def set_preamble(self, text: bytes) -> bool:
        """Have the lines of events told with this; False when it is too long.

        Nor can it change while the ring holds entries.
        """
        if text == self.preamble:
            return True
        if self.head > self.tail or len(text) > START - PREAMBLE_AT:
            return False
        self._map[PREAMBLE_AT : PREAMBLE_AT + len(text)] = text
        self._words[PREAMBLE_SIZE_AT] = len(text)
        return True

    def entries(self, since: int, until: int) -> bytes:
        """The bytes from `since` to `until`."""
        if since == until:
            return b""
        at, end = since % self._capacity, (until - 1) % self._capacity + 1
        if at < end:
            return bytes(self._ring[at:end])
        return b"".join((self._ring[at:], self._ring[:end]))

    @property
    def waiting(self) -> int:
        """How many entries are not yet in the log."""
        return self.entries(self.tail, self.head).count(b"\n")

    def lost(self) -> bool:
        """Whether the file at the path is no longer this one, so that a kill would lose lines."""
        return not names(self.path, self._fd)

    def replace(self) -> None:
        """Go on in a new file at the path. Nobody may use the sidecar meanwhile.

        Raises:
            TakenError: someone else has made one there.
            OSError: it cannot be made.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fd = claimed(self.path)
        try:
            os.posix_fallocate(fd, 0, self._size)
            new = mmap.mmap(fd, self._size)
        except BaseException:
            os.close(fd)
            raise
        new[8:] = self._map[8:]
        new[:8] = self._map[:8]
        old, self._fd = self._fd, fd
        self._unmap()
        self._bind(new)
        os.close(old)

    def close(self) -> None:
        """Let go of it, and remove the file if it holds no entries."""
        if self.head == self.tail and not self.lost():
            self.path.unlink()
        self.disown()

    def disown(self) -> None:
        """Let go of it, leaving all to whoever shares its lock: a forked child's end of it."""
        self._stop = self._capacity = -1
        with suppress(BufferError):  # a thread that no child has was reading there
            self._unmap()
        os.close(self._fd)

    def _take_up(self, capacity_bytes: int) -> None:
        size = os.fstat(self._fd).st_size
        left = 0
        if size >= START:
            with mmap.mmap(self._fd, size) as there, memoryview(there).cast("q") as words:
                left = capacity_left(words, size, self.path)
        if not left:
            os.ftruncate(self._fd, 0)
            left = with_room(self._fd, capacity_bytes)
        self._size = START + left
        self._bind(mmap.mmap(self._fd, self._size))
        with suppress(OSError):  # where the kernel cannot, each page costs its first line
            self._map.madvise(_POPULATE_WRITE)
        self._words[CAPACITY_AT] = left
        self._words[MAGIC_AT] = MAGIC

    def _bind(self, mapped: mmap.mmap) -> None:
        self._map = mapped
        self._words = memoryview(mapped)[:START].cast("q")
        self._ring = memoryview(mapped)[START:]
        self._capacity = self._size - START
        self._place()

    def _place(self) -> None:
        """Note where the next entry goes, and how far the ring is free from there in one piece."""
        head, tail = self.head, self.tail
        self._at = START + head % self._capacity
        self._laps = head - self._at
        self._stop = min(self._size, tail + self._capacity - self._laps)

    def _put(self, data: bytes | bytearray) -> bool:
        at = self._at
        end = at + len(data)
        if end > self._stop:
            return self._put_beyond(data)
        self._map[at:end] = data
        self._at = end  # first: an exception here may not let the next entry overwrite this
        self._words[HEAD_AT] = end + self._laps
        return True

    def _put_beyond(self, data: bytes | bytearray) -> bool:
        """Keep what goes over the ring's end, or into what was given up lately."""
        if self._capacity < 0:
            return False
        self._stop = -1  # until all is noted, the next entry has to come here too
        head, size = self.head, len(data)
        if fits := head + size <= self.tail + self._capacity:
            at = START + head % self._capacity
            before = min(size, self._size - at)
            self._map[at : at + before] = data[:before]
            self._map[START : START + size - before] = data[before:]
            self._words[HEAD_AT] = head + size
        self._place()
        return fits

    def _unmap(self) -> None:
        self._words.release()
        self._ring.release()
        self._map.close()


def sidecar_of(log: Path) -> Path:
    """Where a log's sidecar lies; the name is not one of a log's.

    >>> sidecar_of(Path("logs/inventory.log")).name
    'inventory-log.sidecar'
    """
    return log.with_name(f"{log.name.replace('.', '-')}.sidecar")
