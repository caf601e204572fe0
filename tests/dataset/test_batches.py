"""Rows are taken apart into batches, with the pauses that were made between their attempts."""

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simlab.dataset.batches import Batches, batches_of
from simlab.dataset.schema import CORE_COLUMNS, ROWS, TIMESTAMP, Dataset
from simlab.errors import InputError

S = 1_000_000
T0_US = 1_767_571_200 * S
ROW: dict[str, Any] = {
    "duration": 1.0, "status": "success", "warehouse_id": 3, "batch_id": 1, "attempt": 1,
    "batch_size": 5, "queue_wait": None, "error_type": None,
}  # fmt: skip


def dataset(*rows: dict[str, Any]) -> Dataset:
    """Rows by when they end [s since T0]."""
    told = [{**ROW, **row, "timestamp": T0_US + round(row["timestamp"] * S)} for row in rows]
    plain = {name: pl.Int64() if name == "timestamp" else kind for name, kind in ROWS.items()}
    frame = pl.DataFrame(told, schema=plain).with_columns(pl.col("timestamp").cast(TIMESTAMP))
    return Dataset(name="d", rows=frame.sort("timestamp"))


def due_s(batches: Batches) -> list[float]:
    return [float(due) for due in (batches.due_us - T0_US) / S]


def test_rows_of_the_strategys_four_columns_are_a_batch_each() -> None:
    whole = dataset({"timestamp": 10, "batch_id": 1, "batch_size": 1, "attempt": 1},
                    {"timestamp": 12, "batch_id": 2, "batch_size": 1, "attempt": 1})  # fmt: skip
    four = Dataset(name="d", rows=whole.rows.select(CORE_COLUMNS))
    assert vars(batches_of(four)).keys() == vars(batches_of(whole)).keys()
    for name, column in vars(batches_of(four)).items():
        assert list(column) == list(vars(batches_of(whole))[name])


def test_a_batch_is_due_when_its_first_attempt_started_less_its_wait() -> None:
    batches = batches_of(
        dataset(
            {"timestamp": 10, "duration": 2.5},
            {"timestamp": 11, "duration": 0.5, "queue_wait": 4.0, "batch_id": 2},
        )
    )
    assert due_s(batches) == [6.5, 7.5]
    assert batches.batch_id.tolist() == [2, 1]
    assert batches.work_us.tolist() == [500_000, 2_500_000]


def test_a_pause_is_from_an_end_to_when_the_next_attempt_was_ready() -> None:
    batches = batches_of(
        dataset(
            {"timestamp": 10, "status": "retry", "error_type": "timeout"},
            {"timestamp": 14, "attempt": 2, "queue_wait": 0.5, "status": "retry"},
            {"timestamp": 20, "attempt": 3, "duration": 2.0},
            {"timestamp": 12, "batch_id": 2},
        )
    )
    assert batches.first_attempt.tolist() == [0, 3, 4]
    assert (batches.pause_us / S).tolist() == [0, 2.5, 4, 0]
    assert batches.status == ["retry", "retry", "success", "success"]
    assert batches.error_type == ["timeout", None, None, None]


def test_attempts_that_overlap_have_no_pause() -> None:
    batches = batches_of(dataset({"timestamp": 10}, {"timestamp": 10.5, "attempt": 2}))
    assert batches.pause_us.tolist() == [0, 0]


def test_rows_without_a_batch_are_a_batch_each() -> None:
    nothing = {"batch_id": None, "attempt": None, "batch_size": None, "warehouse_id": None}
    batches = batches_of(dataset(*({"timestamp": at, **nothing} for at in (30, 10, 20))))
    assert due_s(batches) == [9, 19, 29]
    assert batches.batch_id.tolist() == [1, 2, 3]
    assert batches.warehouse_id.tolist() == [1, 1, 1]
    assert batches.batch_size.tolist() == [1, 1, 1]
    assert batches.first_attempt.tolist() == [0, 1, 2, 3]


def test_the_order_of_batches_at_one_moment_is_that_of_their_ids() -> None:
    rows = [{"timestamp": 10, "batch_id": number} for number in (5, 2, 9)]
    assert batches_of(dataset(*rows)).batch_id.tolist() == [2, 5, 9]


def test_no_rows_are_no_batches() -> None:
    batches = batches_of(dataset())
    assert len(batches) == 0
    assert batches.first_attempt.tolist() == [0]
    assert len(batches.first(0)) == 0


def test_a_plain_series_is_refused() -> None:
    series = Dataset(name="cpu.csv", rows=pl.DataFrame({"timestamp": [], "value": []}))
    with pytest.raises(InputError, match=r"^cpu\.csv: a plain series has no batches to run"):
        batches_of(series)


ATTEMPTS = st.lists(
    st.tuples(st.integers(0, 10**7), st.integers(0, 10**6), st.integers(1, 6)), max_size=25
)


@given(ATTEMPTS)
def test_any_rows_become_batches_in_the_order_of_due_each_attempt_once(
    told: list[tuple[int, int, int]],
) -> None:
    count: dict[int, int] = {}
    rows = []
    for end_us, work_us, batch in sorted(told):
        count[batch] = count.get(batch, 0) + 1
        rows.append({"timestamp": end_us / S, "duration": work_us / S, "batch_id": batch,
                     "attempt": count[batch]})  # fmt: skip
    batches = batches_of(dataset(*rows))
    starts = {batch: [] for batch in count}  # type: dict[int, list[int]]
    for end_us, work_us, batch in told:
        starts[batch].append(end_us - work_us)
    expected = sorted((min(times), batch) for batch, times in starts.items())
    found = zip(batches.due_us - T0_US, batches.batch_id, strict=True)
    assert [(int(due), int(batch)) for due, batch in found] == expected
    sizes = np.diff(batches.first_attempt)
    assert dict(zip(batches.batch_id.tolist(), sizes.tolist(), strict=True)) == count
    assert sorted(batches.work_us.tolist()) == sorted(work_us for _, work_us, _ in told)
    assert (batches.pause_us >= 0).all()
    assert (batches.pause_us[batches.first_attempt[:-1]] == 0).all()


@given(st.integers(0, 4))
def test_the_first_few_are_the_whole_cut(size: int) -> None:
    rows = [{"timestamp": at, "batch_id": at // 2, "attempt": at % 2 + 1} for at in range(8)]
    whole = batches_of(dataset(*rows))
    few = whole.first(size)
    assert len(few) == size
    assert few.due_us.tolist() == whole.due_us.tolist()[:size]
    assert few.first_attempt.tolist() == whole.first_attempt.tolist()[: size + 1]
    assert (
        len(few.work_us) == len(few.status) == len(few.error_type) == len(few.pause_us) == 2 * size
    )
