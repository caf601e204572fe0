"""Whatever text comes in, only visible characters come out."""

import unicodedata
import xml.etree.ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from simlab.report.inert import visible

_ANY_TEXT = st.text(st.characters())  # surrogates and controls among them


@given(_ANY_TEXT)
def test_nothing_that_moves_a_cursor_or_hides_is_left(text: str) -> None:
    kinds = {unicodedata.category(character) for character in visible(text)}
    assert not kinds & {"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"}


@given(_ANY_TEXT)
def test_the_result_can_be_written_as_utf8_and_as_xml(text: str) -> None:
    shown = visible(text)
    element = ET.Element("text")
    element.text = shown
    written = ET.tostring(element, encoding="utf-8")
    assert ET.fromstring(written).text in (shown, None)


@given(st.text(st.characters(categories=["L", "N", "P", "S"]), max_size=200))
def test_visible_text_stays_as_it_is(text: str) -> None:
    assert visible(text) == text


def test_long_text_is_cut_and_says_so() -> None:
    assert visible("a" * 500, most=10) == "a" * 9 + "…"
