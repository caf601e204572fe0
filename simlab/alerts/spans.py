"""Which observations the window of each moment holds, and what they amount to, over arrays.

A window lies on an axis: time [µs], or the running number of the observation when the window is
counted. Either way it is (at - width, at], open to the left. The axis is cut into blocks of the
window's width, so that a window is the tail of one block and the head of the next: van Herk
(1992), Gil and Werman (1993). `simlab.alerts.sliding` does the same value by value.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Times: TypeAlias = NDArray[np.int64]
Values: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Spans:
    """Windows over observations, one a moment.

    Attributes:
        key: where each observation lies on the axis, ascending.
        at: where each window ends on it, included; ascending.
        first: for each window the index of the first observation in it.
        stop: the index after the last; not below `first`.
        width: how long the windows are on the axis.
        counted: whether the axis is the running number of the observation.
    """

    key: Times
    at: Times
    first: Times
    stop: Times
    width: int
    counted: bool

    @property
    def held(self) -> Times:
        """How many observations each window holds."""
        return self.stop - self.first


def spans(
    time_us: Times, moment_us: Times, stop: Times, *, count: int | None, width_us: int | None
) -> Spans:
    """The windows that end with moments.

    Args:
        time_us: when there was an observation, ascending.
        moment_us: when a window ends, ascending.
        stop: how many observations each window may see, counted from the first of all.
        count: how many observations a counted window holds.
        width_us: how long a window of time is [µs]; one of the two is None.
    """
    if count is not None:
        return Spans(
            key=np.arange(len(time_us)), at=stop - 1, first=np.maximum(stop - count, 0),
            stop=stop, width=count, counted=True,
        )  # fmt: skip
    assert width_us is not None
    first = np.searchsorted(time_us, moment_us - width_us, side="right")
    return Spans(
        key=time_us, at=moment_us, first=np.minimum(first, stop), stop=stop,
        width=width_us, counted=False,
    )  # fmt: skip


def folded(combine: np.ufunc, value: Values, windows: Spans) -> Values:
    """`combine` over each window, an associative operation; NaN where it holds nothing."""
    if not len(value):
        return np.full(len(windows.at), np.nan)
    block = windows.key // windows.width
    heads, tails = _runs(combine, value, block, windows)
    first = np.minimum(windows.first, len(value) - 1)
    last = np.maximum(windows.stop - 1, 0)
    current = windows.at // windows.width
    with np.errstate(invalid="ignore", over="ignore"):
        both = combine(tails[first], heads[last])
    reaches_back = np.where(block[first] == current, heads[last], both)
    result = np.where(block[last] == current, reaches_back, tails[first])
    return np.where(windows.held > 0, result, np.nan)


def latest(time_us: Times, value: Values, moment_us: Times, *, lookback_us: int) -> Values:
    """The latest value in (moment - lookback, moment]; NaN where there is none."""
    if not len(value):
        return np.full(len(moment_us), np.nan)
    index = np.searchsorted(time_us, moment_us, side="right") - 1
    known = (index >= 0) & (time_us[index] > moment_us - lookback_us)
    return np.where(known, value[index], np.nan)


def _runs(combine: np.ufunc, value: Values, block: Times, windows: Spans) -> tuple[Values, Values]:
    """For each value its block combined up to it, and from it on."""
    with np.errstate(invalid="ignore", over="ignore"):
        if windows.counted:
            return _regular_runs(combine, value, min(windows.width, len(value)))
        return _irregular_runs(combine, value, block)


def _regular_runs(combine: np.ufunc, value: Values, width: int) -> tuple[Values, Values]:
    size = len(value)
    blocks = np.zeros((-(-size // width), width))
    blocks.flat[:size] = value
    heads = combine.accumulate(blocks, axis=1).ravel()[:size]
    # A window that the last block ends is no tail of it, so what fills it up is never seen.
    tails = combine.accumulate(blocks[:, ::-1], axis=1)[:, ::-1].ravel()[:size]
    return heads, tails


def _irregular_runs(combine: np.ufunc, value: Values, block: Times) -> tuple[Values, Values]:
    heads, tails = value.copy(), value.copy()
    edges = np.flatnonzero(np.diff(block)) + 1
    starts, ends = np.append(0, edges), np.append(edges, len(value))
    long = ends - starts > 1
    for start, end in zip(starts[long].tolist(), ends[long].tolist(), strict=True):
        combine.accumulate(value[start:end], out=heads[start:end])
        combine.accumulate(value[start:end][::-1], out=tails[start:end][::-1])
    return heads, tails
