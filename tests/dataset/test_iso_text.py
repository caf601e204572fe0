"""Times as text: the same text as formatting each one alone."""

from datetime import UTC, datetime, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from simlab.clock import iso
from simlab.dataset.iso_text import iso_text
from simlab.dataset.schema import TIMESTAMP

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@given(st.lists(st.integers(min_value=-(10**15), max_value=4 * 10**15), max_size=40))
def test_a_column_reads_like_each_of_its_moments_alone(times_us: list[int]) -> None:
    """In any order, before 1970 too."""
    column = pl.Series("t", times_us, pl.Int64).cast(TIMESTAMP)
    assert iso_text(column).to_list() == [iso(time_us) for time_us in times_us]


@given(st.integers(min_value=0, max_value=4 * 10**15))
def test_the_text_is_what_the_standard_library_reads_back(time_us: int) -> None:
    """Python's own parser agrees."""
    text = iso_text(pl.Series([time_us]).cast(TIMESTAMP))[0]
    assert datetime.fromisoformat(text) == EPOCH + timedelta(microseconds=time_us)


def test_null_stays_null() -> None:
    """An incident that showed nothing has no visible time."""
    column = pl.Series([None, 0], dtype=pl.Int64).cast(TIMESTAMP)
    assert iso_text(column).to_list() == [None, "1970-01-01T00:00:00.000000Z"]
