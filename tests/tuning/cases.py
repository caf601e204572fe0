"""Small labelled cases for the tests of tuning."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simlab.alerts.rule import Rule, Search, Steps
from simlab.dataset.schema import INCIDENTS, ROWS, TIMESTAMP, Dataset

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
S = 1_000_000
SLOW_STEPS = Steps(low=1.5, high=6, steps=4)


def incidents(*windows: tuple[int | None, int | None, bool]) -> pl.DataFrame:
    """Labels that showed from one second to another, named by their place."""
    rows = [
        {
            "id": f"i{place}",
            "kind": "load_peak" if lookalike else "error_burst",
            "start": EPOCH,
            "end": EPOCH,
            "visible_start": None if start is None else EPOCH + timedelta(seconds=start),
            "visible_end": None if end is None else EPOCH + timedelta(seconds=end),
            "severity": 1.0,
            "warehouses": None,
            "lookalike": lookalike,
        }
        for place, (start, end, lookalike) in enumerate(windows)
    ]
    return pl.DataFrame(rows, schema=INCIDENTS)


def at_s(*starts: float) -> NDArray[np.int64]:
    return np.array([round(start * S) for start in starts], dtype=np.int64)


def small_dataset(
    seed: int,
    *windows: tuple[int | None, int | None, bool],
    minutes: int = 240,
    name: str = "small",
) -> Dataset:
    """Rows and samples about every half minute that are worse, by chance, within the windows."""
    random = np.random.default_rng(seed)
    row_s, sample_s = _moments(random, minutes), np.arange(0.0, minutes * 60, 30)
    rows = pl.DataFrame(
        {
            "timestamp": at_s(*row_s),
            "duration": random.lognormal(0, 0.5, row_s.size) * (1 + 2 * _within(row_s, windows)),
            "status": np.where(random.random(row_s.size) < 0.1, "error", "success"),
            "warehouse_id": np.ones(row_s.size, dtype=np.int32),
        }
    ).with_columns(pl.col("timestamp").cast(TIMESTAMP), pl.col("status").cast(ROWS["status"]))
    cpu = random.normal(50, 12, sample_s.size) + 25 * _within(sample_s, windows)
    samples = pl.DataFrame({"timestamp": at_s(*sample_s), "cpu_percent": cpu})
    return Dataset(
        name=name,
        rows=rows,
        samples=samples.with_columns(pl.col("timestamp").cast(TIMESTAMP)),
        incidents=incidents(*windows),
    )


def _moments(random: np.random.Generator, minutes: int) -> NDArray[np.float64]:
    return np.unique(np.round(random.uniform(0, minutes * 60, minutes * 2)))


def _within(
    moment_s: NDArray[np.float64], windows: tuple[tuple[int | None, int | None, bool], ...]
) -> NDArray[np.bool_]:
    shown = [(start, end) for start, end, _ in windows if start is not None and end is not None]
    hits = [(moment_s >= start) & (moment_s <= end) for start, end in shown]
    found: NDArray[np.bool_] = np.any([np.zeros(moment_s.size, dtype=np.bool_), *hits], axis=0)
    return found


def slow(threshold: float = 3.0, **settings: Any) -> Rule:
    """A rule on single durations that tries four thresholds and two `for`s."""
    search = Search(threshold=SLOW_STEPS, for_=("0s", "1m"))
    return Rule(
        **{"name": "slow", "signal": "duration", "search": search, **settings}, threshold=threshold
    )


def busy(threshold: float = 70.0, **settings: Any) -> Rule:
    """A rule on processor readings that tries three thresholds and two `for`s."""
    search = Search(threshold=Steps(low=60, high=80, steps=3), for_=("0s", "2m"))
    return Rule(
        **{"name": "busy", "signal": "cpu_percent", "search": search, **settings},
        threshold=threshold,
    )


def samples_of(dataset: Dataset) -> pl.DataFrame:
    """The samples of a dataset that has some."""
    assert dataset.samples is not None
    return dataset.samples
