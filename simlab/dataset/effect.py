"""What each incident did: the same load with it and without, batch by batch."""

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import polars as pl

from simlab.clock import US_PER_S
from simlab.dataset.schema import Dataset
from simlab.errors import InputError

_SLOWER: Final = 1.1
_FIGURES: Final[Mapping[str, pl.DataType]] = {
    "id": pl.String(),
    "kind": pl.String(),
    "overlaps": pl.List(pl.String()),
    "batches": pl.Int64(),
    "latency_s": pl.Float64(),
    "latency_s_without": pl.Float64(),
    "latency_p95_s": pl.Float64(),
    "latency_p95_s_without": pl.Float64(),
    "error_ratio": pl.Float64(),
    "error_ratio_without": pl.Float64(),
    "errors_added": pl.Int64(),
    "retries_added": pl.Int64(),
    "cpu_percent": pl.Float64(),
    "cpu_percent_without": pl.Float64(),
    "slowed_elsewhere": pl.Int64(),
}


def effect(with_: Dataset, without: Dataset) -> pl.DataFrame:
    """The causal effect of each incident that one of two paired datasets has and the other has not.

    Both are the same load: `draw` or a run of one profile and seed, with incidents and without,
    or without one of them (`without=["latency_spike-2"]`). Batches have the same luck in both,
    so whatever differs is the incidents' doing, and nothing has to be averaged out.

    An incident is judged by the batches at the warehouses that it touches which are in work at
    some moment from its start to the end of what it showed. Where others that only one dataset
    has fall into that time, the figures are of all of them together, and `overlaps` names them;
    leave out one at a time to have each apart.

    Returns:
        A row an incident, in the order of start: `id`, `kind`, `overlaps`, and how many `batches`
        were judged. `latency_s` and `latency_p95_s`: mean and 95th percentile from due to done
        [s], with pauses and all attempts; `error_ratio`: failed among finished batches, 0 to 1;
        `cpu_percent`: mean over the samples of that time; each also as it is `_without`.
        `errors_added` and `retries_added`: how many more there were. `slowed_elsewhere`: batches
        at other warehouses that took at least a tenth longer. NaN where there is nothing to tell
        a figure from.

    Raises:
        InputError: the two are no pair, or have the same incidents.
    """
    truth = _incidents_of(with_, without)
    both = _batches(with_).join(_batches(without), on="batch_id", how="full", suffix="_without")
    common = both.drop_nulls(["due", "due_without"])
    if common.is_empty():
        raise InputError(
            f"{without.name}: is no pair of {with_.name}: they have no batch in common"
        )
    if (common["due"] != common["due_without"]).any():
        raise InputError(
            f"{without.name}: is no pair of {with_.name}: their batches fall due at other times"
        )
    rows = [_of_one(incident, truth, both, with_, without) for incident in truth.to_dicts()]
    return pl.DataFrame(rows, schema=dict(_FIGURES))


def _incidents_of(with_: Dataset, without: Dataset) -> pl.DataFrame:
    """The incidents that only the first has, each with the end of its reach."""
    for dataset in (with_, without):
        if dataset.incidents is None:
            raise InputError(f"{dataset.name}: nothing is known of its incidents")
    assert with_.incidents is not None
    assert without.incidents is not None
    truth = with_.incidents.filter(~pl.col("id").is_in(without.incidents["id"].implode()))
    if truth.is_empty():
        raise InputError(f"{with_.name}: has no incident that {without.name} has not")
    return truth.with_columns(until=pl.max_horizontal("end", "visible_end"))


def _batches(dataset: Dataset) -> pl.DataFrame:
    """When each batch was due and done, where, how it ended, and its retries."""
    if "batch_id" not in dataset.rows.columns or dataset.rows["batch_id"].is_null().any():
        raise InputError(f"{dataset.name}: its rows do not say which batch they belong to")
    waited = pl.col("duration") + pl.col("queue_wait").fill_null(0.0)
    ready = pl.col("timestamp") - pl.duration(microseconds=(waited * US_PER_S).round())
    return dataset.rows.group_by("batch_id").agg(
        due=ready.min(),
        done=pl.col("timestamp").max(),
        warehouse_id=pl.col("warehouse_id").first(),
        failed=(pl.col("status") == "error").any(),
        retries=(pl.col("status") == "retry").sum().cast(pl.Int64),
    )


def _of_one(
    incident: Mapping[str, Any],
    truth: pl.DataFrame,
    both: pl.DataFrame,
    with_: Dataset,
    without: Dataset,
) -> dict[str, Any]:
    start, until, places = incident["start"], incident["until"], incident["warehouses"]
    others = truth.filter((pl.col("id") != incident["id"]) & _meets(start, until))
    done = pl.max_horizontal("done", "done_without")
    reached = both.filter((pl.coalesce("due", "due_without") <= until) & (done >= start))
    here = pl.lit(value=True) if places is None else pl.col("warehouse_id").is_in(places)
    slower = _latency("") >= _SLOWER * _latency("_without")
    return {
        "id": incident["id"],
        "kind": incident["kind"],
        "overlaps": others["id"].to_list(),
        **_figures(reached.filter(here)),
        "cpu_percent": _cpu(with_, start, until),
        "cpu_percent_without": _cpu(without, start, until),
        "slowed_elsewhere": reached.filter(~here & slower).height,
    }


def _meets(start: datetime, until: datetime) -> pl.Expr:
    return (pl.col("start") <= until) & (pl.col("until") >= start)


def _latency(suffix: str) -> pl.Expr:
    """From due to done [s]."""
    return (pl.col(f"done{suffix}") - pl.col(f"due{suffix}")).dt.total_microseconds() / US_PER_S


def _figures(batches: pl.DataFrame) -> dict[str, Any]:
    figures: dict[str, pl.Expr] = {"batches": pl.len()}
    for suffix in ("", "_without"):
        latency = _latency(suffix)
        figures[f"latency_s{suffix}"] = latency.mean()
        figures[f"latency_p95_s{suffix}"] = latency.quantile(0.95, interpolation="linear")
        figures[f"error_ratio{suffix}"] = pl.col(f"failed{suffix}").mean()
    for name, column in (("errors_added", "failed"), ("retries_added", "retries")):
        added = pl.col(column).sum().cast(pl.Int64) - pl.col(f"{column}_without").sum()
        figures[name] = added.cast(pl.Int64)
    told = batches.select(**figures).row(0, named=True)
    return {name: math.nan if value is None else value for name, value in told.items()}


def _cpu(dataset: Dataset, start: datetime, until: datetime) -> float:
    """The mean CPU over the samples of a stretch [%]; NaN without any."""
    if dataset.samples is None:
        return math.nan
    within = dataset.samples.filter(pl.col("timestamp").is_between(start, until))
    mean = within["cpu_percent"].mean()
    return math.nan if mean is None else float(mean)  # type: ignore[arg-type]  # a number
