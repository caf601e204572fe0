"""What a dataset tells of the meanings of rules: when they fire, and how far from the rule."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from simlab.alerts.rule import Rule, duration_us
from simlab.alerts.signal import observed
from simlab.dataset.schema import Dataset
from simlab.errors import InputError
from simlab.prometheus.alerting import Judged
from simlab.prometheus.exposed import Exposed, Flags, Labels
from simlab.prometheus.firing import firing_at
from simlab.prometheus.meaning import Meaning
from simlab.prometheus.measure import difference
from simlab.prometheus.model import evaluate, recorded
from simlab.prometheus.own import own_firing, own_starts_us
from simlab.prometheus.pace import pace_us
from simlab.prometheus.scrape import Scraped
from simlab.prometheus.timeline import Timeline


@dataclass(frozen=True, kw_only=True, eq=False)
class Evidence:
    """A dataset, and what Prometheus sees of it."""

    dataset: Dataset
    scraped: Scraped


def signal_pace_us(rule: Rule, dataset: Dataset) -> int | None:
    """From one observation of the rule's signal to the next [µs]; None when there are too few."""
    try:
        paces = [pace_us(time_us) for _, time_us, _ in observed(rule, dataset)]
    except InputError:
        return None
    return min((pace for pace in paces if pace > 0), default=None)


def judged(
    rule: Rule, meanings: Iterable[Meaning], evidence: Evidence, timeline: Timeline
) -> list[Judged]:
    """When each meaning fires, and by how much that differs from the rule itself.

    A meaning that is exact is expected to fire when the rule does, any other when our model of
    Prometheus says so.
    """
    try:
        own = own_firing(rule, evidence.dataset, timeline)
        starts_us = own_starts_us(rule, evidence.dataset)
    except InputError:
        own = None
    found = []
    for meaning in meanings:
        fires = modelled(rule, meaning, evidence.scraped.store, timeline)
        if own is None:
            found.append(Judged(meaning=meaning, fires=fires, difference=None))
            continue
        apart = difference(_by_warehouse(fires), own, starts_us, timeline)
        told = meaning.is_exact and evidence.scraped.is_faithful
        found.append(Judged(meaning=meaning, fires=own if told else fires, difference=apart))
    return found


def modelled(
    rule: Rule, meaning: Meaning, store: Sequence[Exposed], timeline: Timeline
) -> Mapping[Labels, Flags]:
    """When a meaning fires by our model of Prometheus, for each set of labels."""
    moment_ms = timeline.moment_ms
    known = list(store)
    for recording in meaning.recordings:
        vector = evaluate(recording.expression, known, moment_ms)
        known += recorded(recording.metric, vector, moment_ms)
    return {
        labels: firing_at(
            column.present,
            step_us=timeline.step_us,
            for_us=rule.for_us,
            keep_firing_for_us=duration_us(rule.keep_firing_for),
        )
        for labels, column in evaluate(meaning.condition, known, moment_ms).items()
    }


def _by_warehouse(fires: Mapping[Labels, Flags]) -> dict[Labels, Flags]:
    """The labels that the rule itself has."""
    return {
        tuple(label for label in labels if label[0] == "warehouse_id"): mask
        for labels, mask in fires.items()
    }
