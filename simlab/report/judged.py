"""What of a backtest is beside the scores: by kind of incident, look-alikes, false alarms."""

from collections.abc import Sequence
from typing import Final

import polars as pl
from rich.console import RenderableType

from simlab.report.numbers import UNDEFINED, human_s, number
from simlab.report.tables import Table
from simlab.report.terminal import Fitting, text_table
from simlab.tuning.backtest import ANY_RULE, Backtest
from simlab.tuning.false_alarm import LAYS

UNNAMED_KIND: Final = "incident"
"""What labels without a kind are called."""

_LAY_HEADS: Final = {
    "look-alike": "in a look-alike",
    "tail": "tail of a label",
    "before": "before an incident",
    "elsewhere": "other warehouses",
    "nothing": "nothing there",
}


def judged_tables(result: Backtest) -> list[RenderableType]:
    """By kind of incident, where kinds are told apart, and the look-alikes, where there are any."""
    tables: list[RenderableType] = []
    if set(result.by_kind["kind"]) - {UNNAMED_KIND}:
        title = "Caught of each kind, and the median delay"
        narrow = _only(result.by_kind, ANY_RULE)
        tables.append(
            Fitting(
                _rendered(kinds_table(result.by_kind), title=title),
                _rendered(kinds_table(narrow), title=title),
            )
        )
    if not result.lookalikes.is_empty():
        title = "Look-alikes, and the false alarms that began in them"
        narrow = _only(result.lookalikes, ANY_RULE)
        tables.append(
            Fitting(
                _rendered(fooled_table(result.lookalikes), title=title),
                _rendered(fooled_table(narrow), title=title),
            )
        )
    return tables


def kinds_table(by_kind: pl.DataFrame) -> Table:
    """How many of each kind each rule caught, and the median of how late; a row a kind."""
    rules = by_kind["rule"].unique(maintain_order=True).to_list()
    cells = {
        (row["kind"], row["rule"]): _caught_cell(row["caught"], row["delay_median_s"])
        for row in by_kind.iter_rows(named=True)
    }
    counts = dict(by_kind.select("kind", "incidents").rows())
    rows = tuple(
        (
            _named(kind),
            number(counts[kind]),
            *(cells.get((kind, rule), UNDEFINED) for rule in rules),
        )
        for kind in sorted(counts)
    )
    return _table(("Kind", "Incidents", *rules), rows)


def fooled_table(lookalikes: pl.DataFrame) -> Table:
    """How many false alarms of each rule began in each kind of look-alike; a row a kind."""
    rules = lookalikes["rule"].unique(maintain_order=True).to_list()
    cells = {
        (row["kind"], row["rule"]): number(row["fooled"])
        for row in lookalikes.iter_rows(named=True)
    }
    counts = dict(lookalikes.select("kind", "lookalikes").rows())
    rows = tuple(
        (_named(kind), number(counts[kind]), *(cells.get((kind, rule), "0") for rule in rules))
        for kind in sorted(counts)
    )
    return _table(("Look-alike", "There were", *rules), rows)


def false_alarms_table(alarms: pl.DataFrame, rules: Sequence[str]) -> RenderableType:
    """The same as `lay_table`, to be printed."""
    return _rendered(lay_table(alarms, rules), title="What lay where false alarms began")


def lay_table(alarms: pl.DataFrame, rules: Sequence[str]) -> Table:
    """How many of each rule's false alarms began where what lay; a row a rule.

    Args:
        alarms: as `explained.Explanation` has them.
        rules: the names of all rules, in their order.
    """
    counted = {
        (rule, lay): count for rule, lay, count in alarms.group_by("rule", "lay").len().rows()
    }
    rows = tuple((rule, *(number(counted.get((rule, lay), 0)) for lay in LAYS)) for rule in rules)
    return _table(("Rule", *(_LAY_HEADS[lay] for lay in LAYS)), rows)


def _only(frame: pl.DataFrame, rule: str) -> pl.DataFrame:
    """The part of one rule, if it is there; or else all."""
    found = frame.filter(pl.col("rule") == rule)
    return frame if found.is_empty() else found


def _caught_cell(caught: int, delay_median_s: float) -> str:
    return f"{caught}, {human_s(delay_median_s)}" if caught else "0"


def _named(kind: str) -> str:
    return kind.replace("_", " ")


def _table(columns: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> Table:
    return Table(columns=columns, numeric=frozenset(range(1, len(columns))), rows=rows)


def _rendered(table: Table, *, title: str) -> RenderableType:
    return text_table(table.columns, table.rows, table.numeric, title=title, note=table.note)
