"""The columns of a dataset: names, types, meaning."""

from dataclasses import dataclass, field
from typing import Final

import polars as pl

SCHEMA_VERSION: Final = 1
STATUSES: Final = ("success", "error", "retry")
ERROR_TYPES: Final = (
    "timeout", "locked", "validation", "auth", "upstream", "disk_full", "crash",
)  # fmt: skip
TIMESTAMP: Final = pl.Datetime("us", "UTC")

ROWS: Final[dict[str, pl.DataType]] = {
    "timestamp": TIMESTAMP,  # when the attempt ended
    "duration": pl.Float64(),  # how long it worked, queueing left out [s]
    "status": pl.Enum(STATUSES),
    "warehouse_id": pl.Int32(),
    "batch_id": pl.Int64(),  # the same for all attempts at one batch
    "attempt": pl.Int32(),  # 1 or more
    "batch_size": pl.Int32(),  # items
    "queue_wait": pl.Float64(),  # from due to started [s], null if unknown
    "error_type": pl.String(),  # null on success
}
CORE_COLUMNS: Final = ("timestamp", "duration", "status", "warehouse_id")
"""The strategy's own four: a file that has only these is a valid dataset."""

SAMPLES: Final[dict[str, pl.DataType]] = {
    "timestamp": TIMESTAMP,
    "cpu_percent": pl.Float64(),
    "mem_usage_mb": pl.Float64(),
    "disk_read_bytes": pl.Int64(),  # since the sample before
    "disk_write_bytes": pl.Int64(),
}

INCIDENTS: Final[dict[str, pl.DataType]] = {
    "id": pl.String(),
    "kind": pl.String(),
    "start": TIMESTAMP,  # of the injection
    "end": TIMESTAMP,
    "visible_start": TIMESTAMP,  # of its effect, null if none showed
    "visible_end": TIMESTAMP,
    "severity": pl.Float64(),  # 0 to 1
    "warehouses": pl.List(pl.Int32()),  # null is all
    "lookalike": pl.Boolean(),
}


@dataclass(frozen=True, kw_only=True)
class LineCount:
    """How the lines of a source were taken: `accepted + rejected` is all of them.

    `accepted` counts rows, samples and other well-formed events of a log.
    """

    accepted: int
    rejected: int
    rejected_file: str | None = None


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """A dataset in memory.

    Attributes:
        name: what it was read from, for titles and messages.
        rows: sorted by `timestamp`. All the columns of `ROWS` where rows are attempts, null
            where the source says nothing; `timestamp` and `value` where it is a plain series.
        samples: sorted by `timestamp`; None when there are none.
        incidents: the truth, sorted by `start`; None when it is unknown, empty when there was
            no trouble.
        lines: the count of lines, for sources that are text.
    """

    name: str
    rows: pl.DataFrame
    samples: pl.DataFrame | None = None
    incidents: pl.DataFrame | None = None
    lines: LineCount | None = field(default=None, compare=False)


def empty(columns: dict[str, pl.DataType]) -> pl.DataFrame:
    """A frame of no rows with these columns."""
    return pl.DataFrame(schema=columns)
