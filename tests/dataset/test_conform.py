"""Values that conform to the schema, and the reasons of those that do not."""

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simlab.dataset.conform import conform
from simlab.dataset.schema import CORE_COLUMNS, INCIDENTS, ROWS

GOOD = {
    "timestamp": "2026-01-05T00:00:00Z", "duration": "0.5", "status": "retry", "warehouse_id": "7",
    "batch_id": "3.0", "attempt": "2", "batch_size": "40", "queue_wait": None, "error_type": "NA",
}  # fmt: skip
FINITE = {"allow_nan": False, "allow_infinity": False}


def reason(column: str, value: Any) -> str | None:
    """Why a row with that value, else a good one, is refused; None when it is taken."""
    found = conform(pl.DataFrame([GOOD | {column: value}]), schema=ROWS, required=CORE_COLUMNS)
    assert found.kept.to_list() == [not found.faults]
    return found.faults[0][1] if found.faults else None


def test_text_becomes_the_schemas_columns_in_order_and_type() -> None:
    found = conform(pl.DataFrame([GOOD]), schema=ROWS)
    assert found.frame.schema == pl.Schema(ROWS)
    when = datetime(2026, 1, 5, tzinfo=UTC)
    assert found.frame.row(0) == (when, 0.5, "retry", 7, 3, 2, 40, None, "NA")


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("timestamp", None, "timestamp: found nothing, expected a time such as"),
        ("timestamp", "later", "timestamp: found 'later', expected a time"),
        ("duration", "-0.1", "duration: found '-0.1', expected a finite number, 0 or more"),
        ("duration", "NaN", "expected a finite number"),
        ("duration", "inf", "expected a finite number"),
        ("duration", "1e999", "expected a finite number"),
        ("duration", None, "duration: found nothing"),
        ("status", "failed", "status: found 'failed', expected success, error or retry"),
        ("status", None, "status: found nothing"),
        ("warehouse_id", "0", "warehouse_id: found '0', expected a whole number, 1 or more"),
        ("warehouse_id", "1.5", "expected a whole number"),
        ("warehouse_id", str(2**31), "expected a whole number"),
        ("attempt", "0", "attempt: found '0'"),
        ("batch_size", "-3", "batch_size: found '-3'"),
        ("queue_wait", "-1", "queue_wait: found '-1'"),
        ("batch_id", "x" * 100, "…, expected a whole number"),
    ],
)
def test_a_bad_value_is_a_fault_that_names_it(column: str, value: Any, expected: str) -> None:
    assert expected in str(reason(column, value))


@pytest.mark.parametrize(
    "column", ["batch_id", "attempt", "batch_size", "queue_wait", "error_type"]
)
def test_a_column_that_is_not_required_may_be_null(column: str) -> None:
    assert reason(column, None) is None


@given(durations=st.lists(st.none() | st.floats(), max_size=20))
def test_exactly_the_finite_durations_from_zero_are_kept(durations: list[float | None]) -> None:
    frame = pl.DataFrame({"duration": durations}, schema={"duration": pl.Float64})
    found = conform(frame, schema={"duration": pl.Float64()}, required=["duration"])
    good = [value for value in durations if value is not None and 0 <= value < float("inf")]
    assert found.frame["duration"].to_list() == good
    assert len(found.faults) == len(durations) - len(good)


@given(whole=st.integers(-(2**63), 2**63 - 1))
def test_whole_numbers_in_text_keep_every_digit(whole: int) -> None:
    found = conform(pl.DataFrame({"batch_id": [str(whole)]}), schema={"batch_id": pl.Int64()})
    assert found.frame["batch_id"].to_list() == [whole]


@pytest.mark.parametrize("value", [True, [1], {"a": 1}, datetime(2026, 1, 5, tzinfo=UTC), b"x"])
@pytest.mark.parametrize("column", ["duration", "timestamp", "warehouse_id", "status"])
def test_columns_of_any_type_end_in_rows_or_reasons(column: str, value: Any) -> None:
    reason(column, value)  # it also asserts that the row is either kept or a fault


def test_a_condition_as_status_means_failed() -> None:
    found = conform(pl.DataFrame({"status": [True, False]}), schema={"status": ROWS["status"]})
    assert found.frame["status"].to_list() == ["error", "success"]


def test_the_first_bad_column_of_each_row_is_told() -> None:
    frame = pl.DataFrame({"duration": [1.0, -1.0, 2.0], "attempt": [1, 0, 0]})
    schema = {"duration": ROWS["duration"], "attempt": ROWS["attempt"]}
    found = conform(frame, schema=schema)
    assert [index for index, _ in found.faults] == [1, 2]
    assert [text.split(":")[0] for _, text in found.faults] == ["duration", "attempt"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("3;7", [3, 7]), ("[3, 7]", [3, 7]), ("3", [3]), (None, None)],
)
def test_lists_are_read_from_text(text: str | None, expected: list[int] | None) -> None:
    raw = pl.DataFrame({"warehouses": [text]}, schema={"warehouses": pl.String})
    found = conform(raw, schema={"warehouses": INCIDENTS["warehouses"]})
    assert found.frame["warehouses"].to_list() == [expected]


@pytest.mark.parametrize(
    ("column", "value"), [("warehouses", "a;b"), ("lookalike", "maybe"), ("severity", "1.1")]
)
def test_what_an_incident_cannot_be_is_a_fault(column: str, value: str) -> None:
    found = conform(pl.DataFrame({column: [value]}), schema={column: INCIDENTS[column]})
    assert value in found.faults[0][1]
