"""Alerting rules: each meaning of a rule, and the alerts that groups of rules raise."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from simlab.alerts.pages import cooldowns_us
from simlab.alerts.rule import Rule, duration_us
from simlab.prometheus.exposed import Flags, Labels
from simlab.prometheus.firing import firing_at
from simlab.prometheus.meaning import Meaning
from simlab.prometheus.measure import Difference

NOT_MEASURED: Final = "not measured: export with --check and a dataset"
UNTOLD: Final = "not measured: the dataset does not tell its signal"

_WAREHOUSE: Final = "warehouse_id"


@dataclass(frozen=True, kw_only=True)
class Alerting:
    """One alerting rule of Prometheus.

    Attributes:
        name: the alert's name.
        expression: PromQL.
        step_us: how often it is evaluated [µs].
        for_us: how long it must hold [µs].
        keep_firing_for_us: how long it goes on after that [µs].
        labels: what the alert says of itself to routes: `severity`, `notify`, ….
        annotations: what it says to people.
        meaning: what it was made of; None for the alert of a group.
        of: the alerts that a group's alert looks at.
        fires: for each set of labels that the expression gives, at which evaluations it fires;
            None when no dataset told.
    """

    name: str
    expression: str
    step_us: int
    for_us: int
    keep_firing_for_us: int
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    meaning: Meaning | None = None
    of: tuple[str, ...] = ()
    fires: Mapping[Labels, Flags] | None = field(default=None, compare=False)


@dataclass(frozen=True, kw_only=True, eq=False)
class Judged:
    """A meaning of a rule, with what a dataset told of it."""

    meaning: Meaning
    fires: Mapping[Labels, Flags] | None
    difference: Difference | None


def alerts_of(rule: Rule, judged: Sequence[Judged], *, step_us: int) -> list[Alerting]:
    """The alerts of a rule: the meaning to go by under its own name, others beside it."""
    first, *others = sorted(judged, key=lambda one: _preference(rule, one))
    notify = "no" if rule.is_grouped else "yes"
    return [
        _alert(rule, first, rule.name, step_us=step_us, notify=notify),
        *(
            _alert(rule, one, f"{rule.name}_{one.meaning.kind}", step_us=step_us, notify="no")
            for one in others
        ),
    ]


def _preference(rule: Rule, judged: Judged) -> float:
    """The less the better: by measure, or without one the bot's word, if a scrape can hear it.

    Of its own silence a bot cannot tell, however well the two agree while it speaks.
    """
    if rule.aggregate == "absent":
        return float(judged.meaning.kind == "bot")
    if judged.difference is not None:
        return judged.difference.score
    fleeting = rule.signal == "duration" and rule.aggregate == "last"
    return float((judged.meaning.kind == "bot") == fleeting)


def _alert(rule: Rule, judged: Judged, name: str, *, step_us: int, notify: str) -> Alerting:
    labels = {
        "severity": rule.severity, "rule": rule.name, "meaning": judged.meaning.kind,
        "notify": notify,
    }  # fmt: skip
    if rule.group is not None:
        labels["group"] = rule.group
    measured = NOT_MEASURED if judged.fires is None else UNTOLD
    if judged.difference is not None:
        measured = str(judged.difference)
    return Alerting(
        name=name,
        expression=str(judged.meaning.condition),
        step_us=step_us,
        for_us=rule.for_us,
        keep_firing_for_us=duration_us(rule.keep_firing_for),
        labels=labels,
        annotations={"summary": summary(rule), "agreement": measured},
        meaning=judged.meaning,
        fires=judged.fires,
    )


def summary(rule: Rule) -> str:
    """The rule in words.

    >>> summary(Rule(name="slow", signal="duration", threshold=2.0, for_="1m"))
    'slow: last of duration above 2 for 1m'
    """
    of = f"{rule.aggregate} of {rule.signal}"
    over = "" if rule.window == "1 row" else f" over {rule.window}"
    smooth = f", averaged over {rule.smooth}," if rule.smooth else ""
    lasting = f" for {rule.for_}" if rule.for_us else ""
    if rule.aggregate == "absent":
        return f"{rule.name}: no {rule.signal}{over}{lasting}"
    limit = f"{rule.direction} {abs(rule.limit) if rule.margin is not None else rule.limit:g}"
    return f"{rule.name}: {of}{smooth}{over} {limit}{lasting}"


def group_alerts(rules: Sequence[Rule], alerts: Sequence[Alerting]) -> list[Alerting]:
    """The alert of each group, and of each rule with a cooldown: any of its rules fires.

    It goes on firing for the cooldown, so whatever begins within raises no new page.
    """
    taken = {alert.name for alert in alerts}
    return [
        _group_alert(
            name, cooldown_us, [rule for rule in rules if rule.alert == name], alerts, taken
        )
        for name, cooldown_us in cooldowns_us(rules).items()
    ]


def _group_alert(
    name: str,
    cooldown_us: int,
    rules: Sequence[Rule],
    alerts: Sequence[Alerting],
    taken: set[str],
) -> Alerting:
    ours = [alert for alert in alerts if alert.name in {rule.name for rule in rules}]
    severity = "page" if any(rule.severity == "page" for rule in rules) else "ticket"
    step_us = min(alert.step_us for alert in ours)
    members = "|".join(re.escape(alert.name).replace("\\-", "-") for alert in ours)
    firing = f'ALERTS{{alertname=~"{members}",alertstate="firing"}}'.replace("\\", "\\\\")
    return Alerting(
        name=f"{name}_page" if name in taken else name,
        expression=f"max by ({_WAREHOUSE}) ({firing}) > 0",
        step_us=step_us,
        for_us=0,
        keep_firing_for_us=cooldown_us,
        labels={"severity": severity, "notify": "yes"},
        annotations={"summary": f"{name}: any of {', '.join(alert.name for alert in ours)}"},
        of=tuple(alert.name for alert in ours),
        fires=_any_fires(ours, step_us, cooldown_us),
    )


def _any_fires(
    alerts: Sequence[Alerting], step_us: int, cooldown_us: int
) -> Mapping[Labels, Flags] | None:
    """When the group's alert fires; None when not all of its rules are judged at one step."""
    if any(alert.fires is None or alert.step_us != step_us for alert in alerts):
        return None
    conditions: dict[Labels, Flags] = {}
    for alert in alerts:
        for labels, fires in (alert.fires or {}).items():
            kept = tuple(label for label in labels if label[0] == _WAREHOUSE)
            conditions[kept] = np.logical_or(conditions.get(kept, False), fires)
    return {
        labels: firing_at(condition, step_us=step_us, for_us=0, keep_firing_for_us=cooldown_us)
        for labels, condition in conditions.items()
    }
