"""What happened, cut into buckets: all that a page shows of it, small however much it was."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

import polars as pl

from simlab.dataset.kpis import kpis
from simlab.dataset.parts import Parts
from simlab.dataset.schema import STATUSES, Dataset, LineCount
from simlab.report import view
from simlab.report.buckets import bucket_s, without_stub
from simlab.report.heat import Heat, heats

COLUMNS: Final = ("duration", "status", "warehouse_id", "queue_wait")
"""What is looked at of attempts, beside `timestamp`."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Overview:
    """What a page shows of a stretch of time, wherever it was told.

    Attributes:
        first: when the first thing was told; None when nothing was.
        last: when the last was.
        every_s: the width of a bucket [s].
        count: how many attempts there were, or values of a plain series; NaN if unknown.
        by_status: how many attempts ended so; empty for a plain series.
        kpis: as `simlab.dataset.kpis.kpis` gives them.
        rows: by bucket, the columns of `view.rows_over_time`; None for a plain series.
        values: by bucket, the columns of `view.values_over_time`; None for attempts.
        samples: by bucket, the columns of `view.samples_over_time`; None when there are none.
        sample_count: how many samples there were.
        heats: figures of each warehouse over time.
        warehouses: as `view.by_warehouse` gives them; None when no warehouse is told of.
        incidents: the truth; None when it is unknown.
        lines: the count of lines, for sources that are text.
        gaps: what is missing, and why, a sentence each.
    """

    first: datetime | None
    last: datetime | None
    every_s: int
    count: float
    kpis: Mapping[str, float]
    by_status: Mapping[str, float] = field(default_factory=dict)
    rows: pl.DataFrame | None = None
    values: pl.DataFrame | None = None
    samples: pl.DataFrame | None = None
    sample_count: int = 0
    heats: tuple[Heat, ...] = ()
    warehouses: pl.DataFrame | None = None
    incidents: pl.DataFrame | None = None
    lines: LineCount | None = None
    gaps: tuple[str, ...] = ()

    @property
    def is_series(self) -> bool:
        """Whether it is a plain series of values, with no attempts in it."""
        return self.values is not None


def overview(dataset: Dataset) -> Overview:
    """What a page shows of a dataset."""
    rows = dataset.rows
    every_s = bucket_s(rows)
    shown = Overview(
        first=None if rows.is_empty() else rows["timestamp"][0],
        last=None if rows.is_empty() else rows["timestamp"][-1],
        every_s=every_s,
        count=rows.height,
        kpis=kpis(dataset),
        samples=_samples(dataset, every_s),
        sample_count=0 if dataset.samples is None else dataset.samples.height,
        incidents=dataset.incidents,
        lines=dataset.lines,
    )
    if "value" in rows.columns:
        return replace(shown, values=view.values_over_time(rows, every_s=every_s))
    return _with_rows(shown, rows, every_s)


def overview_of_parts(parts: Parts) -> Overview:
    """What a page shows of a dataset on disk, of which no more is read than it takes.

    Raises:
        InputError: a part cannot be read, or the parts are not in the order of time.
    """
    rows = pl.concat(list(parts.rows(COLUMNS)))
    dataset = Dataset(name=parts.name, rows=rows, samples=parts.samples, incidents=parts.incidents)
    return overview(dataset)


def _with_rows(shown: Overview, rows: pl.DataFrame, every_s: int) -> Overview:
    told = view.rows_over_time(rows, every_s=every_s)
    if shown.last is not None:
        told = without_stub(told, shown.last, every_s=every_s)
    return replace(
        shown,
        by_status={status: int((rows["status"] == status).sum()) for status in STATUSES},
        rows=told,
        heats=heats(rows),
        warehouses=view.by_warehouse(rows),
    )


def _samples(dataset: Dataset, every_s: int) -> pl.DataFrame | None:
    if dataset.samples is None or dataset.samples.is_empty():
        return None
    last = dataset.samples["timestamp"][-1]
    found = view.samples_over_time(dataset.samples, every_s=every_s)
    return without_stub(found, last, every_s=every_s)
