"""The page's scripts: the charting library out of its package, and ours, each with its hash."""

from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from markupsafe import Markup

from simlab.errors import OutputError

_LIBRARY: Final = Path("server", "static", "js", "bokeh.min.js")
_ENDS: Final = ("</script", "<!--", "\r")
"""What would end a script early, or what browsers change before they hash it."""


@cache
def scripts() -> tuple[Markup, ...]:
    """The texts of the page's scripts, in the order in which they run.

    First a guard that marks the style elements that the library makes as ours, so that the
    policy need not allow others; then the library; last the page's own.

    Raises:
        OutputError: the library's package is not whole, or its script cannot stand in a page.
    """
    return tuple(
        embeddable(name, text)
        for name, text in (
            ("guard.js", _own("guard.js")),
            (_LIBRARY.name, _library()),
            ("dashboard.js", _own("dashboard.js")),
        )
    )


def _own(name: str) -> str:
    return (files("simlab.report") / "templates" / name).read_text(encoding="utf-8")


def _library() -> str:
    found = find_spec("bokeh")  # which imports nothing
    if found is None or not found.submodule_search_locations:
        raise OutputError("bokeh is not installed, expected it for charts; install simlab again")
    path = Path(found.submodule_search_locations[0]) / _LIBRARY
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(f"{path}: cannot be read: {reason}; install bokeh again") from None


def embeddable(name: str, text: str) -> Markup:
    """A script's text, as it may stand in a page.

    Raises:
        OutputError: something in it would end its element, or be changed before it is hashed.
    """
    for end in _ENDS:
        if end in text.lower():
            raise OutputError(f"{name}: found {end!r} in it, which would break the page")
    return Markup(text)  # noqa: S704 -- from packages, not from data; checked above
