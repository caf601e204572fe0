"""What happens when, on lanes: each stretch is seen, where it is, as high as it is."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simlab.report.timeline import Stretch, Timeline

from .cases import printed

START = datetime(2026, 1, 5, tzinfo=UTC)
DAY_S = 86_400
BLOCKS = set("▁▂▃▄▅▆▇█")


def lines(stretches: list[Stretch], *, span_s: float = DAY_S, width: int = 80) -> list[str]:
    """Below the title: the lanes, and the axis."""
    drawn = Timeline(title="t", start=START, span_s=span_s, stretches=stretches)
    return printed(drawn, width=width).splitlines()[1:]


@pytest.mark.parametrize("width", [60, 80, 160])
@pytest.mark.parametrize(
    "span_s", [5, 60, 3_600, DAY_S, 3 * DAY_S, 30 * DAY_S, 365 * DAY_S, 36_525 * DAY_S]
)
def test_every_length_has_an_axis_of_whole_words_that_fits(span_s: float, width: int) -> None:
    lane, axis = lines([Stretch(lane="x", start_s=0, end_s=span_s, height=1)],
                       span_s=span_s, width=width)  # fmt: skip
    assert max(len(lane), len(axis)) <= width
    assert len(axis.split()) >= 2
    assert "  " in axis.strip() or len(axis.split()) <= 2


@given(st.floats(0, 0.999), st.floats(1e-7, 1), st.floats(0, 1))
def test_a_stretch_however_short_is_seen_where_it_is(
    start: float, length: float, height: float
) -> None:
    end_s = (start + length) * DAY_S
    (lane, _) = lines([Stretch(lane="x", start_s=start * DAY_S, end_s=end_s, height=height)])
    body = lane[3:].ljust(76)
    seen = [cell for cell, block in enumerate(body) if block in BLOCKS]
    assert seen
    assert seen[0] == int(start * 76)
    assert seen == list(range(seen[0], seen[-1] + 1))
    assert abs(seen[-1] + 1 - min(start + length, 1) * 76) <= 1


def test_the_strongest_of_what_overlaps_shows_and_heights_are_told_apart() -> None:
    weak = Stretch(lane="x", start_s=0, end_s=DAY_S, height=0.1)
    strong = Stretch(lane="x", start_s=0, end_s=DAY_S / 2, height=1.0)
    (lane, _) = lines([weak, strong])
    assert lane.count("█") == lane.count("▁") == 38
    assert lines([strong, weak])[0] == lane


def test_there_is_one_lane_a_name_in_the_order_given() -> None:
    names = ["b", "a", "b"]
    drawn = lines([Stretch(lane=name, start_s=0, end_s=9, height=1) for name in names])
    assert [lane.split()[0] for lane in drawn[:-1]] == ["b", "a"]


def test_a_day_is_told_in_hours_and_a_month_in_days() -> None:
    stretch = [Stretch(lane="x", start_s=0, end_s=9, height=1)]
    assert lines(stretch)[-1].split()[:2] == ["00:00", "03:00"]
    assert lines(stretch, span_s=30 * DAY_S)[-1].split()[:2] == ["5", "Jan"]
