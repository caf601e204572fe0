"""Logs made by hand, and what it means that a figure is recovered."""

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from simlab.dataset.schema import ROWS, Dataset
from simlab.workload.fit.estimate import Estimate
from simlab.workload.fit.evidence import Evidence, evidence_of
from simlab.workload.fit.fit import fit
from simlab.workload.fit.fitted import Fitted
from workload.cases import START

Array = npt.NDArray[Any]


def log(end_s: Array, duration_s: Array | float | None, **columns: Any) -> Dataset:
    """A log of attempts that ended so many seconds after Monday, 2026-01-05, 00:00 UTC.

    Columns that are not given are null, but for `status`, which is `success`.
    """
    end_us = np.rint(end_s * 1e6).astype(np.int64) + round(START.timestamp() * 1e6)
    told = {"timestamp": end_us, "duration": duration_s, "status": "success", **columns}
    columns = {name: told.get(name) for name in ROWS}
    rows = pl.DataFrame({"timestamp": end_us}).with_columns(
        **{
            name: pl.lit(value) if value is None or np.isscalar(value) else pl.Series(value)
            for name, value in columns.items()
        }
    )
    return Dataset(name="a.jsonl", rows=rows.cast(ROWS).sort("timestamp"))  # type: ignore[arg-type]  # dict is invariant


def poisson_log(rate_per_min: float, minutes: float, *, seed: int, **columns: Any) -> Dataset:
    """Exponential durations of mean 0.5 s at Poisson arrivals."""
    rng = np.random.default_rng(seed)
    n = rng.poisson(rate_per_min * minutes)
    due_s = np.sort(rng.random(n)) * minutes * 60
    worked_s = rng.standard_exponential(n) * 0.5
    return log(due_s + worked_s, worked_s, **columns)


def evidence(dataset: Dataset) -> Evidence:
    """What the log says, with a third held out."""
    return evidence_of(dataset, held_out=0.3)


def fitted(dataset: Dataset) -> Fitted:
    return fit(dataset, name="fitted", seed=1)


def named(estimates: tuple[Estimate, ...], path: str) -> Estimate:
    return next(estimate for estimate in estimates if estimate.path == path)


def is_recovered(estimate: Estimate, truth: float) -> bool:
    """Whether the truth is within four standard errors: 1 of 16,000 good intervals miss it."""
    below, above = estimate.value - estimate.low, estimate.high - estimate.value
    return abs(estimate.value - truth) <= 4 / 1.96 * max(below, above)
