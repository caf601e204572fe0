"""While the bot is down nothing is done and nothing is told; afterwards it is begun anew."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simlab.dataset.schema import Dataset
from simlab.workload.draw import draw
from simlab.workload.outages import Outages

from .cases import START, S, case, starts_s, trouble

SPANS = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 8)), max_size=5)
"""Outages: from when, and for how long [us]."""


def outages(spans: list[tuple[int, int]]) -> Outages:
    return Outages.of((start / S, (start + length) / S) for start, length in spans)


def is_down(spans: list[tuple[int, int]], time_us: int) -> bool:
    return any(start <= time_us < start + length for start, length in spans)


@given(SPANS)
def test_the_bot_is_down_where_any_of_the_spans_is(spans: list[tuple[int, int]]) -> None:
    down = outages(spans)
    moments = np.arange(50)
    expected = [is_down(spans, moment) for moment in range(50)]
    if down:
        assert down.covers(moments).tolist() == expected
    assert bool(down) == any(expected)


@given(SPANS)
def test_outages_are_apart_and_in_order(spans: list[tuple[int, int]]) -> None:
    down = outages(spans)
    assert (down.start_us < down.end_us).all()
    assert (down.end_us[:-1] < down.start_us[1:]).all()


@given(SPANS.filter(bool), st.integers(0, 45), st.integers(0, 12))
def test_an_attempt_is_begun_when_the_bot_is_up_unless_it_ends_before_it_goes_down(
    spans: list[tuple[int, int]], start_us: int, length_us: int
) -> None:
    """Microsecond by microsecond: up to and with its end, nothing is to be down."""
    down = next((t for t in range(start_us, start_us + length_us + 1) if is_down(spans, t)), None)
    expected = start_us
    if down is not None:
        expected = next(t for t in range(down, 100) if not is_down(spans, t))
    begun = outages(spans).up_again_us(np.array([start_us]), np.array([start_us + length_us]))
    assert begun.tolist() == [expected]


@given(SPANS.filter(bool), st.integers(0, 45))
def test_over_is_the_end_of_the_outage_that_lies_there(
    spans: list[tuple[int, int]], time_us: int
) -> None:
    if is_down(spans, time_us):
        expected = next(t for t in range(time_us, 100) if not is_down(spans, t))
        assert outages(spans).over_us(time_us) == expected


@given(
    SPANS, st.integers(0, 40), st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=3)
)
def test_whatever_a_batch_meets_it_is_done_by_then_and_was_due_from_then_on(
    spans: list[tuple[int, int]], due_s: int, tries: list[tuple[int, int]]
) -> None:
    """A batch that works and pauses by turns, at most for as long as its life; whole seconds."""
    down, life_s = (
        outages([(S * start, S * length) for start, length in spans]),
        sum(map(sum, tries)),
    )
    now_us = due_s * S
    for pause_s, work_s in tries:
        now_us += pause_s * S
        while down:
            tried = np.array([now_us])
            begun_us = int(down.up_again_us(tried, tried + work_s * S)[0])
            if begun_us == now_us:
                break
            now_us = begun_us
        now_us += work_s * S
    assert now_us / S <= down.done_by_s(due_s, life_s=life_s)
    assert due_s >= down.due_from_s(now_us / S, life_s=life_s)


DOWN = [
    trouble("bot_down", at=START.replace(minute=20), duration={"median": "6m", "sigma": 0}),
    trouble("bot_down", at=START.replace(minute=27), duration={"median": "2m", "sigma": 0}),
]  # fmt: skip
SPANS_S = [(1_200, 1_560), (1_620, 1_740)]


@pytest.fixture(scope="module")
def halted() -> Dataset:
    return draw(case(incident=DOWN, outcome={"retry": 0.3, "error": 0.1}), seed=4)


@pytest.fixture(scope="module")
def usual() -> Dataset:
    return draw(case(outcome={"retry": 0.3, "error": 0.1}), seed=4)


def since_start_us(times: pl.Series) -> pl.Series:
    return times.to_physical() - int(START.timestamp()) * S


def test_no_row_ends_and_no_sample_is_taken_while_it_is_down(
    halted: Dataset, usual: Dataset
) -> None:
    assert halted.samples is not None
    assert usual.samples is not None
    ends_us = since_start_us(halted.rows["timestamp"])
    taken_us = since_start_us(halted.samples["timestamp"])
    for start_s, end_s in SPANS_S:
        assert not ends_us.is_between(start_s * S, end_s * S, closed="left").any()
    all_us = since_start_us(usual.samples["timestamp"])
    down = [any(a * S <= t < b * S for a, b in SPANS_S) for t in all_us]
    assert taken_us.to_list() == all_us.filter(~pl.Series(down)).to_list()
    assert sum(down) == 24 + 8


def test_nothing_is_lost_and_all_goes_as_it_would_have(halted: Dataset, usual: Dataset) -> None:
    """An outage changes neither the luck of attempts nor how many there are."""
    columns = [
        "batch_id", "attempt", "duration", "status", "warehouse_id", "batch_size", "error_type",
    ]  # fmt: skip
    one, other = (each.rows.select(columns).sort("batch_id", "attempt") for each in (halted, usual))
    assert one.equals(other)


def test_what_is_due_or_under_way_in_it_starts_when_it_is_up_with_its_wait(
    halted: Dataset, usual: Dataset
) -> None:
    """First attempts, by the definition: due at the same moment with the outages and without."""
    first, planned = (each.rows.filter(attempt=1).sort("batch_id") for each in (halted, usual))
    due_us = np.rint(starts_s(Dataset(name="", rows=planned)) * S).astype(int)
    work_us = np.rint(first["duration"].to_numpy() * S).astype(int)
    expected = due_us.copy()
    for start_s, end_s in SPANS_S:
        cut = (expected + work_us >= start_s * S) & (expected < end_s * S)
        expected[cut] = end_s * S
    starts_us = np.rint(starts_s(Dataset(name="", rows=first)) * S).astype(int)
    np.testing.assert_array_equal(starts_us, expected)
    wait_us = (first["queue_wait"] * S).round().cast(pl.Int64).fill_null(0).to_numpy()
    np.testing.assert_array_equal(wait_us, expected - due_us)
    assert (first["queue_wait"].is_null().to_numpy() == (expected == due_us)).all()
    assert np.count_nonzero(wait_us) > 4_000


def shown_us(dataset: Dataset) -> list[tuple[int | None, int | None]]:
    assert dataset.incidents is not None
    times = ("visible_start", "visible_end")
    return list(zip(*(since_start_us(dataset.incidents[name]) for name in times), strict=True))


def test_each_outage_shows_from_its_start_to_the_last_that_it_held_up(halted: Dataset) -> None:
    """Those that it held up start when it is over, the few aside that start then anyway."""
    starts_us = np.rint(starts_s(halted) * S).astype(int)
    ends_us = since_start_us(halted.rows["timestamp"]).to_numpy()
    for (start_s, end_s), shown in zip(SPANS_S, shown_us(halted), strict=True):
        assert shown == (start_s * S, ends_us[starts_us == end_s * S].max())


def test_outages_that_overlap_are_one() -> None:
    parts = [
        trouble("bot_down", at=START.replace(minute=20), duration={"median": "3m", "sigma": 0}),
        trouble("bot_down", at=START.replace(minute=23), duration={"median": "3m", "sigma": 0}),
    ]  # fmt: skip
    whole = trouble("bot_down", duration={"median": "6m", "sigma": 0})
    one, other = (draw(case(incident=incidents), seed=4) for incidents in (parts, [whole]))
    assert one.rows.equals(other.rows)
    assert one.samples is not None
    assert one.samples.equals(other.samples)  # type: ignore[arg-type]  # there are some


def test_what_an_outage_cut_short_shows_no_other_trouble() -> None:
    """A spike that begins two seconds before an outage, and is over before that is."""
    spike = trouble(
        "latency_spike", at=START.replace(minute=19, second=58), duration={"median": "1m", "sigma": 0}
    )  # fmt: skip
    dataset = draw(case(incident=[spike, DOWN[0]], outcome={"max_attempts": 1}), seed=4)
    assert dataset.incidents is not None
    ends_us = since_start_us(dataset.rows["timestamp"])
    first, last = shown_us(dataset)[0]
    assert first is not None
    assert last is not None
    assert {first, last} <= set(ends_us)
    assert 1_198 * S < first <= last < 1_200 * S
