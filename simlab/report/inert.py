"""Text that comes from data, made harmless before anyone sees it."""

import unicodedata
from typing import Final

_REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"
_ACTIVE: Final = frozenset({"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"})
"""Control (ESC, newline), format (bidi overrides), surrogates, unassigned, private, separators."""


def visible(text: str, *, most: int = 200) -> str:
    r"""The text with everything replaced that is not a visible character or a space.

    So it stays on one line, moves no cursor, reverses no reading order, and can be written as
    UTF-8 and as XML.

    Args:
        text: anything, from anyone.
        most: the length to cut at, ellipsis included.

    >>> visible("\x1b[31mred\u202e")
    '�[31mred�'
    """
    cut = text if len(text) <= most else text[: most - 1] + "…"
    if cut.isascii() and cut.isprintable():
        return cut
    return "".join(_REPLACEMENT if unicodedata.category(c) in _ACTIVE else c for c in cut)
