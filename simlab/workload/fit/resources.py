"""The machine: CPU, memory and disk, as its samples show them."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from simlab.clock import US_PER_S
from simlab.workload.fit.estimate import Learned, normal, rounded
from simlab.workload.fit.evidence import Evidence
from simlab.workload.fit.lengths import length_text
from simlab.workload.fit.spans import Floats, Times

_LEAST_SAMPLES: Final = 20
_FULL_CPU: Final = 99.9
_FAR: Final = 4.0
"""Deviations from the line beyond which a sample shows something else, such as a backup."""


@dataclass(frozen=True)
class _Line:
    """A straight line with its standard errors, and the squares it leaves."""

    idle: float
    slope: float
    idle_error: float
    slope_error: float
    left: float


def fit_resources(evidence: Evidence) -> Learned:
    """The `[resources]` of a profile; what samples do not show is left as usual.

    CPU is a straight line over the work going on, by least squares, once more without what lies
    four deviations (of 1.4826 median absolute ones) off. Work is booked either when it was done
    or when the attempt ended, whichever leaves less.
    """
    samples = evidence.samples
    if samples is None or len(samples) < _LEAST_SAMPLES:
        found = 0 if samples is None else len(samples)
        told = f"no [resources]: {found} samples; {_LEAST_SAMPLES} are needed"
        return Learned(table={}, notes=(told,))
    times_us = samples["timestamp"].dt.epoch("us").to_numpy()
    interval_us = int(np.median(np.diff(times_us)))
    interval_us = int(np.clip(interval_us, US_PER_S, 86_400 * US_PER_S))
    cpu = _cpu(evidence.rows, samples, times_us, interval_us)
    memory = _memory(samples["mem_usage_mb"])
    disk = _disk(evidence.rows, samples, times_us, interval_us)
    interval = {"interval": length_text(interval_us / US_PER_S)}
    return Learned(
        table={**interval, **cpu.table, **memory.table, **disk},
        estimates=(*cpu.estimates, *memory.estimates),
        notes=cpu.notes,
    )


def _cpu(rows: pl.DataFrame, samples: pl.DataFrame, times_us: Times, interval_us: int) -> Learned:
    cpu = samples["cpu_percent"].fill_null(np.nan).to_numpy()
    known = np.isfinite(cpu) & (cpu < _FULL_CPU)
    booked = (_done_s(rows, times_us, interval_us), _ended(rows, "duration", times_us, interval_us))
    busy = [work[known] / (interval_us / US_PER_S) for work in booked]
    if np.count_nonzero(known) < _LEAST_SAMPLES or not any(np.ptp(work) for work in busy):
        told = "CPU is as usual in simlab: it is unknown, or the work beside it never varies"
        return Learned(table={}, notes=(told,))
    lines = [_line(work, cpu[known]) for work in busy if np.ptp(work)]
    line = min(lines, key=lambda found: found.left)
    slope = min(max(0.0, line.slope), 1e9)
    idle = min(max(0.0, line.idle), 100.0)
    return Learned(
        table={"cpu_idle": rounded(idle), "cpu_per_busy_worker": rounded(slope)},
        estimates=(
            normal("$.resources.cpu_idle", idle, line.idle_error),
            normal("$.resources.cpu_per_busy_worker", slope, line.slope_error),
        ),
    )


def _memory(samples: pl.Series) -> Learned:
    """The median; its error is that of a normal sample's."""
    memory = samples.fill_nan(None).drop_nulls().to_numpy()
    if not len(memory) or np.median(memory) <= 0:
        return Learned(table={})
    median, error = float(np.median(memory)), 1.2533 * float(memory.std()) / len(memory) ** 0.5
    return Learned(
        table={"mem_mb": rounded(median)},
        estimates=(normal("$.resources.mem_mb", median, error),),
    )


def _line(x: Floats, y: Floats) -> _Line:
    """The line of least squares, without what lies far off the first one."""
    first = _least_squares(x, y)
    off = np.abs(y - first.idle - first.slope * x)
    near = off <= max(_FAR * 1.4826 * float(np.median(off)), 1e-9)
    return _least_squares(x[near], y[near])


def _least_squares(x: Floats, y: Floats) -> _Line:
    n, off = len(x), x - x.mean()
    squares = float((off**2).sum())
    slope = float((off * y).sum()) / squares if squares > 0 else 0.0
    idle = float(y.mean()) - slope * float(x.mean())
    left = float(((y - idle - slope * x) ** 2).sum()) / max(1, n - 2)
    slope_error = np.sqrt(left / squares) if squares > 0 else np.inf
    idle_error = np.sqrt(left * (1 / n + float(x.mean()) ** 2 / max(squares, 1e-12)))
    return _Line(idle, slope, float(idle_error), float(slope_error), left)


def _disk(
    rows: pl.DataFrame, samples: pl.DataFrame, times_us: Times, interval_us: int
) -> dict[str, float]:
    """Bytes read and written for each item; a batch of unknown size is one item."""
    sized = rows.with_columns(pl.col("batch_size").fill_null(1))
    items = float(_ended(sized, "batch_size", times_us, interval_us).sum())
    moved = {kind: samples[f"disk_{kind}_bytes"].drop_nulls() for kind in ("read", "write")}
    return {
        f"{kind}_bytes_per_item": rounded(min(float(counts.sum()) / items, 1e9))
        for kind, counts in moved.items()
        if len(counts) and items
    }


def _done_s(rows: pl.DataFrame, times_us: Times, interval_us: int) -> Floats:
    """The work done within the interval before each moment [s]."""
    worked = rows.drop_nulls("duration")
    origin = int(times_us[0])
    starts, ends = (np.sort(worked[name].to_numpy()) - origin for name in ("start_us", "end_us"))
    until_us = times_us - origin
    done_us = _passed(starts, ends, until_us) - _passed(starts, ends, until_us - interval_us)
    return np.asarray(done_us / US_PER_S)


def _passed(starts: Times, ends: Times, until_us: Times) -> Floats:
    """All the time that attempts have worked until each moment [µs]."""
    total = np.zeros(len(until_us))
    for moments, sign in ((starts, 1.0), (ends, -1.0)):
        sums = np.concatenate([[0.0], np.cumsum(moments, dtype=np.float64)])
        count = np.searchsorted(moments, until_us)
        total += sign * (count * until_us.astype(np.float64) - sums[count])
    return total


def _ended(rows: pl.DataFrame, column: str, times_us: Times, interval_us: int) -> Floats:
    """The sum of a column over attempts that ended within the interval before each moment."""
    known = rows.drop_nulls(column).sort("end_us")
    ends = known["end_us"].to_numpy()
    sums = np.concatenate([[0.0], np.cumsum(known[column].to_numpy(), dtype=np.float64)])
    upto, since = (np.searchsorted(ends, moment) for moment in (times_us, times_us - interval_us))
    return np.asarray(sums[upto] - sums[since])
