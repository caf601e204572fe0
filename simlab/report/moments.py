"""The episodes that matter most, each with its moment, so that a page can lead there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from simlab.alerts.rule import Rule
from simlab.report.numbers import UNDEFINED, human_s, moment, number
from simlab.report.words import value_words

MOST: Final = 40


@dataclass(frozen=True, kw_only=True)
class Moment:
    """One episode.

    Attributes:
        from_ms: when it began [ms since 1970].
        to_ms: when it ended, or the data did.
        rule: which rule.
        began: when, in words.
        lasted: how long, in words.
        peak: the farthest value, with its unit.
        where: in which incident; that it was a false alarm; or that no one knows.
    """

    from_ms: int
    to_ms: int
    rule: str
    began: str
    lasted: str
    peak: str
    where: str


@dataclass(frozen=True, kw_only=True)
class Moments:
    """Episodes in the order of time, and how they were chosen, when there were too many."""

    shown: tuple[Moment, ...]
    note: str


def moments(
    episodes: pl.DataFrame, rules: Sequence[Rule], incidents: pl.DataFrame | None
) -> Moments:
    """At most 40 episodes: what still fires first, then pages, then the longest."""
    pages = [rule.name for rule in rules if rule.severity == "page"]
    chosen = (
        episodes.select(
            *("rule", "start", "end", "peak_value", "warehouse_id", "open", "incident"),
            page=pl.col("rule").is_in(pages),
            length=pl.col("end") - pl.col("start"),
        )
        .sort("open", "page", "length", "start", descending=[True, True, True, False])
        .head(MOST)
        .sort("start", "rule")
    )
    by_name = {rule.name: rule for rule in rules}
    kinds = {} if incidents is None else dict(incidents.select("id", "kind").iter_rows())
    known = incidents is not None
    shown = tuple(
        _moment(row, by_name.get(row["rule"]), _where(row, kinds, truth_known=known))
        for row in chosen.iter_rows(named=True)
    )
    return Moments(shown=shown, note=_note(episodes.height))


def _moment(row: Mapping[str, Any], rule: Rule | None, where: str) -> Moment:
    length = human_s(row["length"].total_seconds())
    peak = row["peak_value"]
    told = UNDEFINED if peak is None else value_words(rule, peak) if rule else number(peak)
    warehouse = "" if row["warehouse_id"] is None else f", warehouse {row['warehouse_id']}"
    return Moment(
        from_ms=int(row["start"].timestamp() * 1000),
        to_ms=int(row["end"].timestamp() * 1000),
        rule=f"{row['rule']}{warehouse}",
        began=moment(row["start"]),
        lasted=f"{length}, still firing" if row["open"] else length,
        peak=told,
        where=where,
    )


def _where(row: Mapping[str, Any], kinds: Mapping[str, str], *, truth_known: bool) -> str:
    if not truth_known:
        return "not known"
    if row["incident"] is None:
        return "false alarm"
    incident = str(row["incident"])
    return kinds.get(incident, incident).replace("_", " ")


def _note(count: int) -> str:
    if count <= MOST:
        return ""
    return f"{MOST} of {number(count)}: what still fires, then pages, then the longest."
