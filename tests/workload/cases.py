"""Small loads to draw, and the distances that theory allows."""

import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from simlab.dataset.schema import Dataset
from simlab.workload.loading import parse_profile
from simlab.workload.profile import Profile

START = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
S = 1_000_000
HOUR_S = 3_600

TABLE: dict[str, Any] = {
    "schema": 1,
    "name": "case",
    "start": START,
    "duration": "1h",
    "warehouses": 10,
    "workers": 1_000,
    "arrivals": {"per_minute": 600},
    "service": {"dist": "lognormal", "median": 0.35, "sigma": 0.6, "limit": "10s"},
    "outcome": {"retry": 0.1, "error": 0.02, "backoff": "1s"},
}


def table(**changes: Any) -> dict[str, Any]:
    """The profile's table: a table in `changes` is merged in, None takes a key out."""
    merged = dict(TABLE)
    for key, value in changes.items():
        mix = isinstance(value, dict) and "dist" not in value
        merged[key] = {**merged.get(key, {}), **value} if mix else value
    return {key: value for key, value in merged.items() if value is not None}


def case(**changes: Any) -> Profile:
    """The profile, changed."""
    return parse_profile(table(**changes), where="case.toml")


def trouble(kind: str, **changes: Any) -> dict[str, Any]:
    """An incident at full severity from 00:20 to 00:40, at once there and at once over."""
    return {
        "kind": kind,
        "at": START.replace(minute=20),
        "duration": {"median": "20m", "sigma": 0},
        "severity": {"low": 1, "high": 1},
        "ramp": "0s",
        **changes,
    }


def ends_s(dataset: Dataset) -> npt.NDArray[np.float64]:
    """When attempts ended [s since the start]."""
    ends: npt.NDArray[np.int64] = dataset.rows["timestamp"].to_physical().to_numpy()
    since_s: npt.NDArray[np.float64] = ends / S - START.timestamp()
    return since_s


def starts_s(dataset: Dataset) -> npt.NDArray[np.float64]:
    """When attempts started [s since the start]."""
    worked_s: npt.NDArray[np.float64] = dataset.rows["duration"].to_numpy()
    return ends_s(dataset) - worked_s


def due_s(dataset: Dataset) -> npt.NDArray[np.float64]:
    """When batches fell due [s since the start], in order."""
    return np.sort(starts_s(dataset)[(dataset.rows["attempt"] == 1).to_numpy()])


def firsts(dataset: Dataset, from_s: float, until_s: float) -> pl.DataFrame:
    """First attempts that started within [from_s, until_s)."""
    starts = starts_s(dataset)
    return dataset.rows.filter(
        pl.Series((starts >= from_s) & (starts < until_s)) & (pl.col("attempt") == 1)
    )


def ks_distance(
    drawn: npt.NDArray[np.float64], cdf: Callable[[npt.NDArray[np.float64]], Any]
) -> float:
    """The greatest gap between a sample's distribution and the one declared."""
    inner = np.asarray(cdf(np.sort(drawn)))
    n = len(drawn)
    above = np.arange(1, n + 1) / n - inner
    return float(max(above.max(), (1 / n - above).max()))


def ks_limit(n: int) -> float:
    """The distance that one sample in a thousand exceeds (Kolmogorov 1933)."""
    return 1.95 / math.sqrt(n)


def is_share(hits: int, n: int, p: float) -> bool:
    """Whether `hits` of `n` lie within 4.5 standard deviations of a binomial's mean."""
    return abs(hits - n * p) <= 4.5 * math.sqrt(n * p * (1 - p)) + 1


def is_chi_square(value: float, degrees: int) -> bool:
    """Whether a chi-square statistic lies within 4.5 standard deviations of its mean."""
    return abs(value - degrees) <= 4.5 * math.sqrt(2 * degrees)


def chi_square(counts: npt.NDArray[Any], expected: npt.NDArray[Any] | float) -> float:
    """Pearson's statistic."""
    return float(((counts - expected) ** 2 / expected).sum())
