"""Times in text, against Python's own datetime."""

from datetime import UTC, date, datetime, timedelta, timezone

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simlab.dataset.schema import TIMESTAMP
from simlab.dataset.text_time import moments, parse_when
from simlab.errors import ConfigError

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TIMES = st.datetimes(datetime(1900, 1, 2), datetime(2200, 1, 1), timezones=st.just(UTC) | ZONES)


def read(*texts: str | None, epoch: bool = False) -> list[datetime | None]:
    return moments(pl.Series(texts, dtype=pl.String), epoch=epoch).to_list()


@given(times=st.lists(TIMES, min_size=1, max_size=5))
def test_iso_text_with_any_offset_means_what_python_says(times: list[datetime]) -> None:
    assert read(*(time.isoformat() for time in times)) == times


@given(times=st.lists(TIMES, min_size=1, max_size=5))
def test_the_logs_own_form_means_what_python_says(times: list[datetime]) -> None:
    utc = [time.astimezone(UTC) for time in times]
    assert read(*(f"{time:%Y-%m-%dT%H:%M:%S.%f}Z".rjust(27, "0") for time in utc)) == utc


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("2026-01-05T14:00:00Z", 0),
        ("2026-01-05 14:00:00", 0),
        ("2026-01-05T14:00", 0),
        ("2026-01-05 14:00:00,008", 8_000),
        ("2026-01-05T14:00:00.123456789Z", 123_456),
        ("2026-01-05T16:00:00+02:00", 0),
        ("2026-01-05T10:30:00-0330", 0),
        ("2026-01-05T19:00:00 +05", 0),
    ],
)
def test_ways_of_writing_one_moment(text: str, micros: int) -> None:
    assert read(text) == [datetime(2026, 1, 5, 14, 0, 0, micros, tzinfo=UTC)]


def test_a_date_alone_is_its_midnight() -> None:
    assert read("2026-01-05") == [datetime(2026, 1, 5, tzinfo=UTC)]


@pytest.mark.parametrize(
    "text",
    [
        "", "now", "2026-02-30T00:00:00Z", "2026-01-05T25:00:00Z", "2026-01-05T14:00:00+99:00",
        "2026-1-5", "20260105T140000Z", "2026-01-05T14:00:00Zjunk", "٢٠٢٦-01-05T00:00:00Z",
        "1767621600", "NaN", "2026-01-05T14:00:00.Z",
    ],
)  # fmt: skip
def test_what_is_no_time_is_null(text: str) -> None:
    assert read(text, None) == [None, None]


def test_one_odd_time_does_not_change_how_the_others_are_read() -> None:
    native = "2026-01-05T14:00:00.250000Z"
    assert read(native, "odd", native)[0::2] == read(native, native)


def test_a_number_is_a_time_only_where_asked_for() -> None:
    numbers = pl.Series([1_700_000_000])
    assert moments(numbers).to_list() == [None]
    assert moments(numbers, epoch=True).to_list() == [
        datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    ]


@given(
    second=st.integers(1_000_000_000, 4_000_000_000),
    factor=st.sampled_from([1, 10**3, 10**6, 10**9]),
    text=st.booleans(),
)
def test_the_magnitude_of_an_epoch_number_tells_its_unit(
    second: int, factor: int, *, text: bool
) -> None:
    number = second * factor
    column = pl.Series([str(number)] if text else [number])
    assert moments(column, epoch=True).to_list() == [datetime.fromtimestamp(second, UTC)]


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_datetimes_of_any_unit_and_zone_come_out_in_utc_microseconds(unit: str) -> None:
    noon = pl.Series([datetime(2026, 7, 1, 12)], dtype=pl.Datetime(unit))  # type: ignore[arg-type]  # one of three words
    paris = noon.dt.replace_time_zone("Europe/Paris")
    assert moments(noon).to_list() == [datetime(2026, 7, 1, 12, tzinfo=UTC)]
    assert moments(paris).to_list() == [datetime(2026, 7, 1, 10, tzinfo=UTC)]
    assert moments(paris).dtype == TIMESTAMP


def test_dates_are_their_midnights() -> None:
    assert moments(pl.Series([date(2026, 1, 5)])).to_list() == [datetime(2026, 1, 5, tzinfo=UTC)]


def test_parse_when_gives_microseconds() -> None:
    assert parse_when("1970-01-02T00:00:00.000001+00:00") == 86_400_000_001


@pytest.mark.parametrize("text", ["soon", "", "12", "2026-13-01"])
def test_parse_when_refuses_in_one_line(text: str) -> None:
    with pytest.raises(ConfigError, match=r"is not a time; write it like 2026-") as caught:
        parse_when(text)
    assert "\n" not in str(caught.value)
