"""Stretches of time, apart from each other and in order."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from simlab.clock import US_PER_S

Times: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]
Mask: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Spans:
    """From each start, included, to its end, not included [µs since 1970]."""

    start_us: Times
    end_us: Times

    @classmethod
    def joining(cls, start_us: Times, end_us: Times) -> "Spans":
        """The time that any of these intervals covers.

        >>> Spans.joining(np.array([5, 0, 2]), np.array([9, 3, 4])).start_us.tolist()
        [0, 5]
        """
        order = np.argsort(start_us, kind="stable")
        start, reach = start_us[order], np.maximum.accumulate(end_us[order])
        begins = np.append(True, start[1:] > reach[:-1])[: len(start)]
        ends = np.append(begins[1:], True)[: len(start)]
        return cls(start[begins], reach[ends])

    @property
    def length_s(self) -> float:
        """How long they are together [s]."""
        return float((self.end_us - self.start_us).sum()) / US_PER_S

    def number(self, time_us: Times) -> Times:
        """For each moment the position of the span that it lies in, -1 for none."""
        if not len(self.start_us):
            return np.full(len(time_us), -1, np.int64)
        at = np.searchsorted(self.start_us, time_us, side="right") - 1
        return np.where((at >= 0) & (time_us < self.end_us[at]), at, -1)

    def cover(self, time_us: Times) -> Mask:
        """Which moments lie in a span."""
        return self.number(time_us) >= 0

    def without(self, other: "Spans") -> "Spans":
        """What of their time the other spans do not cover."""
        edges = np.unique(
            np.concatenate([self.start_us, self.end_us, other.start_us, other.end_us])
        )
        if not len(edges):
            return self
        kept = self.cover(edges[:-1]) & ~other.cover(edges[:-1])
        return Spans(edges[:-1][kept], edges[1:][kept])

    def before(self, time_us: Times) -> Floats:
        """How much of their time lies before each moment [s]."""
        if not len(self.start_us):
            return np.zeros(len(time_us))
        origin = self.start_us[0]  # 53 bits of a float hold a span, not a date
        edges = np.column_stack((self.start_us, self.end_us)).ravel() - origin
        lengths = np.column_stack((self.end_us - self.start_us, np.zeros(len(self.start_us))))
        passed = np.concatenate([[0.0], np.cumsum(lengths.ravel())[:-1]])
        return np.asarray(np.interp(time_us - origin, edges, passed) / US_PER_S)


def no_time() -> Spans:
    """No spans at all."""
    return Spans(np.empty(0, np.int64), np.empty(0, np.int64))
