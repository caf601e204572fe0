"""Less text for the same SVG: matplotlib's is written for no one to count its bytes."""

import re
from typing import Final

_LONG_NUMBER: Final = re.compile(r"-?\d+\.\d{2,}")
_STYLE: Final = re.compile(r' style="([^"]*)"')
_GROUP: Final = re.compile(r'<g id="[^"]*">')
_INDENTED: Final = re.compile(r"\n\s*")
_PATH: Final = re.compile(r' d="([^"]*)"')
_STEP: Final = re.compile(r"([MLCQz])\s*([-\d.\s]*)")
_NAMED: Final = re.compile(r'(?<= id=")\w+(?=")')
STYLES_END: Final = "</style>"


def slim(image: str) -> str:
    """The same image with coordinates to a tenth of a point, and each look told once.

    Args:
        image: as matplotlib writes it, with one `<style>` element.
    """
    image = _GROUP.sub("<g>", _INDENTED.sub("\n", image))
    image = _LONG_NUMBER.sub(lambda digits: f"{round(float(digits[0]), 1):g}", image)
    image = _PATH.sub(lambda path: f' d="{_steps(path[1])}"', image)
    return _classed(_renamed(image))


def _steps(path: str) -> str:
    """The same path, with steps straight across or straight up told by one number."""
    told, x, y = [], "", ""
    for command, numbers in _STEP.findall(path):
        place = numbers.split()
        if command not in "ML":
            told.append(command + " ".join(place))
            x, y = (place[-2], place[-1]) if place else ("", "")
            continue
        straight = f"V{place[1]}" if place[0] == x else f"H{place[0]}" if place[1] == y else None
        told.append(straight if command == "L" and straight else f"{command}{place[0]} {place[1]}")
        x, y = place
    return "".join(told)


def _renamed(image: str) -> str:
    """Short names for what is referred to."""
    for nth, name in enumerate(dict.fromkeys(_NAMED.findall(image))):
        image = image.replace(f'"{name}"', f'"n{nth}"')
        image = image.replace(f'#{name}"', f'#n{nth}"').replace(f"#{name})", f"#n{nth})")
    return image


def _classed(image: str) -> str:
    """Every style of an element as a class."""
    looks = dict.fromkeys(_STYLE.findall(image))
    names = {look: f"s{nth}" for nth, look in enumerate(looks)}
    rules = "".join(f".{name}{{{look}}}" for look, name in names.items())
    image = _STYLE.sub(lambda found: f' class="{names[found[1]]}"', image)
    return image.replace(STYLES_END, rules + STYLES_END, 1)
