"""How much time intervals cover, counted once where they overlap."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from simlab.clock import US_PER_S

Times = NDArray[np.int64]


def covered_s(start_us: Times, end_us: Times, *, from_us: int, until_us: int) -> float:
    """How long at least one of the intervals lasted between two moments [s].

    >>> covered_s(
    ...     np.array([0, 2_000_000]), np.array([3_000_000, 5_000_000]), from_us=0, until_us=9_000_000
    ... )
    5.0
    """
    start, end = _union(start_us, end_us, from_us=from_us, until_us=until_us)
    return float((end - start).sum()) / US_PER_S


def uncovered_before(
    start_us: Times, end_us: Times, *, from_us: int, until_us: int
) -> Callable[[Times], NDArray[np.float64]]:
    """A function of moments: the time since `from_us` that no interval covers [s].

    Moments outside of `from_us` to `until_us` count as the nearer of the two. The difference
    between its values at an episode's end and start is how long the episode lasted outside.
    """
    start, end = _union(start_us, end_us, from_us=from_us, until_us=until_us)
    edges = np.concatenate(([from_us], np.column_stack((start, end)).ravel(), [until_us]))
    length = np.diff(edges)
    length[1::2] = 0  # the covered stretches
    # Relative to from_us, since 53 bits of a float hold the span of a dataset and not its date.
    moments_us = (edges - from_us).astype(np.float64)
    free_s = np.concatenate(([0], np.cumsum(length))) / US_PER_S
    return lambda time_us: np.interp(time_us - from_us, moments_us, free_s)


def _union(start_us: Times, end_us: Times, *, from_us: int, until_us: int) -> tuple[Times, Times]:
    """Disjoint intervals in the order of time that cover the same, cut to the two moments."""
    order = np.argsort(start_us, kind="stable")
    start = np.clip(start_us[order], from_us, until_us)
    end = np.clip(end_us[order], from_us, until_us)
    reached = np.maximum.accumulate(np.concatenate(([from_us], end)))
    start = np.maximum(start, reached[:-1])
    end = np.maximum(start, end)
    return start, end
