"""A load's attempts, samples and incidents: drawn part by part, put together at the end."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypedDict

import numpy as np
import polars as pl

from simlab.dataset.schema import Dataset
from simlab.workload.attempts import Attempts, Seen, draw_attempts, joined, merged
from simlab.workload.incidents import VISIBLE_ARRIVALS
from simlab.workload.load import Load, load_of
from simlab.workload.profile import Profile
from simlab.workload.samples import Work, background, sample_count, samples, seen_in_samples, work
from simlab.workload.slices import Part, parts
from simlab.workload.table import incidents_frame, rows_frame


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


def draw(profile: Profile, *, seed: int, incidents: bool = True) -> Dataset:
    """The dataset that `generate` would write, in memory."""
    load = load_of(profile, seed=seed, incidents=incidents)
    pieces: list[Drawn] = []
    frames: list[pl.DataFrame] = []
    left = load.rows_wanted
    for part in parts(load):
        attempts = part_attempts(load, part, at_most=left)
        frames.append(rows_frame(profile, attempts))
        pieces.append(summary(profile, attempts))
        left = None if left is None else left - len(attempts)
        if left == 0:
            break
    rows = pl.concat(frames)
    if profile.shape == "rows":
        return Dataset(name=profile.name, rows=rows)
    return Dataset(name=profile.name, rows=rows, **beside(load, pieces))


def part_attempts(load: Load, part: Part, *, at_most: int | None = None) -> Attempts:
    """The attempts that end within a part, in the order of time, cut after `at_most`."""
    pieces: list[Attempts] = []
    for cut in part.slices:
        pieces.append(draw_attempts(load, cut))
        if at_most is not None and _ended(pieces, part.start_s, cut.end_s) >= at_most:
            break  # whatever later batches do ends later still
    attempts = joined(pieces)
    order = np.argsort(attempts.end_us, kind="stable")
    ends_us = attempts.end_us[order]
    first = int(np.searchsorted(ends_us, part.start_s * 1e6)) if part.index else 0
    last = int(np.searchsorted(ends_us, part.end_s * 1e6))
    if at_most is not None:
        last = min(last, first + at_most)
    return attempts.at(order[first:last])


def summary(profile: Profile, attempts: Attempts) -> Drawn:
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
    profile = load.profile
    end_s = max((piece.end_us for piece in pieces), default=0) / 1e6
    span_s = profile.limit_s or end_s
    count = sample_count(profile, span_s)
    begun = replace(load, troubles=tuple(t for t in load.troubles if t.start_s < span_s))
    seen = merged(
        [
            seen_in_arrivals(begun, span_s=span_s),
            seen_in_samples(begun, count=count),
            *(piece.seen for piece in pieces),
        ]
    )
    calm = background(begun, count=count)
    return Beside(
        samples=samples(profile, calm, [piece.work for piece in pieces]),
        incidents=incidents_frame(profile, begun.troubles, seen),
    )


def seen_in_arrivals(load: Load, *, span_s: float) -> Seen:
    """From when to when each trouble visibly adds to the arrivals of the load's first `span_s`."""
    seen: Seen = {}
    for trouble in load.troubles:
        if trouble.effect.arrivals:
            shown = trouble.span_above(VISIBLE_ARRIVALS / trouble.effect.arrivals)
            if shown is not None and shown[0] < span_s:
                seen[trouble.id] = (round(shown[0] * 1e6), round(min(shown[1], span_s) * 1e6))
    return seen


def _ended(pieces: Sequence[Attempts], start_s: float, end_s: float) -> int:
    """How many of the attempts end from `start_s` to before `end_s`."""
    return sum(
        int(np.count_nonzero((p.end_us >= start_s * 1e6) & (p.end_us < end_s * 1e6)))
        for p in pieces
    )
