"""Attempts end as declared, one after another until a batch is through."""

import numpy as np
import polars as pl
import pytest

from simlab.dataset.schema import Dataset
from simlab.workload.draw import draw
from simlab.workload.loading import load_profile, with_rows

from .cases import S, case, chi_square, is_chi_square, is_share


@pytest.fixture(scope="module")
def drawn() -> Dataset:
    outcome = {"retry": 0.2, "error": 0.05, "max_attempts": 4, "backoff": "1s"}
    types = {"timeout": 5.0, "auth": 3, "crash": 2, "locked": 0}
    return draw(case(outcome={**outcome, "error_types": types}), seed=17)


def batches(dataset: Dataset) -> pl.DataFrame:
    """A row a batch, its attempts in lists by number."""
    return dataset.rows.sort("batch_id", "attempt").group_by("batch_id", maintain_order=True).all()


def test_first_attempts_end_in_the_declared_shares(drawn: Dataset) -> None:
    first = drawn.rows.filter(attempt=1)
    counts = dict(first["status"].value_counts().iter_rows())
    assert is_share(counts["error"], len(first), 0.05)
    assert is_share(counts["retry"], len(first), 0.2)
    assert sum(counts.values()) == len(first)


def test_a_last_attempt_that_would_be_retried_fails_instead(drawn: Dataset) -> None:
    last = drawn.rows.filter(attempt=4)
    assert set(last["status"].cast(pl.String)) == {"success", "error"}
    assert is_share(last.filter(status="error").height, len(last), 0.25)


def test_each_batch_has_attempts_1_and_on_and_only_its_last_is_not_a_retry(drawn: Dataset) -> None:
    for attempts, statuses in batches(drawn).select("attempt", "status").iter_rows():
        assert attempts == list(range(1, len(attempts) + 1))
        assert statuses[-1] != "retry"
        assert set(statuses[:-1]) <= {"retry"}
    assert drawn.rows["attempt"].max() == 4


def test_batch_ids_count_from_1_in_the_order_of_due(drawn: Dataset) -> None:
    first = drawn.rows.filter(attempt=1).sort("batch_id")
    due_us = first["timestamp"].to_physical() - (first["duration"] * S).round().cast(pl.Int64)
    assert first["batch_id"].to_list() == list(range(1, len(first) + 1))
    assert due_us.is_sorted()


def test_the_pause_before_an_attempt_doubles_each_time(drawn: Dataset) -> None:
    rows = drawn.rows.sort("batch_id", "attempt").with_columns(
        end_us=pl.col("timestamp").to_physical(),
        work_us=(pl.col("duration") * S).round().cast(pl.Int64),
    )
    before = pl.col("end_us").shift(1).over("batch_id")
    pauses = rows.with_columns(pause_us=pl.col("end_us") - pl.col("work_us") - before)
    for attempt, pause_us in [(2, S), (3, 2 * S), (4, 4 * S)]:
        assert set(pauses.filter(attempt=attempt)["pause_us"]) == {pause_us}


def test_an_error_type_is_null_exactly_on_success(drawn: Dataset) -> None:
    success = drawn.rows["status"] == "success"
    assert (drawn.rows["error_type"].is_null() == success).all()


def test_error_types_are_drawn_by_weight(drawn: Dataset) -> None:
    counts = dict(drawn.rows["error_type"].drop_nulls().value_counts().iter_rows())
    n = sum(counts.values())
    assert set(counts) == {"timeout", "auth", "crash"}
    shares = {"timeout": 0.5, "auth": 0.3, "crash": 0.2}
    found = np.array([counts[name] for name in shares])
    assert is_chi_square(chi_square(found, n * np.array(list(shares.values()))), 2)


def test_warehouses_are_uniform(drawn: Dataset) -> None:
    first = drawn.rows.filter(attempt=1)["warehouse_id"].to_numpy()
    counts = np.bincount(first, minlength=11)[1:]
    assert len(counts) == 10
    assert is_chi_square(chi_square(counts, len(first) / 10), 9)


def test_the_attempts_that_a_batch_needs_are_a_cut_geometric_number(drawn: Dataset) -> None:
    counts = np.bincount(drawn.rows.group_by("batch_id").len()["len"].to_numpy())[1:]
    shares = np.array([0.8, 0.8 * 0.2, 0.8 * 0.04, 0.008])
    assert is_chi_square(chi_square(counts, counts.sum() * shares), 3)


def test_with_one_attempt_allowed_there_is_no_retry() -> None:
    rows = draw(case(outcome={"max_attempts": 1, "retry": 0.5}), seed=2).rows
    assert set(rows["attempt"]) == {1}
    assert is_share(rows.filter(status="error").height, len(rows), 0.52)


def test_the_queue_wait_is_unknown(drawn: Dataset) -> None:
    assert drawn.rows["queue_wait"].is_null().all()


@pytest.mark.parametrize("retry", [0.0, 1.0])
def test_certain_outcomes_are_certain(retry: float) -> None:
    rows = draw(case(outcome={"retry": retry, "error": 0}), seed=2).rows
    last = rows.filter(pl.col("status") != "retry")
    assert set(last["status"].cast(pl.String)) == {"error" if retry else "success"}
    assert set(last["attempt"]) == {3 if retry else 1}


@pytest.fixture(scope="module")
def strategy() -> Dataset:
    return draw(load_profile("strategy"), seed=7)


def test_the_strategys_rows_are_10_000_of_exactly_its_four_columns(strategy: Dataset) -> None:
    assert strategy.rows.columns == ["timestamp", "duration", "status", "warehouse_id"]
    assert len(strategy.rows) == 10_000
    assert strategy.samples is None
    assert strategy.incidents is None


def test_the_strategys_rows_lie_evenly_within_a_day(strategy: Dataset) -> None:
    us = strategy.rows["timestamp"].to_physical().to_numpy() - case().start_us
    assert us.min() >= 0
    assert us.max() < 86_400 * S
    counts = np.histogram(us, np.arange(25) * 3_600 * S)[0]
    assert is_chi_square(chi_square(counts, 10_000 / 24), 23)


def test_the_strategys_durations_are_uniform_from_50_to_2500_ms_in_whole_ms(
    strategy: Dataset,
) -> None:
    ms = strategy.rows["duration"].to_numpy() * 1e3
    np.testing.assert_allclose(ms, np.rint(ms), atol=1e-9)
    assert ms.min() >= 50
    assert ms.max() <= 2_500
    counts = np.histogram(ms, np.linspace(50, 2_500, 11))[0]
    assert is_chi_square(chi_square(counts, 1_000.0), 9)


@pytest.mark.parametrize(("column", "kinds"), [("status", 3), ("warehouse_id", 50)])
def test_the_strategys_words_are_uniform(strategy: Dataset, column: str, kinds: int) -> None:
    counts = strategy.rows[column].value_counts()["count"].to_numpy()
    assert len(counts) == kinds
    assert is_chi_square(chi_square(counts, 10_000 / kinds), kinds - 1)


@pytest.mark.parametrize("rows", [1, 10, 9_999, 65_537])
def test_any_number_of_the_strategys_rows_can_be_had(rows: int) -> None:
    assert len(draw(with_rows(load_profile("strategy"), rows), seed=1).rows) == rows
