"""Entries of the sidecar become the lines that they stand for, in their order."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simlab.events import Attempt
from simlab.telemetry.entries import EARLIEST_US, EVENT_END, LATEST_US, Lines, size_of
from simlab.telemetry.jsonlog import JsonFormatter, record_of
from simlab.telemetry.line import LineEncoder

FORMATTER = JsonFormatter(run_id="r")
attempts = st.builds(
    Attempt,
    st.integers(EARLIEST_US, LATEST_US - 1) | st.integers(EARLIEST_US, EARLIEST_US + 10**10),
    st.floats(),
    st.just("success"),
    st.integers(-(2**63), 2**63 - 1),
    st.integers(0, 10**6),
    st.integers(1, 3),
    st.integers(1, 10**6),
    st.none() | st.floats(),
    st.none(),
)
lines = st.sampled_from([b"", b"{}", b'{"time_us":1767571200250001,"duration":0}', b"a\nb"])


def formatted(event: Attempt) -> bytes:
    return FORMATTER.format(record_of(event)).encode()


@given(st.lists(attempts | lines, max_size=8))
def test_events_and_lines_in_any_order_have_the_formatters_bytes(
    told: list[Attempt | bytes],
) -> None:
    preamble = LineEncoder(run_id="r").preamble
    assert preamble is not None
    entries = expected = b""
    for each in told:
        if isinstance(each, bytes):
            entries += each + b"\n"
            expected += each + b"\n"
        else:
            entries += msgspec.json.encode(each) + EVENT_END
            expected += formatted(each) + b"\n"
    assert Lines().of(entries, preamble) == expected


@pytest.mark.parametrize("time_us", [EARLIEST_US, LATEST_US - 1])
def test_the_times_that_an_event_may_have_have_16_digits(time_us: int) -> None:
    assert len(str(time_us)) == 16


def test_the_first_so_many_entries_are_as_long_as_they_are() -> None:
    assert [size_of(b"a\n\nbc\0\n", count) for count in range(4)] == [0, 2, 3, 7]
