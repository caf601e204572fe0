"""How attempts end, and what follows when they fail."""

from typing import Any, Final

import polars as pl

from simlab.clock import US_PER_S
from simlab.dataset.schema import ERROR_TYPES
from simlab.workload.fit.estimate import Learned, proportion, rounded
from simlab.workload.fit.evidence import Evidence
from simlab.workload.fit.lengths import length_text
from simlab.workload.fit.service import Limit

_MOST_ATTEMPTS: Final = 10
_USUAL_ATTEMPTS: Final = 3
_LONGEST_PAUSE_S: Final = 3600.0


def fit_outcome(evidence: Evidence, limit: Limit) -> Learned:
    """The `[outcome]` of a profile.

    Probabilities are those of attempts that another could have followed, since the last one
    allowed fails where an earlier one would be retried. Attempts that ran into the limit failed
    for that, and count for neither.
    """
    rows = evidence.rows
    cut = (pl.col("duration") >= limit.time_s * (1 - 1e-9)).fill_null(value=False)
    own = rows.filter(~cut) if limit.seen else rows
    most = _most_attempts(rows)
    free = own.filter(pl.col("attempt").fill_null(1) < most) if most > 1 else own
    counts = {status: len(free.filter(pl.col("status") == status)) for status in ("retry", "error")}
    estimates = tuple(
        proportion(f"$.outcome.{status}", count, max(1, len(free)))
        for status, count in counts.items()
    )
    table: dict[str, Any] = {e.path.rpartition(".")[2]: rounded(e.value) for e in estimates}
    table["max_attempts"] = most
    backoff, notes = _backoff(rows, most)
    types, more = _error_types(own)
    return Learned(table=table | backoff | types, estimates=estimates, notes=(*notes, *more))


def _most_attempts(rows: pl.DataFrame) -> int:
    """The number of the last attempt allowed: the greatest seen, one more if that was retried."""
    retried = rows.filter(pl.col("status") == "retry")
    greatest = rows["attempt"].max()
    if greatest is None:
        return _USUAL_ATTEMPTS if len(retried) else 1
    after = retried["attempt"].max() or 0
    allowed = max(int(greatest), int(after) + 1)  # type: ignore[arg-type]  # an integer column
    return min(max(1, allowed), _MOST_ATTEMPTS)


def _backoff(rows: pl.DataFrame, most: int) -> tuple[dict[str, str], list[str]]:
    """The median pause before second attempts: from the first one's end until due."""
    first, second = (
        rows.filter(pl.col("attempt") == number).drop_nulls("batch_id").unique("batch_id")
        for number in (1, 2)
    )
    pairs = second.join(first.select("batch_id", after_us="end_us"), on="batch_id")
    paused = pairs.select((pl.col("due_us") - pl.col("after_us")).median()).item()
    if paused is None:
        unknown = ["no second attempts to tell the backoff by: it is simlab's usual"] * (most > 1)
        return {}, unknown
    longest_s = _LONGEST_PAUSE_S / 2 ** max(0, most - 2)
    return {"backoff": length_text(min(max(0.0, paused / US_PER_S), longest_s))}, []


def _error_types(rows: pl.DataFrame) -> tuple[dict[str, dict[str, int]], list[str]]:
    """How often each type was the reason of a failure, as weights."""
    failed = rows.filter(pl.col("status") != "success")
    named = failed["error_type"].drop_nulls().value_counts(sort=True)
    found = dict(named.iter_rows())
    known = {name: found[name] for name in ERROR_TYPES if name in found}
    others = sum(found.values()) - sum(known.values())
    notes = [f"{others:,} failures have an error_type that no profile knows"] * bool(others)
    if len(failed) and not known:
        notes.append("reasons of failures are unknown: their types are simlab's usual")
    return ({"error_types": known} if known else {}), notes
