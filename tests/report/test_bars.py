"""Bars are as long as their values say, and no wider than the terminal."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simlab.report.bars import Bars, bar

from .cases import printed


@given(st.floats(0, 200))
def test_a_bar_is_as_long_as_it_should_be_to_the_eighth(length: float) -> None:
    drawn = bar(length)
    eighths = sum(8 if cell == "█" else " ▏▎▍▌▋▊▉".index(cell) for cell in drawn)
    assert abs(eighths / 8 - length) <= 1 / 16 or (0 < length < 1 / 16 and eighths == 1)


@pytest.mark.parametrize("width", [40, 80, 160])
def test_no_line_is_wider_than_the_terminal_and_the_highest_bar_is_full(width: int) -> None:
    bars = Bars(title="Rates", labels=["a", "bb"], values=[1, 4], remarks=[["1", "40"]])
    title, low, high = printed(bars, width=width).splitlines()
    assert title == "Rates"
    assert max(len(low), len(high)) <= width
    assert high.count("█") == pytest.approx(4 * (low.count("█") + low.count("▌") / 2), abs=2)
    assert low.endswith(" 1")
    assert high.endswith(" 40")


def test_what_is_undefined_has_no_bar_and_nothing_at_all_has_none() -> None:
    some = Bars(title="t", labels=["a", "b"], values=[math.nan, 1])
    assert len(printed(some).splitlines()) == 2
    assert printed(Bars(title="t", labels=["a"], values=[math.nan])).strip() == "t"
    assert "█" not in printed(Bars(title="t", labels=["a"], values=[0.0]))
