"""What the tests of the bot share: small workloads, and observers that keep what they are told."""

from collections.abc import Sequence
from itertools import accumulate

import numpy as np
from hypothesis import strategies as st

from simlab.bot.ledger import Ledger
from simlab.bot.loop import work
from simlab.clock import VirtualClock
from simlab.dataset.batches import Batches
from simlab.events import Attempt, Event, Observer, Sample

SECOND = 1_000_000

tries = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 5)), min_size=1, max_size=3)
"""The attempts at one batch: the pause before each, and how long it works [us]."""
workloads = st.lists(st.tuples(st.integers(0, 3), tries), max_size=12)
"""Batches: from the due time of the one before to this one's [us], and its attempts."""


class Notebook:
    """An observer that keeps every event."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def emit(self, event: Event) -> None:
        self.events.append(event)

    @property
    def attempts(self) -> list[Attempt]:
        return [event for event in self.events if isinstance(event, Attempt)]

    @property
    def samples(self) -> list[Sample]:
        return [event for event in self.events if isinstance(event, Sample)]


def batches(
    due_us: Sequence[int], tries: Sequence[Sequence[tuple[int, int]]], *, size: int = 1
) -> Batches:
    """Batches of equal size; every attempt but a batch's last is a retry."""
    attempts = [attempt for each in tries for attempt in each]
    ends = [left == 1 for each in tries for left in range(len(each), 0, -1)]
    return Batches(
        due_us=np.array(due_us, np.int64),
        batch_id=np.arange(1, len(due_us) + 1),
        warehouse_id=np.ones(len(due_us), np.int64),
        batch_size=np.full(len(due_us), size),
        first_attempt=np.array([0, *accumulate(map(len, tries))], np.int64),
        work_us=np.array([work_us for _, work_us in attempts], np.int64),
        pause_us=np.array([pause_us for pause_us, _ in attempts], np.int64),
        goes_on=~np.array(ends, bool),
        status=["success" if end else "retry" for end in ends],
        error_type=[None if end else "timeout" for end in ends],
    )


def told(work_to_do: Batches, *, workers: int, others: Sequence[Observer] = ()) -> list[Attempt]:
    """The attempts that a bot tells of in virtual time."""
    notebook = Notebook()
    observers = [notebook, *others]
    work(Ledger.of(work_to_do), workers=workers, clock=VirtualClock(0), observers=observers)
    return notebook.attempts


def start_us(attempt: Attempt) -> int:
    return attempt.time_us - round(attempt.duration * SECOND)


def ready_us(attempt: Attempt) -> int:
    assert attempt.queue_wait is not None
    return start_us(attempt) - round(attempt.queue_wait * SECOND)
