"""The dashboard: one page that holds all it shows, runs nothing and fetches nothing."""

import hashlib
import os
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import polars as pl
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from simlab.errors import OutputError
from simlab.report import tables
from simlab.report.cards import cards
from simlab.report.charts import chart
from simlab.report.heat_chart import heat_chart
from simlab.report.inert import visible
from simlab.report.live import told
from simlab.report.moments import moments
from simlab.report.numbers import human_s, moment, number, plural
from simlab.report.overview import Overview
from simlab.report.page import Page
from simlab.report.panels import panels
from simlab.report.scripts import scripts, sha256
from simlab.report.trend import SPARK_SIZE
from simlab.report.verdict import still_firing, verdict

_LONGEST_TEXT: Final = 400


def dashboard(page: Page) -> str:
    """The page as HTML, complete in itself; the same page gives the same text.

    Its content security policy forbids everything but its own styles, scripts and images: the
    scripts by their hashes, the styles by a mark that no data can know. Text from data is
    escaped, and what is not visible in it is replaced; numbers for the scripts are JSON.
    """
    css, context = Markup(_css()), _context(page)  # noqa: S704 -- our own file
    mark = hashlib.sha256(context["told"].encode()).hexdigest()
    return (
        _environment()
        .get_template("dashboard.html.j2")
        .render(
            css=css,
            mark=mark,
            policy=Markup(_policy(css, mark)),  # noqa: S704 -- hashes
            scripts=scripts(),
            **context,
        )
    )


def _policy(css: str, mark: str) -> str:
    ours = " ".join(sha256(script) for script in scripts())
    return (
        f"default-src 'none'; script-src {ours}; style-src {sha256(css)} 'nonce-{mark}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def write_dashboard(page: Page, path: Path) -> None:
    """Render the page, and put it at `path` whole or not at all.

    Raises:
        OutputError: it cannot be written there.
    """
    text = dashboard(page)
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(f"{path}: cannot be written: {reason}; name another file") from None
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


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


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("simlab.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_inert,
    )


def _inert(value: Any) -> Any:
    """Every text that the template prints passes here; jinja then escapes it."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return visible(value, most=_LONGEST_TEXT)
    return value


def _css() -> str:
    return (files("simlab.report") / "templates" / "dashboard.css").read_text(encoding="utf-8")
