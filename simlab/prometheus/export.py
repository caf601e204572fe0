"""Rules as files for Prometheus and Alertmanager, with the tests that prove them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from simlab.alerts.rule import Rule
from simlab.dataset.schema import Dataset
from simlab.prometheus.alerting import Alerting, Judged, alerts_of, group_alerts
from simlab.prometheus.exposed import Exposed, selected
from simlab.prometheus.held import most_held
from simlab.prometheus.judging import Evidence, judged, signal_pace_us
from simlab.prometheus.meaning import Meaning, Recording
from simlab.prometheus.meanings import meanings
from simlab.prometheus.names import STEP_US
from simlab.prometheus.pace import step_of
from simlab.prometheus.promql import duration
from simlab.prometheus.render import Group, rendered
from simlab.prometheus.scrape import scraped
from simlab.prometheus.timeline import Timeline, timelines
from simlab.prometheus.unit_tests import MOST_SAMPLES, unit_tests

RULES = "rules.yml"
RECORDING = "recording.yml"
UNPROVEN = "unproven.yml"


@dataclass(frozen=True, kw_only=True)
class Export:
    """What rules are to Prometheus.

    Attributes:
        alerts: the alerting rules, in the order of `rules`, after them those of groups.
        unproven: names of alerts that promtool cannot test, since it holds too few samples.
        files: the texts of the rule files and of their tests, by name.
    """

    alerts: tuple[Alerting, ...]
    unproven: tuple[str, ...]
    files: Mapping[str, str] = field(repr=False)

    @property
    def tests(self) -> tuple[str, ...]:
        """The names of the files that hold tests."""
        return tuple(name for name in self.files if name.startswith("test_"))


def export(rules: Sequence[Rule], dataset: Dataset | None = None) -> Export:
    """Rules in PromQL; over a dataset also how well that agrees, and tests for promtool.

    Args:
        rules: of distinct names.
        dataset: what to measure and to prove on; None measures and proves nothing.
    """
    evidence = None
    if dataset is not None:
        evidence = Evidence(dataset=dataset, scraped=scraped(dataset, rules))
    paces = {rule.name: _pace_us(rule, dataset) for rule in rules}
    steps = {rule.name: _step_us(rule, paces[rule.name]) for rule in rules}
    lines = {} if dataset is None else timelines(dataset, steps.values())
    made: list[Alerting] = []
    for rule in rules:
        step_us = steps[rule.name]
        found = meanings(rule, pace_us=paces[rule.name])
        judgements = _judgements(rule, found, evidence, lines.get(step_us))
        made += alerts_of(rule, judgements, step_us=step_us)
    alerts = (*made, *group_alerts(rules, made))
    store = () if evidence is None else evidence.scraped.store
    unproven = _unproven(alerts, store)
    return Export(
        alerts=alerts,
        unproven=unproven,
        files=_files(alerts, unproven, store, lines),
    )


def _pace_us(rule: Rule, dataset: Dataset | None) -> int | None:
    return None if dataset is None else signal_pace_us(rule, dataset)


def _step_us(rule: Rule, pace_us: int | None) -> int:
    return step_of(rule, STEP_US if pace_us is None else pace_us)


def _judgements(
    rule: Rule, found: Sequence[Meaning], evidence: Evidence | None, timeline: Timeline | None
) -> list[Judged]:
    if evidence is None or timeline is None:
        return [Judged(meaning=meaning, fires=None, difference=None) for meaning in found]
    return judged(rule, found, evidence, timeline)


def _unproven(alerts: Sequence[Alerting], store: Sequence[Exposed]) -> tuple[str, ...]:
    """What promtool has no room for, and the groups that look at such."""
    found = {
        alert.name
        for alert in alerts
        if alert.meaning is not None
        and most_held(alert.meaning, store, step_us=alert.step_us) > MOST_SAMPLES * 0.95
    }
    return tuple(
        alert.name for alert in alerts if alert.name in found or found.intersection(alert.of)
    )


def _files(
    alerts: Sequence[Alerting],
    unproven: Sequence[str],
    store: Sequence[Exposed],
    lines: Mapping[int, Timeline],
) -> dict[str, str]:
    proven = [alert for alert in alerts if alert.name not in unproven]
    recording, alerting = _recording_groups(proven), _alerting_groups(proven)
    files = {
        RULES: rendered(alerting, title="Alerts"),
        RECORDING: rendered(recording, title="Recorded"),
    }
    if unproven:
        left = [alert for alert in alerts if alert.name in unproven]
        groups = [*_recording_groups(left, "unproven-"), *_alerting_groups(left, "unproven-")]
        files[UNPROVEN] = rendered(groups, title="Alerts that promtool cannot test")
    order = [group.name for group in (*recording, *alerting)]
    for step_us, timeline in lines.items():
        # What no series was found for never fires, and that proves nothing.
        tested = [one for one in proven if one.step_us == step_us and one.fires]
        if tested:
            name = "test_rules.yml" if len(lines) == 1 else f"test_rules_{duration(step_us)}.yml"
            files[name] = unit_tests(
                tested, _needed(tested, store), timeline,
                rule_files=[RECORDING, RULES], group_order=order,
            )  # fmt: skip
    return files


def _needed(alerts: Sequence[Alerting], store: Sequence[Exposed]) -> list[Exposed]:
    """The series that the alerts look at, each once."""
    expressions = [
        expression
        for alert in alerts
        if alert.meaning is not None
        for expression in (
            alert.meaning.condition, *(each.expression for each in alert.meaning.recordings)
        )
    ]  # fmt: skip
    selectors = {selector for each in expressions for selector in each.selectors()}
    wanted = {id(one) for selector in selectors for one in selected(store, selector)}
    return [one for one in store if id(one) in wanted]


def _recording_groups(alerts: Sequence[Alerting], prefix: str = "") -> list[Group]:
    found: dict[int, list[Recording]] = {}
    for alert in alerts:
        if alert.meaning is not None and alert.meaning.recordings:
            found.setdefault(alert.step_us, []).extend(alert.meaning.recordings)
    return [
        Group(
            name=f"{prefix}simlab-recording-{duration(step_us)}", step_us=step_us,
            recordings=tuple(found[step_us]),
        )
        for step_us in sorted(found)
    ]  # fmt: skip


def _alerting_groups(alerts: Sequence[Alerting], prefix: str = "") -> list[Group]:
    steps = sorted({alert.step_us for alert in alerts})
    return [
        Group(
            name=f"{prefix}simlab-{duration(step_us)}", step_us=step_us,
            alerts=tuple(alert for alert in alerts if alert.step_us == step_us),
        )
        for step_us in steps
    ]  # fmt: skip
