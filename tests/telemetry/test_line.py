"""The quick way from an event to its line gives the very bytes that the formatter gives."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simlab.events import Attempt, Event
from simlab.telemetry.jsonlog import ErrorTexts, JsonFormatter, record_of
from simlab.telemetry.line import LineEncoder

from .cases import START_US, attempt, load
from .hostile import any_text
from .test_jsonlog import ALERT, EVENTS, TEXTS

FORMATTER = JsonFormatter(run_id='r"1')
times_us = st.integers(START_US - 10**6, START_US + 10**6) | st.integers(0, 2 * 10**17)
attempts = st.builds(
    Attempt,
    times_us,
    st.floats(),
    st.sampled_from(["success", "retry", "error"]),
    st.integers(),
    st.integers(0, 10**6),
    st.integers(1, 3),
    st.integers(-(2**70), 2**70),
    st.none() | st.floats(),
    st.none() | st.sampled_from(["locked", "timeout"]) | any_text,
)


def formatted(event: Event, texts: ErrorTexts = TEXTS) -> bytes:
    return FORMATTER.format(record_of(event, texts)).encode() + b"\n"


@given(st.lists(attempts, max_size=6))
def test_any_attempts_after_each_other_have_the_formatters_bytes(events: list[Attempt]) -> None:
    encoder = LineEncoder(run_id='r"1', error_texts=TEXTS)
    assert [encoder.line(event) for event in events] == [formatted(event) for event in events]


def test_every_kind_of_event_has_the_formatters_bytes() -> None:
    encoder = LineEncoder(run_id='r"1', error_texts=TEXTS)
    told: list[Event] = [event for event, _, _ in EVENTS]
    told += [msgspec.structs.replace(ALERT, warehouse_id=7, held=True), *load(200)]
    for event in told:
        assert encoder.line(event) == formatted(event)


@pytest.mark.parametrize("size", [65_000, 65_400, 65_536, 10**6])
def test_an_attempt_too_long_for_a_line_is_cut_as_the_formatter_cuts_it(size: int) -> None:
    event = attempt(START_US, status="error", error="e" * size)
    assert LineEncoder(run_id='r"1').line(event) == formatted(event, {})


def test_a_text_that_json_cannot_hold_is_told_as_the_formatter_tells_it() -> None:
    texts = {"timeout": ("no \ud800 way",)}
    event = attempt(START_US, status="error")
    assert LineEncoder(run_id='r"1', error_texts=texts).line(event) == formatted(event, texts)


@pytest.mark.parametrize("border_us", [10**15, 10**16])
def test_times_with_more_or_fewer_digits_have_the_formatters_bytes(border_us: int) -> None:
    encoder = LineEncoder(run_id='r"1')
    for away_us in (2 * 10**9, 10**10, 0, 1, -1, -(10**6), 10**6, -(10**10)):
        event = attempt(border_us + away_us)
        assert encoder.line(event) == formatted(event)
