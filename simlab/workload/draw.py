"""A load's attempts, samples and incidents: drawn part by part, put together at the end."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypedDict

import numpy as np
import polars as pl

from simlab.dataset.schema import SAMPLES, Dataset, empty
from simlab.workload.attempts import Attempts, draw_attempts, joined, merged
from simlab.workload.fate import Seen
from simlab.workload.incidents import VISIBLE_ARRIVALS
from simlab.workload.load import Load, load_of
from simlab.workload.profile import Profile
from simlab.workload.samples import (
    Work,
    sample_count,
    samples,
    seen_in_samples,
    work,
)
from simlab.workload.shelf import Shelf
from simlab.workload.slices import Part, parts
from simlab.workload.table import incidents_frame, rows_frame

_ROOM: Final = 1.1
"""Attempts a batch, where few are retried."""


@dataclass(frozen=True)
class Drawn:
    """What is kept of a part's attempts once they are written.

    `start_us` and `end_us` are when the first and the last one ended, in microseconds since the
    load began.
    """

    rows: int
    start_us: int
    end_us: int
    work: Work
    seen: Seen


class Beside(TypedDict):
    """The tables that lie beside the rows."""

    samples: pl.DataFrame
    incidents: pl.DataFrame


def draw(
    profile: Profile, *, seed: int, incidents: bool = True, without: Collection[str] = ()
) -> Dataset:
    """The dataset that `generate` would write, in memory."""
    load = load_of(profile, seed=seed, incidents=incidents, without=without)
    pieces: list[Drawn] = []
    frames: list[pl.DataFrame] = []
    left = load.rows_wanted
    for part in parts(load):
        drawn, rows = part_rows(load, part, at_most=left)
        frames.append(rows)
        pieces.append(drawn)
        left = None if left is None else left - drawn.rows
        if left == 0:
            break
    rows = pl.concat(frames)
    if profile.shape == "rows":
        return Dataset(name=profile.name, rows=rows)
    return Dataset(name=profile.name, rows=rows, **beside(load, pieces))


def part_rows(load: Load, part: Part, *, at_most: int | None = None) -> tuple[Drawn, pl.DataFrame]:
    """The rows that end within a part, in the order of time, cut after `at_most`."""
    attempts = _in_order(load, part, at_most=at_most)
    return _summary(load.profile, attempts), rows_frame(load.profile, attempts)


def _in_order(load: Load, part: Part, *, at_most: int | None) -> Attempts:
    """The attempts that end within a part, in the order of time.

    Slice by slice, because what fits into a processor's cache is sorted and gathered at a
    fraction of the cost. What ends beyond a slice waits for the next.
    """
    room = round(_ROOM * part.batches)
    shelf = Shelf(room if at_most is None else min(room, at_most))
    carried: list[Attempts] = []
    for index, cut in enumerate(part.slices):
        from_s = cut.end_s if index < part.before else 0.0
        attempts = joined([*carried, *draw_attempts(load, cut, ending_from_s=from_s)])
        order = np.argsort(attempts.end_us, kind="stable")
        edge_s = part.end_s if cut is part.slices[-1] else cut.end_s
        done = int(np.searchsorted(attempts.end_us, edge_s * 1e6, sorter=order))
        carried = [attempts.at(order[done:])]
        if index >= part.before:
            kept = done if at_most is None else min(done, at_most)
            shelf.put(attempts, order[:kept])
            at_most = None if at_most is None else at_most - kept
            if at_most == 0:
                break
    return shelf.attempts()


def _summary(profile: Profile, attempts: Attempts) -> Drawn:
    """What is kept of attempts that are in order."""
    end_us = int(attempts.end_us[-1]) if len(attempts) else 0
    return Drawn(
        rows=len(attempts),
        start_us=int(attempts.end_us[0]) if len(attempts) else 0,
        end_us=end_us,
        work=work(profile, attempts),
        seen={
            name: (first, min(last, end_us))  # what was cut off after the last row shows nothing
            for name, (first, last) in attempts.seen.items()
            if first <= end_us
        },
    )


def beside(load: Load, pieces: Sequence[Drawn]) -> Beside:
    """Samples and incidents for all the time that the rows span."""
    return Beside(
        samples=pl.concat([empty(SAMPLES), *sample_frames(load, pieces)]),
        incidents=truth(load, pieces),
    )


def sample_frames(load: Load, pieces: Sequence[Drawn]) -> Iterator[pl.DataFrame]:
    """The samples for all the time that the rows span, some tens of thousands at a time."""
    begun, span_s = _begun(load, pieces)
    count = sample_count(load.profile, span_s)
    yield from samples(begun, (piece.work for piece in pieces), count=count)


def truth(load: Load, pieces: Sequence[Drawn]) -> pl.DataFrame:
    """The incidents and look-alikes that begin while there are rows, with when each showed."""
    begun, span_s = _begun(load, pieces)
    seen = merged(
        [
            seen_in_arrivals(begun, span_s=span_s),
            seen_in_samples(begun, count=sample_count(load.profile, span_s)),
            *(piece.seen for piece in pieces),
        ]
    )
    return incidents_frame(load.profile, begun.troubles, seen)


def _begun(load: Load, pieces: Sequence[Drawn]) -> tuple[Load, float]:
    """The load with the troubles that begin while there are rows, and how long that is [s]."""
    end_s = max((piece.end_us for piece in pieces), default=0) / 1e6
    span_s = load.profile.limit_s or end_s
    return replace(load, troubles=tuple(t for t in load.troubles if t.start_s < span_s)), span_s


def seen_in_arrivals(load: Load, *, span_s: float) -> Seen:
    """From when to when each trouble visibly adds to the arrivals of the load's first `span_s`."""
    seen: Seen = {}
    for trouble in load.troubles:
        if trouble.effect.arrivals:
            shown = trouble.span_above(VISIBLE_ARRIVALS / trouble.effect.arrivals)
            if shown is not None and shown[0] < span_s:
                seen[trouble.id] = (round(shown[0] * 1e6), round(min(shown[1], span_s) * 1e6))
    return seen
