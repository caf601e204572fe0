"""The part of a dataset that is judged."""

from dataclasses import dataclass

import polars as pl

from simlab.clock import US_PER_S
from simlab.dataset.schema import TIMESTAMP, Dataset
from simlab.errors import ConfigError, InputError


@dataclass(frozen=True, kw_only=True)
class Interval:
    """From `start_us`, included, until `until_us`, not included [µs since 1970]."""

    start_us: int
    until_us: int

    @property
    def span_s(self) -> float:
        """How long it is [s], above 0."""
        return (self.until_us - self.start_us) / US_PER_S


def whole(dataset: Dataset) -> Interval:
    """From the first record until the microsecond after the last.

    Raises:
        InputError: there are no rows and no samples.
    """
    frames = [dataset.rows] if dataset.samples is None else [dataset.rows, dataset.samples]
    times = pl.concat([frame.select("timestamp") for frame in frames])["timestamp"]
    if times.is_empty():
        raise InputError(
            f"{dataset.name}: found no row and no sample, so there is nothing to judge"
        )
    time_us = times.dt.timestamp("us").to_numpy()
    return Interval(start_us=int(time_us.min()), until_us=int(time_us.max()) + 1)


def within(dataset: Dataset, *, start_us: int | None, until_us: int | None) -> Interval:
    """The interval between two moments; the dataset's own end stands in for None.

    Raises:
        InputError: there are no rows and no samples.
        ConfigError: it would be empty.
    """
    span = whole(dataset)
    from_us = span.start_us if start_us is None else start_us
    to_us = span.until_us if until_us is None else until_us
    if from_us >= to_us:
        raise ConfigError(
            f"{dataset.name}: the judged interval is empty: found a start of {when(from_us)} and "
            f"an end of {when(to_us)}, expected the start to come first; the data runs from "
            f"{when(span.start_us)} to {when(span.until_us - 1)}"
        )
    return Interval(start_us=from_us, until_us=to_us)


def when(time_us: int) -> str:
    """A moment as messages tell it: ISO 8601 to the second, UTC.

    >>> when(1_767_571_200_000_000)
    '2026-01-05T00:00:00Z'
    """
    moment = pl.Series([time_us], dtype=pl.Int64).cast(TIMESTAMP)
    return str(moment.dt.strftime("%Y-%m-%dT%H:%M:%SZ").item())
