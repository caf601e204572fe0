"""A chart becomes one image that holds all it shows, the same each time, light and dark."""

import base64
import re
import xml.etree.ElementTree as ET

import pytest

from simlab.report import style
from simlab.report.svg import data_uri, svg


def _image(text: str = "label") -> str:
    with style.style():
        ax = style.new_axes(width_in=3, height_in=2)
        ax.plot([1, 2], [3, 4], color=style.LINE)
        ax.annotate(text, (1, 3), color=style.INK)
        return svg(ax.figure)  # type: ignore[arg-type]  # a whole figure


def test_the_same_figure_gives_the_same_bytes() -> None:
    assert _image() == _image()


def test_nothing_is_fetched_and_nothing_runs() -> None:
    tree = ET.fromstring(_image())
    for element in tree.iter():
        assert not element.tag.endswith(("script", "image", "foreignObject"))
        for name, value in element.attrib.items():
            assert not name.rpartition("}")[2].startswith("on")
            assert not name.endswith("href") or value.startswith("#")


def test_dark_changes_every_ink_and_nothing_else() -> None:
    light, _, dark = _image().partition("@media (prefers-color-scheme: dark) {")
    rules = "".join(re.findall(r"\.s\d+\{[^}]*\}", light))
    dark = dark.partition("}</style>")[0]
    assert style.LINE in rules
    assert style.DARK[style.LINE] in dark
    assert not [ink for ink in style.DARK if ink in dark and ink not in style.DARK.values()]
    hexes = re.compile("#[0-9a-f]{6}")
    assert hexes.sub("", rules) == hexes.sub("", dark)
    assert " style=" not in light


def test_a_data_uri_holds_the_image() -> None:
    head, _, body = data_uri("<svg/>").partition(",")
    assert head == "data:image/svg+xml;base64"
    assert base64.b64decode(body) == b"<svg/>"


@pytest.mark.parametrize("text", ["延迟 ✓", "<b>&amp;</b>"])
def test_words_stay_words_whatever_letters_they_have(text: str) -> None:
    tree = ET.fromstring(_image(text))
    assert text in "".join(tree.itertext())
