"""Less text for the same SVG: matplotlib's is written for no one to count its bytes."""

import re
from typing import Final

_LONG_NUMBER: Final = re.compile(r"-?\d+\.\d{2,}")
_STYLE: Final = re.compile(r' style="([^"]*)"')
_GROUP: Final = re.compile(r'<g id="[^"]*">')
_INDENTED: Final = re.compile(r"\n\s*")
_COMMAND: Final = re.compile(r"\s*\b([MLCQz])\s*(?=[-\d\"])")
_PATH: Final = re.compile(r' d="[^"]*"')
STYLES_END: Final = "</style>"


def slim(image: str) -> str:
    """The same image with coordinates to a tenth of a point, and each look told once.

    Args:
        image: as matplotlib writes it, with one `<style>` element.
    """
    image = _GROUP.sub("<g>", _INDENTED.sub("\n", image))
    image = _PATH.sub(lambda path: _COMMAND.sub(r"\1", path[0]), image)
    image = _LONG_NUMBER.sub(lambda digits: f"{round(float(digits[0]), 1):g}", image)
    return _classed(image)


def _classed(image: str) -> str:
    """Every style of an element as a class."""
    looks = dict.fromkeys(_STYLE.findall(image))
    names = {look: f"s{nth}" for nth, look in enumerate(looks)}
    rules = "".join(f".{name}{{{look}}}" for look, name in names.items())
    image = _STYLE.sub(lambda found: f' class="{names[found[1]]}"', image)
    return image.replace(STYLES_END, rules + STYLES_END, 1)
