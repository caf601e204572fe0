"""Small plain series for the tests."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simlab.dataset.schema import TIMESTAMP, Dataset
from tuning.cases import incidents

HOUR_S = 3600
DAY_S = 86_400


def plain(
    moment_s: NDArray[np.float64],
    value: NDArray[np.float64],
    *labels: tuple[int, int],
    labelled: bool = True,
    name: str = "plain",
) -> Dataset:
    """A plain series at moments since 1970 [s], with labelled windows [s]."""
    time_us = np.round(moment_s * 1e6).astype(np.int64)
    rows = pl.DataFrame({"timestamp": time_us, "value": value})
    windows = incidents(*((start, end, False) for start, end in labels))
    return Dataset(
        name=name,
        rows=rows.with_columns(pl.col("timestamp").cast(TIMESTAMP)),
        incidents=windows if labelled else None,
    )


def daily(
    days: float, *, seed: int = 1, noise: float = 1.0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Moments every five minutes [s], and values with a daily course and slow noise."""
    moment_s = np.arange(0.0, days * DAY_S, 300)
    random = np.random.default_rng(seed)
    slow = np.convolve(random.normal(0, noise, moment_s.size + 11), np.ones(12) / 12, "valid")
    return moment_s, 50 + 10 * np.sin(2 * np.pi * moment_s / DAY_S) + slow
