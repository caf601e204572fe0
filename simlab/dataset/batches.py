"""A dataset's rows seen as the work that a bot has before it."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from simlab.clock import US_PER_S
from simlab.dataset.schema import ROWS, Dataset
from simlab.errors import InputError

Ints: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Batches:
    """Batches in the order in which they fall due, with what each attempt at them will take.

    The first four arrays have an entry a batch, `first_attempt` one more: the attempts at batch
    i are those from `first_attempt[i]` to before `first_attempt[i + 1]`. The rest have an entry
    an attempt that may be made. Times are microseconds since 1970-01-01 UTC; `pause_us` is
    waited before the attempt, after the one before it ended; `goes_on` says whether the next one
    follows it; `error_type` is None on success.
    """

    due_us: Ints
    batch_id: Ints
    warehouse_id: Ints
    batch_size: Ints
    first_attempt: Ints
    work_us: Ints
    pause_us: Ints
    goes_on: npt.NDArray[np.bool_]
    status: list[str]
    error_type: list[str | None]

    def __len__(self) -> int:
        return len(self.due_us)

    def first(self, count: int) -> "Batches":
        """The first `count` of them."""
        attempts = int(self.first_attempt[count])
        return Batches(
            due_us=self.due_us[:count],
            batch_id=self.batch_id[:count],
            warehouse_id=self.warehouse_id[:count],
            batch_size=self.batch_size[:count],
            first_attempt=self.first_attempt[: count + 1],
            work_us=self.work_us[:attempts],
            pause_us=self.pause_us[:attempts],
            goes_on=self.goes_on[:attempts],
            status=self.status[:attempts],
            error_type=self.error_type[:attempts],
        )


def batches_of(dataset: Dataset) -> Batches:
    """The batches that a dataset's rows are attempts at.

    A batch is due when its first attempt started, less its `queue_wait`. Rows without a
    `batch_id` are a batch each, numbered from 1; a missing `warehouse_id` or `batch_size`
    counts as 1.

    Raises:
        InputError: the dataset is a plain series of values.
    """
    if "duration" not in dataset.rows.columns:
        raise InputError(
            f"{dataset.name}: a plain series has no batches to run; use kpi, backtest or tune"
        )
    attempts = _ordered(_all_columns(dataset.rows))
    starts = _starts(attempts["key"].to_numpy())
    return Batches(
        due_us=attempts["due_us"].to_numpy()[starts[:-1]],
        batch_id=_batch_ids(attempts["batch_id"])[starts[:-1]],
        warehouse_id=attempts["warehouse_id"].fill_null(1).cast(pl.Int64).to_numpy()[starts[:-1]],
        batch_size=attempts["batch_size"].fill_null(1).cast(pl.Int64).to_numpy()[starts[:-1]],
        first_attempt=starts,
        work_us=attempts["work_us"].to_numpy(),
        pause_us=_pauses(attempts, starts),
        goes_on=_goes_on(starts),
        status=attempts["status"].cast(pl.String).to_list(),
        error_type=attempts["error_type"].cast(pl.String).to_list(),
    )


def _all_columns(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with all columns, unknown where they had none: the strategy's four are enough."""
    missing = {name: kind for name, kind in ROWS.items() if name not in rows.columns}
    return rows.with_columns(pl.lit(None, kind).alias(name) for name, kind in missing.items())


def _ordered(rows: pl.DataFrame) -> pl.DataFrame:
    """Attempts batch after batch, batches in the order of due."""
    waited_us = (pl.col("queue_wait").fill_null(0.0) * US_PER_S).round().cast(pl.Int64)
    return (
        rows.with_row_index("row")
        .with_columns(
            end_us=pl.col("timestamp").to_physical(),
            work_us=(pl.col("duration") * US_PER_S).round().cast(pl.Int64),
            key=pl.col("batch_id").fill_null(-1 - pl.col("row").cast(pl.Int64)),
        )
        .with_columns(ready_us=pl.col("end_us") - pl.col("work_us") - waited_us)
        .with_columns(due_us=pl.col("ready_us").min().over("key"))
        .sort("due_us", "key", pl.col("attempt").fill_null(1), "row")
    )


def _starts(key: Ints) -> Ints:
    """Where each batch's attempts begin, and where the last one's end."""
    changes = np.flatnonzero(np.diff(key)) + 1
    return np.concatenate([[0], changes, [len(key)]]) if len(key) else np.zeros(1, np.int64)


def _goes_on(starts: Ints) -> npt.NDArray[np.bool_]:
    """Whether an attempt is followed by another at the same batch."""
    follows = np.ones(starts[-1], bool)
    follows[starts[1:] - 1] = False
    return follows


def _batch_ids(batch_id: pl.Series) -> Ints:
    numbers = pl.Series(np.arange(1, len(batch_id) + 1))
    return batch_id.zip_with(batch_id.is_not_null(), numbers).to_numpy()


def _pauses(attempts: pl.DataFrame, starts: Ints) -> Ints:
    """From the end of the attempt before to when this one was ready; 0 for a first attempt."""
    ready_us, end_us = attempts["ready_us"].to_numpy(), attempts["end_us"].to_numpy()
    pause_us = np.zeros(len(attempts), np.int64)
    pause_us[1:] = np.maximum(0, ready_us[1:] - end_us[:-1])
    pause_us[starts[:-1][starts[:-1] < len(attempts)]] = 0
    return pause_us
