"""The stretches of time that counts are told apart by, to see how much they vary."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simlab.tuning.interval import Interval

DAY_US: Final = 86_400_000_000
HOUR_US: Final = 3_600_000_000
FEWEST_DAYS: Final = 5
"""Below that many days, hours are told apart."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Blocks:
    """Equal stretches of an interval, each of about a day, or of about an hour.

    Attributes:
        edges_us: where each starts, and last where the interval ends [µs since 1970], ascending.
        noun: what each is: `day` or `hour`.
    """

    edges_us: NDArray[np.int64]
    noun: str


def blocks(interval: Interval) -> Blocks:
    """The days of an interval, or its hours when it has fewer than five days.

    Trouble comes in stretches, so what is drawn again by chance, or counted apart to see how
    much counts vary, are whole stretches: the longer, the less one tells about the next, and
    the fewer there are.

    >>> blocks(Interval(start_us=0, until_us=10 * DAY_US)).edges_us.size
    11
    """
    span_us = interval.until_us - interval.start_us
    noun, length_us = ("day", DAY_US) if span_us >= FEWEST_DAYS * DAY_US else ("hour", HOUR_US)
    count = max(1, round(span_us / length_us))
    edges = np.linspace(interval.start_us, interval.until_us, count + 1).round().astype(np.int64)
    edges[0], edges[-1] = interval.start_us, interval.until_us
    return Blocks(edges_us=edges, noun=noun)


def block_of(moment_us: NDArray[np.int64], edges_us: NDArray[np.int64]) -> NDArray[np.int64]:
    """Which block each moment lies in; the nearest, for one outside of all."""
    return np.searchsorted(edges_us[1:-1], moment_us, side="right")
