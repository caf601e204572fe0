"""Is it all right? The answer in a sentence, from what the rules did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import polars as pl

from simlab.alerts.rule import Rule
from simlab.alerts.signal import Series, series
from simlab.dataset.schema import Dataset
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
    dataset: Dataset, rules: Sequence[Rule], scores: Sequence[Score], episodes: pl.DataFrame
) -> Verdict:
    """Whether it is all right at the end of the data, and was until then.

    Args:
        dataset: what happened.
        rules: what watched it.
        scores: of those rules, and last of all together; empty when none could be judged.
        episodes: of those rules, by their start.
    """
    judged = [score for score in scores if score.note is None]
    reasons = tuple(
        sentence
        for sentence in (_caught(scores), _last(dataset, episodes), _unjudged(scores))
        if sentence
    )
    if not judged:
        return Verdict(level="unknown", headline="Unknown: no rule can be judged", reasons=reasons)
    if firing := still_firing(dataset, rules, episodes):
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


def still_firing(dataset: Dataset, rules: Sequence[Rule], episodes: pl.DataFrame) -> list[str]:
    """The rules whose last episode the end of the data left open."""
    ends = dict(episodes.group_by("rule").agg(pl.col("end").max()).iter_rows())
    return [rule.name for rule in rules if rule.name in ends and _open(dataset, rule, ends)]


def _open(dataset: Dataset, rule: Rule, ends: Mapping[str, datetime]) -> bool:
    """An episode that ends with the last observation was resolved by it, or left open."""
    return any(_open_at_end(rule, judged, ends) for judged in series(rule, dataset))


def _open_at_end(rule: Rule, judged: Series, ends: Mapping[str, datetime]) -> bool:
    if _us(ends[rule.name]) != judged.time_us[-1]:
        return False
    last = judged.value[-1]
    return (
        bool(last > rule.limit if rule.side == "above" else last < rule.limit) or rule.keep_us > 0
    )


def _us(when: datetime) -> int:
    return (when - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


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


def _last(dataset: Dataset, episodes: pl.DataFrame) -> str | None:
    if episodes.is_empty():
        return None
    latest = episodes.row(-1, named=True)
    frames = [frame for frame in (dataset.rows, dataset.samples) if frame is not None]
    end = pl.concat([frame["timestamp"] for frame in frames]).max()
    assert isinstance(end, datetime)
    before = (end - latest["start"]).total_seconds()
    return (
        f"The last alert was {latest['rule']}, at {moment(latest['start'])} UTC, "
        f"{human_s(before)} before the end."
    )


def _unjudged(scores: Sequence[Score]) -> str | None:
    names = [score.rule for score in scores if score.note is not None]
    return f"Not judged, for lack of data: {_and(names)}." if names else None


def _and(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
