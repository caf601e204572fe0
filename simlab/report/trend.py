"""Where a figure is heading: lately against before, in words, and as a small line."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import polars as pl
from markupsafe import Markup
from numpy.typing import NDArray

from simlab.report.numbers import human_s

_LATELY: Final = 0.1
"""The share of the time that is lately."""
_LEAST_BUCKETS: Final = 10
_STEADY: Final = 0.1
"""The share that a figure may change by, and still be called steady."""
_SPARK_POINTS: Final = 60
SPARK_SIZE: Final = (120, 24)


@dataclass(frozen=True, kw_only=True)
class Trend:
    """Where a figure is heading.

    Attributes:
        direction: of the median lately against the median before.
        words: both, and over how long.
        spark: points of a line in a box of `SPARK_SIZE`, a text for each part without a gap.
    """

    direction: Literal["up", "down", "steady"]
    words: str
    spark: tuple[Markup, ...]


def trend(
    frame: pl.DataFrame | None, column: str, unit: Callable[[float], str], *, every_s: int
) -> Trend | None:
    """Where a column of buckets is heading; None where too little is told to say.

    Lately is the last tenth of the time. A figure that changed by less than a tenth is steady.

    Args:
        frame: `time` and the column, a row a bucket, NaN where nothing is known.
        column: which.
        unit: writes a value with its unit.
        every_s: the buckets' width [s].
    """
    if frame is None or frame.height < _LEAST_BUCKETS:
        return None
    value = frame[column].to_numpy()
    count = max(1, round(value.size * _LATELY))
    before, lately = (part[np.isfinite(part)] for part in (value[:-count], value[-count:]))
    if not before.size or not lately.size:
        return None
    then, now = float(np.median(before)), float(np.median(lately))
    return Trend(
        direction=_direction(then, now),
        words=f"{unit(now)} in the last {human_s(count * every_s)}, {unit(then)} before",
        spark=_spark(value),
    )


def _direction(then: float, now: float) -> Literal["up", "down", "steady"]:
    if abs(now - then) <= _STEADY * abs(then):
        return "steady"
    return "up" if now > then else "down"


def _spark(value: NDArray[np.float64]) -> tuple[Markup, ...]:
    """The highest of each of some stretches, scaled into the box, as points of polylines."""
    stretches = np.array_split(value, min(_SPARK_POINTS, value.size))
    high = np.array([np.nanmax(each) if np.isfinite(each).any() else np.nan for each in stretches])
    low, top = min(0.0, float(np.nanmin(high))), float(np.nanmax(high))
    width, height = SPARK_SIZE
    x = np.linspace(1, width - 1, high.size)
    y = height - 1 - (high - low) / ((top - low) or 1.0) * (height - 2)
    known = np.isfinite(high)
    cuts = np.flatnonzero(np.diff(known.astype(np.int8))) + 1
    parts = np.split(np.arange(high.size), cuts)
    return tuple(
        Markup(" ").join(Markup(f"{x[at]:.1f},{y[at]:.1f}") for at in part)  # noqa: S704 -- numbers
        for part in parts
        if known[part[0]]
    )
