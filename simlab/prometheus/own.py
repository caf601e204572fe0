"""When a rule fires by simlab's own evaluator, at each evaluation of Prometheus."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from simlab.alerts.replay import replay
from simlab.alerts.rule import Rule, duration_us
from simlab.alerts.signal import Series, last_us, series
from simlab.alerts.spans import Times
from simlab.dataset.schema import Dataset
from simlab.prometheus.exposed import Flags, Labels
from simlab.prometheus.firing import firing_at
from simlab.prometheus.timeline import Timeline


def own_firing(rule: Rule, dataset: Dataset, timeline: Timeline) -> Mapping[Labels, Flags]:
    """At which evaluations the rule fires; for each warehouse that it tells apart.

    Raises:
        InputError: the dataset says nothing about the rule's signal.
    """
    if rule.step_us == timeline.step_us:
        return {
            _labels(judged.warehouse_id): _on_grid(rule, judged, timeline)
            for judged in series(rule, dataset)
        }
    return _between(rule, dataset, timeline)


def own_starts_us(rule: Rule, dataset: Dataset) -> Mapping[Labels, Times]:
    """When the rule's episodes began [µs since 1970], for each warehouse that it tells apart.

    Raises:
        InputError: the dataset says nothing about the rule's signal.
    """
    parts = replay([rule], dataset).partition_by("warehouse_id", as_dict=True)
    return {
        _labels(warehouse_id): part["start"].dt.timestamp("us").to_numpy()
        for (warehouse_id,), part in parts.items()
    }


def _on_grid(rule: Rule, judged: Series, timeline: Timeline) -> Flags:
    """The evaluations are the rule's own, but for those before its first observation."""
    beyond = judged.value > rule.limit if rule.side == "above" else judged.value < rule.limit
    # What was never there is absent to Prometheus; any other value is undefined.
    condition = np.full(timeline.count, rule.aggregate == "absent")
    place = (judged.time_us - timeline.origin_us) // timeline.step_us
    condition[place] = beyond
    return firing_at(
        condition,
        step_us=timeline.step_us,
        for_us=rule.for_us,
        keep_firing_for_us=duration_us(rule.keep_firing_for),
    )


def _between(rule: Rule, dataset: Dataset, timeline: Timeline) -> Mapping[Labels, Flags]:
    """The evaluations that lie in the rule's episodes."""
    found = replay([rule], dataset)
    end_us = last_us(dataset)
    if rule.by is None:
        return {(): _within(found, timeline, end_us)}
    return {
        _labels(judged.warehouse_id): _within(
            found.filter(pl.col("warehouse_id") == judged.warehouse_id), timeline, end_us
        )
        for judged in series(rule, dataset)
    }


def _within(episodes: pl.DataFrame, timeline: Timeline, end_us: int | None) -> Flags:
    """An episode that the data's end cuts off fires at that very end too."""
    change = np.zeros(timeline.count + 1, dtype=np.int64)
    for name, sign in (("start", 1), ("end", -1)):
        time_us = episodes[name].dt.timestamp("us").to_numpy().copy()
        if name == "end":
            time_us[time_us == end_us] += timeline.step_us
        place = -(-(time_us - timeline.origin_us) // timeline.step_us)
        np.add.at(change, np.clip(place, 0, timeline.count), sign)
    return np.cumsum(change)[:-1] > 0


def _labels(warehouse_id: int | None) -> Labels:
    return () if warehouse_id is None else (("warehouse_id", str(warehouse_id)),)
