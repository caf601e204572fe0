"""The page's tables, as text in rows: rules, incidents, look-alikes, warehouses."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from simlab.alerts.rule import Rule
from simlab.report.numbers import (
    UNDEFINED,
    human_s,
    moment,
    number,
    part,
    per_day,
    percent,
)
from simlab.report.view import catches, fooled
from simlab.report.words import condition
from simlab.tuning.score import Score

MOST_ROWS: Final = 100
LEAST_BATCHES: Final = 20
"""Finished batches below which a warehouse's error ratio says little."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """Text in rows.

    Attributes:
        columns: the heads; a number column's cells line up to the right.
        numeric: which columns those are.
        rows: as many cells as columns.
        note: what to know when reading it.
    """

    columns: tuple[str, ...]
    numeric: frozenset[int]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


SCORE_COLUMNS: Final = (
    "Rule", "Alert if", "Fired", "Caught", "Precision", "Recall", "Median delay",
    "False alarms/day", "Time firing",
)  # fmt: skip
UNDEFINED_NOTE: Final = f"{UNDEFINED} undefined: nothing to divide by, or no labels to judge by."


def score_cells(score: Score, condition_text: str) -> tuple[str, ...]:
    """One score as the cells of `SCORE_COLUMNS`."""
    return (
        score.rule,
        condition_text,
        number(score.episodes),
        part(score.caught, score.incidents),
        percent(score.precision),
        percent(score.recall),
        human_s(score.delay_median_s),
        per_day(score.false_alarms_per_day),
        percent(score.firing_ratio),
    )


def conditions(scores: Sequence[Score], rules: Sequence[Rule]) -> list[str]:
    """For each score its rule's condition in words; for all rules together, that."""
    words = {rule.name: condition(rule) for rule in rules}
    return [words.get(score.rule, "any of these") for score in scores]


def scores_table(scores: Sequence[Score], rules: Sequence[Rule]) -> Table:
    """How each rule did."""
    rows = tuple(map(score_cells, scores, conditions(scores, rules)))
    missing = [f"{score.rule} was not judged: {score.note}." for score in scores if score.note]
    undefined = [UNDEFINED_NOTE] if any(UNDEFINED in row for row in rows) else []
    return Table(
        columns=SCORE_COLUMNS,
        numeric=frozenset(range(2, len(SCORE_COLUMNS))),
        rows=rows,
        note=" ".join([*undefined, *missing]),
    )


def tuned_table(
    before: tuple[Sequence[Score], Sequence[Rule]], after: tuple[Sequence[Score], Sequence[Rule]]
) -> Table:
    """The strategy's and the tuned rules on the same data, a pair of rows a rule."""
    plain, tuned = scores_table(*before), scores_table(*after)
    pairs = zip(plain.rows, tuned.rows, strict=True)
    rows = tuple(
        row
        for old, new in pairs
        for row in ((old[0], "strategy", *old[1:]), (new[0], "tuned", *new[1:]))
    )
    return Table(
        columns=(SCORE_COLUMNS[0], "Threshold of", *SCORE_COLUMNS[1:]),
        numeric=frozenset(column + 1 for column in plain.numeric),
        rows=rows,
        note=plain.note,
    )


def incidents_table(incidents: pl.DataFrame, episodes: pl.DataFrame) -> Table:
    """Each incident: what, when, how bad, and which rules caught it after how long."""
    found = catches(incidents, episodes)
    shown = incidents.filter(~pl.col("lookalike")).sort("start")
    rows = [
        (
            *_label_cells(row),
            number(math.nan if row["severity"] is None else row["severity"]),
            _where(row["warehouses"]),
            _caught_by(row, found.filter(pl.col("id") == row["id"])),
        )
        for row in shown.head(MOST_ROWS).iter_rows(named=True)
    ]
    return Table(
        columns=("Incident", "Started", "Visible for", "Severity", "Warehouses", "Caught by"),
        numeric=frozenset({2, 3}),
        rows=tuple(rows),
        note=_cut(shown.height, "incidents"),
    )


def lookalikes_table(incidents: pl.DataFrame, episodes: pl.DataFrame) -> Table:
    """Each look-alike: what, when, and which rules it fooled."""
    found = fooled(incidents, episodes)
    shown = incidents.filter(pl.col("lookalike")).sort("start")
    rows = [
        (*_label_cells(row), _fooled(found.filter(pl.col("id") == row["id"])))
        for row in shown.head(MOST_ROWS).iter_rows(named=True)
    ]
    return Table(
        columns=("Look-alike", "Started", "Visible for", "False alarms in it"),
        numeric=frozenset({2}),
        rows=tuple(rows),
        note=_cut(shown.height, "look-alikes"),
    )


def busiest_table(warehouses: pl.DataFrame, names: Mapping[int, str], *, most: int = 6) -> Table:
    """The warehouses with the most batches."""
    return _warehouses(
        warehouses.sort("batches", descending=True, maintain_order=True), names, most
    )


def worst_table(warehouses: pl.DataFrame, names: Mapping[int, str], *, most: int = 6) -> Table:
    """Those with the highest error ratio, among those with batches enough to tell."""
    known = warehouses.filter((pl.col("batches") >= LEAST_BATCHES) & (pl.col("errors") > 0))
    return _warehouses(known.sort("error_ratio", descending=True, maintain_order=True), names, most)


def _warehouses(ordered: pl.DataFrame, names: Mapping[int, str], most: int) -> Table:
    rows = tuple(
        (
            f"{row['warehouse_id']} {names.get(row['warehouse_id'], '')}".strip(),
            number(row["batches"]),
            number(row["errors"]),
            percent(row["error_ratio"]),
            human_s(row["p95"]),
        )
        for row in ordered.head(most).iter_rows(named=True)
    )
    columns = ("Warehouse", "Batches", "Failed", "Error ratio", "P95")
    return Table(columns=columns, numeric=frozenset({1, 2, 3, 4}), rows=rows)


def _label_cells(row: Mapping[str, Any]) -> tuple[str, str, str]:
    start, end = row["visible_start"], row["visible_end"]
    shown = "not at all" if start is None or end is None else human_s((end - start).total_seconds())
    return row["kind"].replace("_", " "), moment(row["start"]), shown


def _where(warehouses: Sequence[int] | None) -> str:
    if warehouses is None:
        return "all"
    listed = ", ".join(map(str, sorted(warehouses)[:5]))
    return listed if len(warehouses) <= 5 else f"{listed} and {len(warehouses) - 5} more"


def _caught_by(row: Mapping[str, Any], found: pl.DataFrame) -> str:
    if row["visible_start"] is None or row["visible_end"] is None:
        return "not judged: it did not show"
    caught = [f"{rule} after {human_s(s)}" for rule, s in found.select("rule", "delay_s").rows()]
    return ", ".join(caught) or "missed"


def _fooled(found: pl.DataFrame) -> str:
    raised = [f"{rule}: {number(count)}" for rule, count in found.select("rule", "episodes").rows()]
    return ", ".join(raised) or "none"


def _cut(height: int, noun: str) -> str:
    return f"The first {MOST_ROWS} of {number(height)} {noun}." if height > MOST_ROWS else ""
