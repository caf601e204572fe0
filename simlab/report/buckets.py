"""Stretches of time of one round width, aligned to UTC, in which things are counted."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import numpy as np
import polars as pl

from simlab.clock import US_PER_S
from simlab.dataset.schema import TIMESTAMP

_STRETCH_ROWS: Final = 500_000
_WIDTHS_S: Final = (
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400,
)  # fmt: skip


def round_s(wanted_s: float) -> int:
    """The least round width that is no less [s]: it divides a day, or is some days.

    >>> round_s(0.1), round_s(61), round_s(86_401)
    (1, 120, 172800)
    """
    days = int(-(-wanted_s // _WIDTHS_S[-1])) * _WIDTHS_S[-1]
    return next((width for width in _WIDTHS_S if width >= wanted_s), days)


def bucket_s(rows: pl.DataFrame, *, most: int = 600, least_rows: int = 20) -> int:
    """A round bucket width [s] for these rows: at most `most` buckets over their span.

    Wider still where a bucket would hold fewer than `least_rows` rows on average, too few for
    a quantile, as long as 48 buckets remain.
    """
    if rows.is_empty():
        return _WIDTHS_S[0]
    first_us, last_us = _span_us(rows)
    span_s = (last_us - first_us) / US_PER_S
    enough = min(48, most - 1)
    wanted_s = span_s / min(most - 1, max(rows.height / least_rows, enough))
    return round_s(wanted_s)


def stretches(rows: pl.DataFrame, *, every_s: int) -> Iterator[pl.DataFrame]:
    """The rows in turn, some at a time, cut between buckets; one of none when there are none."""
    bucket = rows["timestamp"].dt.epoch("us") // (every_s * US_PER_S)
    start = 0
    while start + _STRETCH_ROWS < rows.height:
        stop = int(bucket.search_sorted(bucket[start + _STRETCH_ROWS], side="left"))
        if stop <= start:  # a bucket of more rows than a stretch is not cut
            stop = int(bucket.search_sorted(bucket[start], side="right"))
        yield rows.slice(start, stop - start)
        start = stop
    yield rows.slice(start)


def by_bucket(frame: pl.DataFrame, wanted: list[pl.Expr], *, every_s: int) -> pl.DataFrame:
    """`wanted` by bucket, with every bucket from the first to the last, null where empty."""
    return on_grid(grouped(frame, wanted, every_s), every_s=every_s)


def grouped(frame: pl.DataFrame, wanted: list[pl.Expr], every_s: int) -> pl.DataFrame:
    """`wanted` by `bucket`, its number since 1970; buckets that hold nothing are absent."""
    bucket = (pl.col("timestamp").dt.epoch("us") // (every_s * US_PER_S)).alias("bucket")
    return frame.with_columns(bucket).group_by("bucket").agg(wanted)


def on_grid(found: pl.DataFrame, *, every_s: int) -> pl.DataFrame:
    """What `grouped` gave, with the `time` each bucket starts at, and every bucket, null where empty."""
    ends = found.select(pl.col("bucket").min().alias("first"), pl.col("bucket").max().alias("last"))
    first, last = ends.row(0) if found.height else (0, -1)
    every = pl.DataFrame({"bucket": np.arange(first, last + 1, dtype=np.int64)})
    return every.join(found, on="bucket", how="left", maintain_order="left").select(
        (pl.col("bucket") * every_s * US_PER_S).cast(TIMESTAMP).alias("time"), pl.exclude("bucket")
    )


def without_stub(frame: pl.DataFrame, last: datetime, *, every_s: int) -> pl.DataFrame:
    """The buckets of a frame, but for a last one that the data hardly reached into.

    A few seconds of a bucket of minutes hold a few rows, whose rate and quantiles would plunge or
    leap for no reason. It is left out when less than a quarter of it is covered.

    Args:
        frame: with the buckets' starts as `time`, in order.
        last: when the data end.
        every_s: the buckets' width [s].
    """
    covered_s = (last - frame["time"][-1]).total_seconds()
    return frame.head(-1) if frame.height > 1 and covered_s < every_s / 4 else frame


def _span_us(rows: pl.DataFrame) -> tuple[int, int]:
    stamps = rows["timestamp"].dt.epoch("us")
    return int(stamps[0]), int(stamps[-1])
