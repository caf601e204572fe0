"""Attempts and troubles as the frames that a dataset holds."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import polars as pl

from simlab.dataset.schema import CORE_COLUMNS, ERROR_TYPES, INCIDENTS, ROWS, STATUSES, TIMESTAMP
from simlab.workload.attempts import Attempts
from simlab.workload.incidents import Trouble
from simlab.workload.profile import Profile

_STATUS: Final = pl.Series(STATUSES, dtype=pl.Enum(STATUSES))
_ERROR_TYPE: Final = pl.Series([*ERROR_TYPES, None], dtype=pl.Enum(ERROR_TYPES))
"""By code: the last is `NO_ERROR`."""


def rows_frame(profile: Profile, attempts: Attempts) -> pl.DataFrame:
    """The rows of a dataset, in the order given: all columns, or the strategy's four."""
    columns = {
        "timestamp": pl.Series(attempts.end_us + profile.start_us).cast(TIMESTAMP),
        "duration": attempts.duration_us / 1e6,
        "status": _STATUS.gather(pl.Series(attempts.status)),
        "warehouse_id": attempts.warehouse_id,
        "batch_id": attempts.batch_id,
        "attempt": attempts.attempt.astype(np.int32),
        "batch_size": attempts.batch_size,
        "queue_wait": _queue_wait(attempts),
        "error_type": _ERROR_TYPE.gather(pl.Series(attempts.error_type)),
    }
    kept = CORE_COLUMNS if profile.shape == "rows" else tuple(ROWS)
    return pl.DataFrame({name: columns[name] for name in kept})


def _queue_wait(attempts: Attempts) -> pl.Series:
    """Unknown, since no queue is simulated, but where an outage is known to have held it up."""
    if attempts.waited_us is None:
        return pl.repeat(None, len(attempts), dtype=pl.Float64, eager=True)
    return pl.Series(attempts.waited_us / 1e6).set(pl.Series(attempts.waited_us == 0), None)


def incidents_frame(
    profile: Profile, troubles: Sequence[Trouble], visible: Mapping[str, tuple[int, int]]
) -> pl.DataFrame:
    """The truth: one row a trouble, with when it showed [us since the load began], if it did."""
    nothing = (None, None)
    rows = [
        (
            trouble.id,
            trouble.kind,
            round(trouble.start_s * 1e6),
            round(trouble.end_s * 1e6),
            *visible.get(trouble.id, nothing),
            trouble.severity,
            None if trouble.warehouses is None else list(trouble.warehouses),
            trouble.lookalike,
        )
        for trouble in troubles
    ]
    times = ["start", "end", "visible_start", "visible_end"]
    plain = {name: pl.Int64() if name in times else kind for name, kind in INCIDENTS.items()}
    frame = pl.DataFrame(rows, schema=plain, orient="row")
    return frame.with_columns((pl.col(times) + profile.start_us).cast(TIMESTAMP))
