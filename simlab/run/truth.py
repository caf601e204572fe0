"""The truth of a run: what was injected, at the time of the run, and when it showed there."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np
import polars as pl

from simlab.dataset.schema import TIMESTAMP
from simlab.run.paired import Span, simulated_rows, visible_spans
from simlab.run.plan import Plan
from simlab.workload.draw import seen_in_arrivals
from simlab.workload.load import Load
from simlab.workload.samples import seen_in_samples
from simlab.workload.table import incidents_frame

_TIMES: Final = ("start", "end", "visible_start", "visible_end")


def truth(plan: Plan, rows: pl.DataFrame, samples: pl.DataFrame) -> pl.DataFrame | None:
    """The incidents and look-alikes of a run that left these rows; None when they are unknown.

    Where trouble acted on the bot, `visible_start` and `visible_end` come from the paired run,
    and from what it did to arrivals and to the machine itself. Where attempts were replayed as
    recorded, they are those of the record. Nothing shows after the last row; where the rows
    decide how long the load is, what begins after it is not told of.
    """
    incidents = plan.source.dataset.incidents
    if incidents is None:
        return None
    if plan.calm is None or rows.is_empty():
        return _shifted(incidents, plan)
    last_us = int(rows["timestamp"].to_physical()[-1])
    begun = _shifted(_begun(plan.calm.load, last_us - plan.shift_us), plan)
    return _with_visible(begun, _seen(plan, rows, samples, last_us), last_us)


def _shifted(incidents: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    return incidents.with_columns(pl.col(_TIMES) + pl.duration(microseconds=plan.shift_us))


def _begun(load: Load, last_us: int) -> pl.DataFrame:
    """The load's troubles, up to the last row where that is where the load ends [us since 1970].

    A queue has a run reach so many rows later than what was drawn, and more may begin by then.
    """
    until_s = load.profile.limit_s or (last_us - load.profile.start_us) / 1e6
    troubles = [trouble for trouble in load.troubles if trouble.start_s < until_s]
    return incidents_frame(load.profile, troubles, {})


def _seen(plan: Plan, rows: pl.DataFrame, samples: pl.DataFrame, last_us: int) -> dict[str, Span]:
    """When each trouble showed, whatever it showed in [us since 1970]."""
    assert plan.calm is not None
    load = plan.calm.load
    virtual = plan.clock == "virtual"  # in wall time the machine is a real one, and so is its noise
    origin_us = load.profile.start_us + plan.shift_us
    due = int(np.searchsorted(plan.batches.due_us, last_us, side="right"))
    done = replace(plan, batches=plan.batches.first(due))
    done_rows = rows if virtual else simulated_rows(done)
    whole = visible_spans(done, done_rows, samples if virtual else None)
    span_s = min((last_us - origin_us) / 1e6, load.profile.limit_s or math.inf)
    direct = [seen_in_arrivals(load, span_s=span_s)]
    if virtual:
        direct.append(seen_in_samples(load, count=len(plan.source.background.cpu_percent)))
    for seen in direct:
        for name, (first, last) in seen.items():
            span = (origin_us + first, origin_us + last)
            known = whole.get(name, span)
            whole[name] = (min(known[0], span[0]), max(known[1], span[1]))
    return whole


def _with_visible(incidents: pl.DataFrame, seen: Mapping[str, Span], last_us: int) -> pl.DataFrame:
    """The incidents, with when they showed, up to the last row."""
    spans = [seen.get(name) for name in incidents["id"]]
    kept = [span if span is not None and span[0] <= last_us else None for span in spans]
    starts = [None if span is None else span[0] for span in kept]
    ends = [None if span is None else min(span[1], last_us) for span in kept]
    return incidents.with_columns(
        pl.Series("visible_start", starts, pl.Int64).cast(TIMESTAMP),
        pl.Series("visible_end", ends, pl.Int64).cast(TIMESTAMP),
    )
