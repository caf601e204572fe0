"""The dashboard: one page that holds all it shows, runs nothing and fetches nothing."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from simlab.report import tables
from simlab.report.cards import cards
from simlab.report.charts import chart
from simlab.report.heat_chart import heat_chart
from simlab.report.live import told
from simlab.report.moments import moments
from simlab.report.numbers import human_s, moment, number, plural
from simlab.report.overview import Overview
from simlab.report.page import Page
from simlab.report.panels import panels
from simlab.report.scripts import scripts
from simlab.report.template import put, rendered, sha256
from simlab.report.trend import SPARK_SIZE
from simlab.report.verdict import still_firing, verdict


def dashboard(page: Page) -> str:
    """The page as HTML, complete in itself; the same page gives the same text.

    Its content security policy forbids everything but its own styles, scripts and images: the
    scripts by their hashes, the styles by a mark that no data can know. Text from data is
    escaped, and what is not visible in it is replaced; numbers for the scripts are JSON.
    """
    context = _context(page)
    return rendered(
        "dashboard.html.j2",
        mark=hashlib.sha256(context["told"].encode()).hexdigest(),
        scripts=scripts(),
        script_hashes=" ".join(f"'sha256-{sha256(script)}'" for script in scripts()),
        **context,
    )


def write_dashboard(page: Page, path: Path) -> None:
    """Render the page, and put it at `path` whole or not at all.

    Raises:
        OutputError: it cannot be written there.
    """
    put(dashboard(page), path)


def _context(page: Page) -> dict[str, Any]:
    shown, episodes = page.shown, page.episodes
    fired = {score.rule: None if score.note else int(score.episodes) for score in page.scores}
    drawn = panels(shown, page.rules, episodes)
    return {
        "title": page.title,
        "span": _span(shown),
        "facts": page.facts,
        "verdict": verdict(page.rules, page.scores, episodes, end=shown.last),
        "gaps": _gaps(shown),
        "cards": cards(shown, page.rules, fired, still_firing(page.rules, episodes)),
        "spark_size": SPARK_SIZE,
        "charts": [chart(panel) for panel in drawn],
        "heats": [heat_chart(heat, page.warehouse_names) for heat in shown.heats],
        "truth_known": shown.incidents is not None,
        "told": told(drawn, shown.heats, shown.incidents, page.warehouse_names),
        "moments": moments(episodes, page.rules, shown.incidents),
        "scores": tables.scores_table(page.scores, page.rules),
        "tuned": _tuned(page),
        **_truth_tables(shown.incidents, episodes),
        **_warehouse_tables(shown.warehouses, page.warehouse_names),
    }


def _span(shown: Overview) -> str:
    if shown.first is None or shown.last is None:
        return "no rows"
    noun = "value" if shown.is_series else "attempt"
    length = human_s((shown.last - shown.first).total_seconds())
    when = f"{moment(shown.first)} to {moment(shown.last)} UTC"
    return f"{plural(shown.count, noun)} in {length}, {when}"


def _gaps(shown: Overview) -> list[str]:
    """What the page cannot show, and why, a sentence each."""
    gaps = {
        "There are no rows: nothing happened, or nothing was read.": shown.first is None,
        "This is a plain series of values, so there are no batches to count.": shown.is_series,
        "There are no samples of the machine, so CPU and memory are unknown.": shown.samples
        is None,
        "There are no labels, so what the rules caught and missed is unknown.": shown.incidents
        is None,
    }
    found = [sentence for sentence, applies in gaps.items() if applies]
    if shown.lines and shown.lines.rejected:
        lines = plural(shown.lines.rejected, "line")
        found.append(f"{lines} could not be read; {number(shown.lines.accepted)} were.")
    return [*found, *shown.gaps]


def _truth_tables(
    incidents: pl.DataFrame | None, episodes: pl.DataFrame
) -> dict[str, tables.Table | None]:
    if incidents is None:
        return {"incidents": None, "lookalikes": None}
    return {
        "incidents": tables.incidents_table(incidents, episodes),
        "lookalikes": tables.lookalikes_table(incidents, episodes),
    }


def _warehouse_tables(
    warehouses: pl.DataFrame | None, names: Mapping[int, str]
) -> dict[str, tables.Table | None]:
    if warehouses is None:
        return {"busiest": None, "worst": None}
    return {
        "busiest": tables.busiest_table(warehouses, names),
        "worst": tables.worst_table(warehouses, names),
    }


def _tuned(page: Page) -> tuple[tables.Table, str] | None:
    """The given and the chosen thresholds beside each other, and on which data."""
    if (tuning := page.tuning) is not None:
        before = tuning.unseen_before.scores, tuning.rules_before
        after = tuning.unseen_after.scores, tuning.rules_after
        return tables.tuned_table(before, after), "on the part that tuning did not see"
    if (chosen := page.chosen) is not None and page.scores:
        table = tables.tuned_table((page.scores, page.rules), (chosen.scores, chosen.rules))
        return table, "on all of this data, of which tuning has seen a part"
    return None
