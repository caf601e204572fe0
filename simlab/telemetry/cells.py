"""Attempts counted cheaply: kept as they come, and added up many at a time."""

from collections.abc import Iterator, Sequence
from itertools import islice
from threading import Lock
from typing import Final

import numpy as np

from simlab.events import Attempt
from simlab.telemetry.families import STATUSES
from simlab.telemetry.labels import Labels
from simlab.telemetry.outcomes import LAST, Outcomes
from simlab.telemetry.sketch import MOST, Floats, Ints, Sketch

FOLD_AT: Final = 4096
"""So many attempts are added up at once, in 0.5 ms or so: a call into numpy costs a microsecond at least."""


class Cells:
    """Counts attempts for the metrics.

    An attempt is only put onto a list, which needs no lock: a list grows in one step. Whoever
    brings the 4,096th, or scrapes, adds them up with numpy; the sums have a lock of their own.

    Args:
        edges_s: of the histogram [s], ascending.

    Attributes:
        pending: the attempts that are not added up yet, in the order in which they came.
        lock: held while the sums are changed, and to be held while they are read.
        buckets: how many attempts lie up to each edge and above the one before; the last are
            those above all.
        sum_s: of all durations [s].
        by_status: attempts by status.
        by_error: failed attempts by error.
        now_us: the latest time of an attempt.
        outcomes: how batches ended lately.
        sketch: of durations, of the last ten minutes.
        refused: attempts that nothing can be made of, such as one with a text for a duration.
    """

    def __init__(self, edges_s: Sequence[float]) -> None:
        self.pending: list[Attempt] = []
        self.lock = Lock()
        self._edges_s = np.array(edges_s)
        self._errors = Labels()
        self._statuses = Labels()
        self.buckets: Ints = np.zeros(len(edges_s) + 1, np.int64)
        self.sum_s = 0.0
        self.by_status = dict.fromkeys(map(self._statuses.of, STATUSES), 0)
        self.by_error: dict[str, int] = {}
        self.now_us = 0
        self.outcomes = Outcomes()
        self.sketch = Sketch()
        self.refused = 0

    @property
    def beyond(self) -> int:
        """How many attempts have `_other` for a label."""
        return self._errors.beyond + self._statuses.beyond

    def fold(self) -> None:
        """Add up what is pending."""
        with self.lock:
            count = len(self.pending)
            events = self.pending[:count]
            del self.pending[:count]  # what was put there meanwhile stays
            try:
                times_us, durations_s = _columns(events)
            except (TypeError, ValueError, OverflowError, AttributeError):
                events = [event for event in events if _is_sound(event)]
                self.refused += count - len(events)
                times_us, durations_s = _columns(events)
            if events:
                self._add(events, times_us, durations_s)

    def _add(self, events: list[Attempt], times_us: Ints, durations_s: Floats) -> None:
        self.now_us = max(self.now_us, int(times_us.max()))
        self.sum_s += float(durations_s.sum())
        bucket = np.searchsorted(self._edges_s, durations_s)
        self.buckets += np.bincount(bucket, minlength=len(self.buckets))
        self.sketch.add(times_us, durations_s)
        unlike = [event for event in events if event.status != "success"]
        self.by_status["success"] += len(events) - len(unlike)
        retries = 0
        for event in unlike:
            status = self._statuses.of(event.status)
            self.by_status[status] = self.by_status.get(status, 0) + 1
            retries += event.status == "retry"
        for event in unlike:
            if event.error_type is not None:
                error = self._errors.of(event.error_type)
                self.by_error[error] = self.by_error.get(error, 0) + 1
        failed_us = [event.time_us for event in unlike if event.status == "error"]
        last = list(islice(_failures_backwards(events), LAST))
        self.outcomes.extend(len(events) - retries, failed_us, reversed(last))


def _failures_backwards(events: list[Attempt]) -> Iterator[bool]:
    return (event.status == "error" for event in reversed(events) if event.status != "retry")


def _columns(events: list[Attempt]) -> tuple[Ints, Floats]:
    """Their times and durations.

    Raises:
        ValueError: a duration is no number from 0 to `MOST`; TypeError and OverflowError too.
    """
    count = len(events)
    times_us = np.fromiter([event.time_us for event in events], np.int64, count)
    durations_s = np.fromiter([event.duration for event in events], np.float64, count)
    if not (durations_s.min(initial=0) >= 0 and durations_s.max(initial=0) <= MOST):
        raise ValueError
    return times_us, durations_s


def _is_sound(event: Attempt) -> bool:
    try:
        _columns([event])
    except (TypeError, ValueError, OverflowError, AttributeError):
        return False
    return True
