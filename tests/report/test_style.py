"""One look: told apart without colour, labelled in UTC, and no trace left on matplotlib."""

from datetime import datetime, timedelta

import matplotlib as mpl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simlab.report import style

from .cases import DAY


def _luminance(ink: str) -> float:
    """Relative luminance, 0 to 1, as WCAG 2 defines it."""
    channels = [int(ink[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_quantiles_are_told_apart_in_grey() -> None:
    p50, p95, p99 = style.QUANTILES.values()
    assert _contrast(p50, p95) > 1.5 < _contrast(p95, p99)
    assert _contrast(style.DARK[p50], style.DARK[p95]) > 1.5
    assert _contrast(style.DARK[p95], style.DARK[p99]) > 1.5


@pytest.mark.parametrize(
    "ink", [style.INK, style.MUTED, style.THRESHOLD, style.CAUGHT, style.FALSE_ALARM]
)
def test_text_and_marks_are_readable_on_either_ground(ink: str) -> None:
    assert _contrast(ink, "#ffffff") >= 4.5
    assert _contrast(style.DARK[ink], "#1a1e26") >= 4.5


def test_the_style_leaves_matplotlib_as_it_was() -> None:
    before = dict(mpl.rcParams)
    style.new_axes()
    assert dict(mpl.rcParams) == before


@settings(deadline=None, max_examples=50)  # each draws a chart
@given(
    st.floats(60, 2 * 366 * 86_400).map(lambda seconds: timedelta(seconds=round(seconds))),
    st.sampled_from([3.6, 10.6]),
)
def test_a_time_axis_has_a_few_distinct_labels_whatever_the_span(
    span: timedelta, width_in: float
) -> None:
    ax = style.new_axes(width_in=width_in)
    style.time_axis(ax, DAY, DAY + span)
    low, high = ax.get_xlim()
    ticks = [float(tick) for tick in ax.get_xticks() if low <= tick <= high]
    shown = ax.xaxis.get_major_formatter().format_ticks(ticks)
    assert 2 <= len([text for text in shown if text]) <= 13
    assert ax.get_xlabel().endswith("UTC")


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        ((2026, 1, 5), (2026, 1, 6), "5 Jan 2026"),
        ((2026, 1, 5), (2026, 1, 7), "5 Jan to 6 Jan 2026"),
        ((2025, 12, 31), (2026, 1, 2), "31 Dec 2025 to 1 Jan 2026"),
    ],
)
def test_midnight_at_the_end_does_not_belong_to_the_days(
    first: tuple[int, int, int], last: tuple[int, int, int], text: str
) -> None:
    assert style.days(datetime(*first), datetime(*last)) == text
