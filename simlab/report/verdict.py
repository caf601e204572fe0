"""Is it all right? The answer in a sentence, from what the rules did."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import polars as pl

from simlab.alerts.rule import Rule
from simlab.report.numbers import human_s, moment, number, plural
from simlab.tuning.score import Score


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The answer.

    Attributes:
        level: `good`, no rule fired; `warn`, rules fired and resolved, or incidents went
            unnoticed; `bad`, a rule still fires; `unknown`, no rule could be judged.
        headline: the answer in words.
        reasons: what it rests on, a sentence each.
    """

    level: Literal["good", "warn", "bad", "unknown"]
    headline: str
    reasons: tuple[str, ...]


def verdict(
    rules: Sequence[Rule],
    scores: Sequence[Score],
    episodes: pl.DataFrame,
    *,
    end: datetime | None,
) -> Verdict:
    """Whether it is all right at the end of the data, and was until then.

    Args:
        rules: what watched it.
        scores: of those rules, and last of all together; empty when none could be judged.
        episodes: of those rules, by their start, with `open` for those that still fire.
        end: when the data end; None when there are none.
    """
    judged = [score for score in scores if score.note is None]
    reasons = tuple(
        sentence
        for sentence in (_caught(scores), _last(episodes, end), _unjudged(scores))
        if sentence
    )
    if not judged:
        return Verdict(level="unknown", headline="Unknown: no rule can be judged", reasons=reasons)
    if firing := still_firing(rules, episodes):
        verb = "is" if len(firing) == 1 else "are"
        headline = f"Not all right: {_and(firing)} {verb} firing"
        return Verdict(level="bad", headline=headline, reasons=reasons)
    if episodes.height:
        headline = f"No alert fires at the end; {number(episodes.height)} did before"
        return Verdict(level="warn", headline=headline, reasons=reasons)
    if judged[-1].incidents > 0:
        headline = f"No alert, yet there was trouble: {plural(judged[-1].incidents, 'incident')}"
        return Verdict(level="warn", headline=headline, reasons=reasons)
    return Verdict(level="good", headline="All right: no alert fired", reasons=reasons)


def still_firing(rules: Sequence[Rule], episodes: pl.DataFrame) -> list[str]:
    """The rules that the end of the data left firing."""
    still = set(episodes.filter(pl.col("open"))["rule"])
    return [rule.name for rule in rules if rule.name in still]


def _caught(scores: Sequence[Score]) -> str | None:
    known = _together(scores)
    if known is None or known.incidents != known.incidents:
        return None
    if known.incidents == 0:
        return f"There was no incident; {plural(known.episodes, 'false alarm')}."
    late = f", half of them within {human_s(known.delay_median_s)}" if known.caught else ""
    return (
        f"The rules caught {number(known.caught)} of {plural(known.incidents, 'incident')}{late}, "
        f"and raised {plural(known.false_episodes, 'false alarm')}."
    )


def _together(scores: Sequence[Score]) -> Score | None:
    """The score of all rules together, which is the last one."""
    return scores[-1] if scores and scores[-1].note is None else None


def _last(episodes: pl.DataFrame, end: datetime | None) -> str | None:
    if episodes.is_empty() or end is None:
        return None
    latest = episodes.row(-1, named=True)
    before = max(0.0, (end - latest["start"]).total_seconds())
    return (
        f"The last alert was {latest['rule']}, at {moment(latest['start'])} UTC, "
        f"{human_s(before)} before the end."
    )


def _unjudged(scores: Sequence[Score]) -> str | None:
    names = [score.rule for score in scores if score.note is not None]
    return f"Not judged, for lack of data: {_and(names)}." if names else None


def _and(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
