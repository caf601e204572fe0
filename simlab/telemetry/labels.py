"""A label's values: clean, and so many at most."""

from collections.abc import Hashable
from typing import Final

from simlab.telemetry.families import MOST_SERIES

OTHER: Final = "_other"
_LONGEST: Final = 200


class Labels:
    """The values of one metric's label, which a scrape can always carry.

    Lone surrogates, which one scrape in UTF-8 would fail for, become question marks, and long
    texts are cut. When there are `most` values but one, all further ones are `_other`.

    Attributes:
        beyond: how often `_other` was given.
    """

    def __init__(self, *, most: int = MOST_SERIES) -> None:
        self._most_named = most - 1
        self._known: dict[Hashable, str] = {}
        self.beyond = 0

    def of(self, value: Hashable) -> str:
        """The text to use for a value."""
        try:
            return self._known[value]
        except Exception:  # noqa: BLE001  # mostly it is new; but who knows what a value's hash does
            return self._new(value)

    def _new(self, value: object) -> str:
        text = cleaned(value)
        if text in self._known:
            return self._known[text]
        if len(self._known) >= self._most_named:
            self.beyond += 1
            return OTHER
        self._known[text] = text
        return text


def cleaned(value: object) -> str:
    r"""A value as text that UTF-8 can hold, of at most 200 characters.

    >>> cleaned("time\ud800out")
    'time?out'
    """
    try:
        text = str(value)[:_LONGEST]
    except Exception:  # noqa: BLE001  # a value's own __str__ must not stop the bot
        text = type(value).__name__
    return text.encode(errors="replace").decode()
