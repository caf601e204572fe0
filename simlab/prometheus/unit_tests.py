"""promtool's unit tests: the dataset's series, and when each alert fires on them."""

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from simlab.prometheus.alerting import Alerting
from simlab.prometheus.exposed import Exposed, Flags, Labels
from simlab.prometheus.notation import interval_ms, notation
from simlab.prometheus.promql import duration, quoted, range_of
from simlab.prometheus.timeline import Timeline

MOST_SAMPLES: Final = 10_000
"""What promtool 2.42 holds at a time in a unit test."""

_LONGEST_STRETCH: Final = MOST_SAMPLES // 2


def unit_tests(
    alerts: Sequence[Alerting],
    store: Sequence[Exposed],
    timeline: Timeline,
    *,
    rule_files: Sequence[str],
    group_order: Sequence[str],
) -> str:
    """The text of a file for `promtool test rules`.

    For each alert, whenever it begins or ceases to fire, it is said what fires then, with all its
    labels and annotations. In between it is counted how often it fired: in each stretch always or
    never. Together they say for every evaluation whether it fires.

    Args:
        alerts: those that are evaluated on this timeline, with `fires` of some labels.
        store: what Prometheus scraped.
        timeline: the evaluations; the first one is the test's moment 0.
        rule_files: where the rules are, beside the test.
        group_order: the names of their groups, in the order in which they need each other.
    """
    origin_ms, step_ms = timeline.origin_us // 1000, timeline.step_us // 1000
    every_ms = interval_ms(store, origin_ms=origin_ms, step_ms=step_ms)
    lines = [
        f"rule_files: {json.dumps(list(rule_files))}",
        f"evaluation_interval: {duration(timeline.step_us)}",
        f"group_eval_order: {json.dumps(list(group_order))}",
        "tests:",
        f"- interval: {duration(every_ms * 1000)}",
        "  input_series:",
    ]
    for series in store:
        lines.append(f"  - series: {_single(str(series))}")
        lines.append(f"    values: {notation(series, origin_ms=origin_ms, interval_ms=every_ms)}")
    lines.append("  alert_rule_test:")
    lines += [line for alert in alerts for line in _changes(alert, timeline)]
    lines.append("  promql_expr_test:")
    lines += [line for alert in alerts for line in _stretches(alert, timeline)]
    return "\n".join(lines) + "\n"


def _changes(alert: Alerting, timeline: Timeline) -> Iterator[str]:
    """What fires at the first evaluation, and whenever that changes."""
    fires = alert.fires or {}
    edges = {0, *(edge for mask in fires.values() for edge in _edges(mask).tolist())}
    for place in sorted(edges):
        expected = [_expected(alert, labels) for labels, mask in fires.items() if mask[place]]
        yield f"  - eval_time: {duration(place * timeline.step_us)}"
        yield f"    alertname: {_single(alert.name)}"
        yield "    exp_alerts:" if expected else "    exp_alerts: []"
        yield from (f"    - {json.dumps(one, ensure_ascii=False)}" for one in expected)


def _expected(alert: Alerting, labels: Labels) -> dict[str, Mapping[str, str]]:
    return {
        "exp_labels": {**dict(labels), **alert.labels},
        "exp_annotations": alert.annotations,
    }


def _stretches(alert: Alerting, timeline: Timeline) -> Iterator[str]:
    """How often the alert fired in each stretch from one change to the next."""
    for labels, mask in (alert.fires or {}).items():
        for begin, end in _cut(_edges(mask), len(mask)):
            count = end - begin if mask[begin] else 0
            sample = f'[{{labels: "{{}}", value: {count}}}]' if count else "[]"
            yield f"  - expr: {_single(_count(alert, labels, (end - begin) * timeline.step_us))}"
            yield f"    eval_time: {duration((end - 1) * timeline.step_us)}"
            yield f"    exp_samples: {sample}"


def _count(alert: Alerting, labels: Labels, width_us: int) -> str:
    told = {"alertname": alert.name, "alertstate": "firing", **dict(labels)}
    inner = ",".join(f"{name}={quoted(value)}" for name, value in told.items())
    return f"sum(count_over_time(ALERTS{{{inner}}}[{range_of(width_us)}]))"


def _edges(mask: Flags) -> np.ndarray:
    """At which evaluations it begins or ceases."""
    return np.flatnonzero(np.diff(mask)) + 1


def _cut(edges: np.ndarray, size: int) -> Iterator[tuple[int, int]]:
    """From edge to edge, in pieces that promtool can hold."""
    bounds = [0, *edges.tolist(), size]
    for begin, end in itertools.pairwise(bounds):
        for start in range(begin, end, _LONGEST_STRETCH):
            yield start, min(start + _LONGEST_STRETCH, end)


def _single(text: str) -> str:
    """A string in YAML's single quotes."""
    doubled = text.replace("'", "''")
    return f"'{doubled}'"
