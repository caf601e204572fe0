"""Expectations put before the real promtool: rules, series, and when each alert fires."""

import json
import math
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from simlab.prometheus.exposed import Exposed, Flags, Labels
from simlab.prometheus.firing import firing_at
from simlab.prometheus.meaning import Recording
from simlab.prometheus.model import evaluate
from simlab.prometheus.promql import Expression, duration
from simlab.prometheus.tool import asked

STEP_S = 15
"""From one evaluation to the next, by default."""

SCRAPE_S = 5
"""From one sample to the next, where there is one, by default."""

needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="needs promtool, of Debian's package prometheus"
)


@dataclass(frozen=True, kw_only=True)
class Alert:
    """An alerting rule under test, and what is recorded for it."""

    name: str
    expression: Expression
    recordings: tuple[Recording, ...] = ()
    for_s: int = 0
    keep_firing_for_s: int = 0


@dataclass(frozen=True, kw_only=True)
class Expected:
    """At which evaluations an alert of some labels fires; the first one is at 0."""

    alert: str
    labels: Labels
    fires: Flags


def modelled(alert: Alert, store: Sequence[Exposed], evaluations: int) -> list[Expected]:
    """When the alert fires by our model of Prometheus."""
    moment_ms = np.arange(evaluations) * STEP_S * 1000
    return [
        Expected(
            alert=alert.name,
            labels=labels,
            fires=firing_at(
                column.present,
                step_us=STEP_S * 1_000_000,
                for_us=alert.for_s * 1_000_000,
                keep_firing_for_us=alert.keep_firing_for_s * 1_000_000,
            ),
        )
        for labels, column in evaluate(alert.expression, store, moment_ms).items()
    ]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How many probes promtool made, and how many of them found something else."""

    probes: int
    mismatches: int
    output: str


def compared(
    alerts: Sequence[Alert],
    store: Sequence[Exposed],
    expected: Sequence[Expected],
    folder: Path,
    *,
    step_s: int = STEP_S,
    scrape_s: int = SCRAPE_S,
) -> Outcome:
    """Ask promtool at every evaluation whether each alert fires as expected."""
    (folder / "rules.yml").write_text(json.dumps(_rules(alerts)))
    probes = [probe for alert in alerts for probe in _probes(alert, expected, step_s)]
    test = {
        "interval": f"{scrape_s}s",
        "input_series": [{"series": str(one), "values": notation(one, scrape_s)} for one in store],
        "alert_rule_test": probes,
    }
    file = {
        "rule_files": ["rules.yml"],
        "evaluation_interval": f"{step_s}s",
        "tests": [test],
    }
    (folder / "test.yml").write_text(json.dumps(file))
    verdict = asked("promtool", "test", "rules", "test.yml", within=folder)
    wrong = len(re.findall(r"^\s+alertname: \S+, time: ", verdict.output, re.MULTILINE))
    assert verdict.passed is (wrong == 0), verdict.output[:4000]
    assert verdict.passed is ("SUCCESS" in verdict.output)
    print(f"promtool: {len(probes):,} probes, {wrong:,} mismatches")  # noqa: T201 -- seen with -s or -rP
    return Outcome(probes=len(probes), mismatches=wrong, output=verdict.output)


def notation(series: Exposed, scrape_s: int) -> str:
    """The samples as promtool reads them, one every `scrape_s`, `_` for none."""
    size = int(series.time_ms[-1]) // (scrape_s * 1000) + 1
    told = ["_"] * size
    for place, time_ms in enumerate(series.time_ms):
        stale = series.stale is not None and series.stale[place]
        index, beside = divmod(int(time_ms), scrape_s * 1000)
        assert beside == 0
        told[index] = "stale" if stale else _value(float(series.value[place]))
    return " ".join(told)


def _value(value: float) -> str:
    return "NaN" if math.isnan(value) else repr(value)


def _rules(alerts: Sequence[Alert]) -> dict[str, object]:
    rules: list[dict[str, str]] = []
    for alert in alerts:
        rules += [{"record": one.metric, "expr": str(one.expression)} for one in alert.recordings]
        rules.append(
            {
                "alert": alert.name,
                "expr": str(alert.expression),
                "for": f"{alert.for_s}s",
                "keep_firing_for": f"{alert.keep_firing_for_s}s",
            }
        )
    return {"groups": [{"name": "fuzz", "rules": rules}]}


def _probes(alert: Alert, expected: Sequence[Expected], step_s: int) -> list[dict[str, object]]:
    ours = [one for one in expected if one.alert == alert.name]
    evaluations = max((len(one.fires) for one in ours), default=0)
    return [
        {
            "eval_time": duration(index * step_s * 1_000_000),
            "alertname": alert.name,
            "exp_alerts": [{"exp_labels": dict(one.labels)} for one in ours if one.fires[index]],
        }
        for index in range(evaluations)
    ]
