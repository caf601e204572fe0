"""The lines that were not taken: kept beside their source, each with where and why."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

import msgspec

from simlab.dataset.lines import Block
from simlab.dataset.naming import rejected_beside
from simlab.dataset.schema import LineCount
from simlab.errors import InputError

_KEPT_BYTES: Final = 65_536


class RejectedLine(msgspec.Struct, frozen=True):
    """A line that was not taken.

    `line` counts from 1; `offset` is where the line starts in the unpacked file [B]; `text` is
    its first 64 KiB, what is not UTF-8 replaced.
    """

    file: str
    line: int
    offset: int
    reason: str
    text: str


class Rejections:
    """Counts the rejected lines of one source and writes them out as they come."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self.first: RejectedLine | None = None
        self.trouble = ""
        self._file: IO[bytes] | None = None

    def add(self, block: Block, faults: list[tuple[int, str]]) -> None:
        """Take up the faults of a block: the index of a line in it, and the reason."""
        offsets = block.offsets() if faults else []
        for index, reason in faults:
            line = _rejected(block, index, offset=offsets[index], reason=reason)
            self.first = self.first or line
            self.count += 1
            self._write(line)

    def close(self) -> None:
        """Finish the file; when nothing was rejected, remove that of an earlier reading."""
        if self._file:
            self._file.close()
        elif not self.count:
            self._remove()

    def _write(self, line: RejectedLine) -> None:
        if self.trouble:
            return
        try:
            self._file = self._file or self.path.open("wb")
            self._file.write(msgspec.json.encode(line) + b"\n")
        except OSError as error:
            self.trouble = f"{self.path} cannot be written: {error.strerror or error}"

    def _remove(self) -> None:
        try:
            self.path.unlink(missing_ok=True)
        except OSError:
            self.trouble = f"{self.path} is left over and cannot be removed"


@contextmanager
def rejections(source: Path) -> Iterator[Rejections]:
    """Keeps the rejected lines of `source` in `NAME.rejected.jsonl` beside it."""
    kept = Rejections(rejected_beside(source))
    try:
        yield kept
    finally:
        kept.close()


def checked_count(kept: Rejections, *, accepted: int, max_rejected: float) -> LineCount:
    """The count of a source's lines.

    Raises:
        InputError: more than `max_rejected` of them were rejected, as a share of all.
    """
    total = accepted + kept.count
    if kept.first and kept.count > max_rejected * total:
        raise InputError(_too_many(kept, kept.first, total, max_rejected))
    return LineCount(
        accepted=accepted,
        rejected=kept.count,
        rejected_file=str(kept.path) if kept.count and not kept.trouble else None,
    )


def _too_many(kept: Rejections, first: RejectedLine, total: int, max_rejected: float) -> str:
    where = kept.trouble or f"all are in {kept.path}"
    return (
        f"{first.file}:{first.line}: {first.reason}; {kept.count} of {total} lines rejected, more "
        f"than a share of {max_rejected:g}; {where}; mend them or raise --max-rejected"
    )


def _rejected(block: Block, index: int, *, offset: int, reason: str) -> RejectedLine:
    return RejectedLine(
        file=str(block.file),
        line=block.first + index,
        offset=offset,
        reason=reason,
        text=block.lines[index][:_KEPT_BYTES].decode("utf-8", errors="replace"),
    )
