"""The dashboard: one page that holds all it shows, runs nothing and fetches nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from simlab.alerts.replay import EPISODES
from simlab.alerts.rule import Rule
from simlab.dataset.kpis import kpis
from simlab.dataset.schema import Dataset
from simlab.report import tables, view
from simlab.report.cards import cards
from simlab.report.charts import charts
from simlab.report.numbers import human_s, moment, number, plural
from simlab.report.template import put, rendered
from simlab.report.verdict import verdict
from simlab.tuning.backtest import Backtest
from simlab.tuning.tune import Tuning


@dataclass(frozen=True, kw_only=True)
class Page:
    """What a dashboard is made of.

    Attributes:
        title: the page's heading.
        dataset: what happened; whatever of it is missing is said to be.
        rules: what watched it.
        backtest: what those rules did; None when none of them can be judged on it.
        tuning: better thresholds, and how both did on data that the choice never saw.
        warehouse_names: by id.
        facts: about the run, by their names, such as `seed`.
    """

    title: str
    dataset: Dataset
    rules: Sequence[Rule]
    backtest: Backtest | None
    tuning: Tuning | None = None
    warehouse_names: Mapping[int, str] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)


def dashboard(page: Page) -> str:
    """The page as HTML, complete in itself; the same page gives the same text.

    It carries no script, and a content security policy that forbids everything but its own
    style and images. Text from data is escaped, and what is not visible in it is replaced.
    """
    return rendered("dashboard.html.j2", **_context(page))


def write_dashboard(page: Page, path: Path) -> None:
    """Render the page, and put it at `path` whole or not at all.

    Raises:
        OutputError: it cannot be written there.
    """
    put(dashboard(page), path)


def _context(page: Page) -> dict[str, Any]:
    dataset = page.dataset
    scores = page.backtest.scores if page.backtest else ()
    episodes = page.backtest.episodes if page.backtest else _no_episodes()
    fired = {score.rule: None if score.note else int(score.episodes) for score in scores}
    return {
        "title": page.title,
        "span": _span(dataset),
        "facts": page.facts,
        "verdict": verdict(dataset, page.rules, scores, episodes),
        "gaps": _gaps(dataset),
        "cards": cards(dataset, kpis(dataset), page.rules, fired),
        "charts": charts(dataset, page.rules, episodes),
        "truth_known": dataset.incidents is not None,
        "scores": tables.scores_table(scores, page.rules),
        "tuned": _tuned(page.tuning),
        **_truth_tables(dataset, episodes),
        **_warehouse_tables(dataset, page.warehouse_names),
    }


def _span(dataset: Dataset) -> str:
    rows = dataset.rows
    if rows.is_empty():
        return "no rows"
    first, last = rows["timestamp"][0], rows["timestamp"][-1]
    noun = "value" if "value" in rows.columns else "attempt"
    length = human_s((last - first).total_seconds())
    return f"{plural(rows.height, noun)} in {length}, {moment(first)} to {moment(last)} UTC"


def _gaps(dataset: Dataset) -> list[str]:
    """What the page cannot show, and why, a sentence each."""
    gaps = {
        "There are no rows: nothing happened, or nothing was read.": dataset.rows.is_empty(),
        "This is a plain series of values, so there are no batches to count.": "value"
        in dataset.rows.columns,
        "There are no samples of the machine, so CPU and memory are unknown.": dataset.samples
        is None,
        "There are no labels, so what the rules caught and missed is unknown.": dataset.incidents
        is None,
    }
    found = [sentence for sentence, applies in gaps.items() if applies]
    if dataset.lines and dataset.lines.rejected:
        lines = plural(dataset.lines.rejected, "line")
        found.append(f"{lines} could not be read; {number(dataset.lines.accepted)} were.")
    return found


def _truth_tables(dataset: Dataset, episodes: pl.DataFrame) -> dict[str, tables.Table | None]:
    if dataset.incidents is None:
        return {"incidents": None, "lookalikes": None}
    return {
        "incidents": tables.incidents_table(dataset.incidents, episodes),
        "lookalikes": tables.lookalikes_table(dataset.incidents, episodes),
    }


def _warehouse_tables(dataset: Dataset, names: Mapping[int, str]) -> dict[str, tables.Table | None]:
    if "warehouse_id" not in dataset.rows.columns:
        return {"busiest": None, "worst": None}
    warehouses = view.by_warehouse(dataset.rows)
    return {
        "busiest": tables.busiest_table(warehouses, names),
        "worst": tables.worst_table(warehouses, names),
    }


def _tuned(tuning: Tuning | None) -> tables.Table | None:
    if tuning is None:
        return None
    return tables.tuned_table(
        (tuning.unseen_before.scores, tuning.rules_before),
        (tuning.unseen_after.scores, tuning.rules_after),
    )


def _no_episodes() -> pl.DataFrame:
    return pl.DataFrame(schema={**EPISODES, "incident": pl.String()})
