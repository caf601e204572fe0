"""Numbers are shown with few digits, their unit, and a dash where there is none."""

import math
import re
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simlab.report.numbers import (
    UNDEFINED,
    human_s,
    megabytes,
    moment,
    number,
    part,
    per_day,
    percent,
    plural,
)

_UNITS_S = {"µs": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}


@pytest.mark.parametrize("undefined", [math.nan, math.inf, -math.inf])
def test_what_is_not_a_number_is_a_dash(undefined: float) -> None:
    for shown in (human_s, percent, number, per_day, megabytes):
        assert shown(undefined) == UNDEFINED
    assert part(undefined, 3) == part(3, undefined) == UNDEFINED


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.000_45, "450 µs"),
        (0.0123, "12 ms"),
        (0.9999, "1 s"),
        (2.0, "2 s"),
        (59.97, "1 min"),
        (3599.6, "1 h"),
        (86_399, "1 d"),
        (90_000, "1 d 1 h"),
        (-5, "-5 s"),
    ],
)
def test_a_length_of_time_carries_into_the_next_unit(seconds: float, text: str) -> None:
    assert human_s(seconds) == text


@given(st.floats(1e-6, 1e8))
def test_a_length_of_time_reads_back_within_5_percent(seconds: float) -> None:
    parts = re.findall(r"([\d.,]+) (\S+)", human_s(seconds))
    read = sum(float(count.replace(",", "")) * _UNITS_S[unit] for count, unit in parts)
    assert read == pytest.approx(seconds, rel=0.05)


@given(st.floats(0, 1))
def test_only_a_whole_is_100_percent_and_only_nothing_is_0(ratio: float) -> None:
    assert (percent(ratio) == "100 %") == (ratio == 1)
    assert (percent(ratio) == "0 %") == (ratio == 0)


@given(st.floats(-1e12, 1e12))
def test_a_number_reads_back_within_half_a_percent(value: float) -> None:
    assert float(number(value).replace(",", "")) == pytest.approx(value, rel=0.0051)


def test_a_rate_that_is_not_zero_is_never_shown_as_zero() -> None:
    assert per_day(0.001) == "<0.01"
    assert per_day(0) == "0"


def test_a_part_of_nothing_is_undefined() -> None:
    assert part(0, 0) == UNDEFINED
    assert part(0, 6) == "0/6"


def test_a_moment_is_shown_in_utc_whatever_its_zone() -> None:
    noon = datetime(2026, 1, 5, 12, tzinfo=timezone(timedelta(hours=2)))
    assert moment(noon) == "2026-01-05 10:00:00"
    assert moment(None) == UNDEFINED


def test_one_is_singular() -> None:
    assert [plural(count, "alert") for count in (0, 1, 2)] == ["0 alerts", "1 alert", "2 alerts"]
