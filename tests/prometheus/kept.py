"""What a Prometheus would keep of a bot: its real metrics, scraped each 15 s of a dataset's time."""

import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from simlab.alerts.rule import Rule
from simlab.clock import iso
from simlab.dataset.schema import Dataset
from simlab.events import Alert, Attempt, Event, Sample
from simlab.prometheus.names import STEP_US
from simlab.telemetry.metrics import Metrics

_JOB = 'job="bot",instance="127.0.0.1:9100"'


def kept(dataset: Dataset, rules: Sequence[Rule], episodes: pl.DataFrame, folder: Path) -> None:
    """Put what is scraped into the store of a server in `folder`, under `data`."""
    (folder / "bot.txt").write_text(_openmetrics(dataset, rules, episodes))
    subprocess.run(
        ["promtool", "tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=720h",
         "--quiet", "bot.txt", "data"],
        cwd=folder, check=True, timeout=120, capture_output=True,
    )  # fmt: skip


def _openmetrics(dataset: Dataset, rules: Sequence[Rule], episodes: pl.DataFrame) -> str:
    metrics = Metrics(rules=[rule.name for rule in rules])
    lines: dict[str, list[str]] = {}
    due_us = 0
    for event in _events(dataset, rules, episodes):
        due_us = due_us or event.time_us // STEP_US * STEP_US
        while event.time_us > due_us:
            _scrape(metrics, due_us, lines)
            due_us += STEP_US
        metrics.emit(event)
    _scrape(metrics, due_us, lines)
    told = [line for name in lines for line in (f"# TYPE {name} unknown", *lines[name])]
    return "\n".join([*told, "# EOF\n"])


def _scrape(metrics: Metrics, time_us: int, lines: dict[str, list[str]]) -> None:
    for family in metrics.registry.collect():
        for sample in family.samples:
            labels = ",".join([_JOB, *(f'{key}="{text}"' for key, text in sample.labels.items())])
            told = f"{sample.name}{{{labels}}} {float(sample.value)!r} {time_us / 1e6:.3f}"
            lines.setdefault(sample.name, []).append(told.replace(" nan ", " NaN "))


def _events(dataset: Dataset, rules: Sequence[Rule], episodes: pl.DataFrame) -> Iterator[Event]:
    """All that the bot said, in the order of time."""
    samples = dataset.samples
    assert samples is not None
    rows = dataset.rows.with_columns(pl.col("timestamp").dt.epoch("us"))
    readings = samples.with_columns(pl.col("timestamp").dt.epoch("us"))
    by_name = {rule.name: rule for rule in rules}
    told: list[Event] = [Attempt(*row) for row in rows.iter_rows()]
    told += [Sample(*row) for row in readings.iter_rows()]
    for row in episodes.iter_rows(named=True):
        for state, when in (("firing", row["start"]), ("resolved", row["end"])):
            if state == "firing" or not row["open"]:
                told.append(_alert(by_name[row["rule"]], state, round(when.timestamp() * 1e6)))
    order = np.argsort([event.time_us for event in told], kind="stable")
    return (told[place] for place in order)


def _alert(rule: Rule, state: str, time_us: int) -> Alert:
    return Alert(
        time_us=time_us, alert_id="", rule=rule.name, state=state, value=None,  # type: ignore[arg-type]  # one of the two
        threshold=rule.limit, severity=rule.severity, started_at=iso(time_us), action_hint="notify",
    )  # fmt: skip
