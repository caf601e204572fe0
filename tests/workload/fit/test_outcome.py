"""How attempts end is counted over those that another could follow."""

from typing import Any

import numpy as np
import pytest

from simlab.config import duration_s
from simlab.workload.draw import draw
from simlab.workload.fit.estimate import Learned
from simlab.workload.fit.outcome import fit_outcome
from simlab.workload.fit.service import limit_of
from workload.cases import case

from .cases import evidence, is_recovered, log, named

N = 1_000


def learned(**columns: Any) -> Learned:
    known = evidence(log(np.arange(N) * 1.0, 0.5, **columns))
    return fit_outcome(known, limit_of(known.rows))


def test_a_last_attempt_that_fails_where_it_would_be_retried_is_no_error() -> None:
    """Three attempts at most, half of them retried: each third one fails in half the cases."""
    outcome = {"retry": 0.5, "error": 0.02, "max_attempts": 3, "backoff": "1s500ms"}
    known = evidence(draw(case(outcome=outcome), seed=1))
    found = fit_outcome(known, limit_of(known.rows))
    assert is_recovered(named(found.estimates, "$.outcome.error"), 0.02)
    assert is_recovered(named(found.estimates, "$.outcome.retry"), 0.5)
    assert found.table["max_attempts"] == 3
    assert duration_s(found.table["backoff"]) == 1.5


def test_retries_of_attempts_without_a_number_count() -> None:
    status = np.where(np.arange(N) % 10 == 0, "retry", "success")
    found = learned(status=status)
    assert found.table["retry"] == 0.1
    assert found.table["max_attempts"] == 3


def test_what_was_retried_at_the_greatest_number_seen_had_another_to_come() -> None:
    attempt = np.where(np.arange(N) % 10 == 0, 2, 1)
    status = np.where(np.arange(N) == 0, "retry", "success")
    assert learned(status=status, attempt=attempt).table["max_attempts"] == 3


def test_without_any_retry_there_is_one_attempt() -> None:
    status = np.where(np.arange(N) % 100 == 0, "error", "success")
    found = learned(status=status, attempt=1)
    assert (found.table["retry"], found.table["error"], found.table["max_attempts"]) == (0, 0.01, 1)


def test_the_wait_in_the_queue_is_no_part_of_the_pause() -> None:
    """First attempts end at even seconds, second ones begin 0.7 s later and waited 0.2 s."""
    attempt = np.arange(N) % 2 + 1
    end_s = np.where(attempt == 1, np.arange(N), np.arange(N) - 1 + 0.7 + 0.1)
    columns = {"attempt": attempt, "batch_id": np.arange(N) // 2, "queue_wait": 0.2}
    status = np.where(attempt == 1, "retry", "success")
    known = evidence(log(end_s, 0.1, status=status, **columns))
    assert fit_outcome(known, limit_of(known.rows)).table["backoff"] == "500ms"


def test_types_are_weighted_by_count_and_unknown_ones_told() -> None:
    kinds = np.array(["locked", "auth", "auth", "moonlight"])[np.arange(N) % 4]
    found = learned(status="error", error_type=list(kinds))
    assert found.table["error_types"] == {"locked": 250, "auth": 500}
    assert any(note.startswith("250 failures") for note in found.notes)
    unknown = learned(status="error")
    assert "error_types" not in unknown.table
    assert any("reasons of failures are unknown" in note for note in unknown.notes)


def test_attempts_cut_at_the_limit_are_neither_errors_nor_retries_by_luck() -> None:
    late = np.arange(N) % 5 == 0
    columns = {
        "status": np.where(late, "retry", "success"),
        "error_type": ["timeout" if cut else None for cut in late],
        "attempt": 1,
    }
    known = evidence(log(np.arange(N) * 1.0, np.where(late, 2.0, 0.5), **columns))
    found = fit_outcome(known, limit_of(known.rows))
    assert (found.table["retry"], found.table["error"]) == (0, 0)
    assert found.estimates[0].high < 0.01


@pytest.mark.parametrize("number", [11, 50])
def test_more_attempts_than_a_profile_has_are_cut(number: int) -> None:
    attempt = np.where(np.arange(N) == 5, number, 1)
    assert learned(attempt=attempt).table["max_attempts"] == 10
