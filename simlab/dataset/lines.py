"""The lines of a text file, in blocks that know where they stood."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Final

from simlab.dataset.compression import CutShortError, content

_BOM: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, kw_only=True)
class Block:
    """Lines that follow one another, without their line feeds.

    Attributes:
        file: where they are from.
        first: the number of the first line, from 1.
        offset: where the first line starts in the unpacked file, after a byte order mark [B].
        lines: the lines; a carriage return at the end is still there.
        cut: why what would follow is missing; there is then one line, what was left of it.
    """

    file: Path
    first: int
    offset: int
    lines: list[bytes]
    cut: str | None = None

    def offsets(self) -> list[int]:
        """Where each line starts in the unpacked file, and where the next would [B]."""
        return list(accumulate((len(line) + 1 for line in self.lines), initial=self.offset))


def blocks(path: Path) -> Iterator[Block]:
    """The lines of `path`, split at line feeds alone, some megabytes at a time.

    Memory is bounded by the block and by the longest line.

    Raises:
        InputError: it cannot be read or unpacked.
    """
    first, offset, pending, cut = 1, 0, [b""], None
    pieces = _without_bom(content(path))
    try:
        for piece, start in pieces:
            offset = offset or start
            if b"\n" not in piece:
                pending.append(piece)
                continue
            *lines, rest = b"".join([*pending, piece]).split(b"\n")
            pending = [rest]
            yield Block(file=path, first=first, offset=offset, lines=lines)
            first, offset = first + len(lines), offset + sum(map(len, lines)) + len(lines)
    except CutShortError as error:
        cut = str(error)
    last = b"".join(pending)
    if last or cut:
        yield Block(file=path, first=first, offset=offset, lines=[last], cut=cut)


def _without_bom(pieces: Iterator[bytes]) -> Iterator[tuple[bytes, int]]:
    """The pieces, and where in the file the text of the first one starts."""
    start = 0
    for number, piece in enumerate(pieces):
        if number == 0 and piece.startswith(_BOM):
            start = len(_BOM)
            yield piece[start:], start
        else:
            yield piece, start
