"""What the tests of alerts share: small data, and the definitions done again, plainly."""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import polars as pl
from hypothesis import strategies as st

from simlab.alerts.rule import Rule
from simlab.dataset.schema import ROWS, SAMPLES, Dataset
from simlab.events import Attempt, Sample, Status

SECOND = 1_000_000
MINUTE = 60 * SECOND

steps = st.lists(
    st.tuples(
        st.sampled_from([0, 0, 1, 1, 2, 3, 7]), st.sampled_from([0.0, 1.0, 2.0, 3.0, math.nan])
    ),
    max_size=40,
)
"""A series: seconds since the observation before, and its value."""


class Episode(NamedTuple):
    """One episode; `resolved` is False when it is still under way at the end."""

    start_us: int
    end_us: int
    peak: float
    n: int
    resolved: bool


def attempt(
    time_us: int,
    *,
    duration: float = 1.0,
    status: Status = "success",
    batch_size: int = 1,
    queue_wait: float | None = None,
    warehouse_id: int = 1,
) -> Attempt:
    return Attempt(
        time_us=time_us,
        duration=duration,
        status=status,
        warehouse_id=warehouse_id,
        batch_id=1,
        attempt=1,
        batch_size=batch_size,
        queue_wait=queue_wait,
        error_type=None if status == "success" else "timeout",
    )


def sample(time_us: int, *, cpu_percent: float = 10.0, disk_read_bytes: int = 0) -> Sample:
    return Sample(
        time_us=time_us,
        cpu_percent=cpu_percent,
        mem_usage_mb=200.0,
        disk_read_bytes=disk_read_bytes,
        disk_write_bytes=0,
    )


def dataset(events: Iterable[Attempt | Sample]) -> Dataset:
    """The dataset that holds these events, in their order."""
    kept = list(events)
    rows = [event for event in kept if isinstance(event, Attempt)]
    samples = [event for event in kept if isinstance(event, Sample)]
    return Dataset(name="case", rows=_frame(rows, ROWS), samples=_frame(samples, SAMPLES))


def series(time_us: Sequence[int], value: Sequence[float | None]) -> Dataset:
    """A plain series."""
    rows = pl.DataFrame(
        {"timestamp": time_us, "value": value},
        schema={"timestamp": ROWS["timestamp"], "value": pl.Float64},
    )
    return Dataset(name="series", rows=rows)


def episodes_by_hand(  # noqa: C901 - one piece, to be read beside the words
    rule: Rule, time_us: Sequence[int], value: Sequence[float], until_us: int | None = None
) -> list[Episode]:
    """The episodes by the words of `simlab.alerts`, one observation after the other."""
    found: list[Episode] = []
    state, since, start, last_true = "inactive", 0, 0, 0
    beyond: list[float] = []
    last: int | None = None
    moments = [*zip(time_us, value, strict=True)]
    if until_us is not None:
        moments.append((until_us, math.nan))
    for index, (t, v) in enumerate(moments):
        if last is not None and t - last > rule.silence_us:
            if state == "firing":
                found.append(_episode(start, last + rule.silence_us, beyond, rule))
            state = "inactive"
        if index == len(time_us):
            break
        last = t
        true = v > rule.limit if rule.side == "above" else v < rule.limit
        if true:
            last_true = t
            if state == "inactive":
                state, since = "pending", t
            if state == "pending" and t - since >= rule.for_us:
                state, start, beyond = "firing", t, []
            if state == "firing":
                beyond.append(v)
        elif state == "pending":
            state = "inactive"
        elif state == "firing" and t - last_true >= rule.keep_us:
            state = "inactive"
            found.append(_episode(start, t, beyond, rule))
    if state == "firing" and last is not None:
        found.append(_episode(start, last, beyond, rule, resolved=False))
    return found


def _episode(
    start_us: int, end_us: int, beyond: Sequence[float], rule: Rule, *, resolved: bool = True
) -> Episode:
    farthest = max if rule.side == "above" else min
    return Episode(start_us, end_us, farthest(beyond), len(beyond), resolved)


def _frame(events: Sequence[Attempt | Sample], columns: dict[str, pl.DataType]) -> pl.DataFrame:
    names = ("time_us", *list(columns)[1:])
    told = [[getattr(event, name) for event in events] for name in names]
    return pl.DataFrame(dict(zip(columns, told, strict=True)), schema=columns)
