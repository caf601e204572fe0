"""A picture in a cell's output that stays when no kernel runs."""

from base64 import b64encode
from itertools import count
from typing import Any, Final

_NUMBERS: Final = count(1)


class Still:
    """A picture and a text, replaced where they were shown.

    A front end that saves the notebook keeps them as they were last; widgets it cannot keep.
    IPython is imported when something is shown.
    """

    def __init__(self) -> None:
        self._id = f"simlab-tuner-{next(_NUMBERS)}"
        self._shown = False

    def show(self, png: bytes, text: str) -> None:
        """Show them as an output of the running cell."""
        self._display(png, text)
        self._shown = True

    def replace(self, png: bytes, text: str) -> None:
        """Have others in their place, wherever they were shown."""
        if self._shown:
            self._display(png, text, update=True)

    def _display(self, png: bytes, text: str, **how: Any) -> None:
        from IPython.display import display  # noqa: PLC0415 -- of the extra `lab`

        told = {"image/png": b64encode(png).decode("ascii"), "text/plain": text}
        display(told, raw=True, display_id=self._id, **how)
