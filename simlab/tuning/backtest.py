"""What rules would have done on a dataset, judged by its labels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

import numpy as np
import polars as pl
from msgspec.structs import asdict

from simlab.alerts.group import held_back
from simlab.alerts.replay import replay
from simlab.alerts.rule import RATIO_SIGNALS, Rule, Signal
from simlab.alerts.signal import observations
from simlab.dataset.schema import Dataset
from simlab.errors import InputError
from simlab.tuning.coverage import covered_s
from simlab.tuning.episodes import matched_to, moments_us, resolved_s
from simlab.tuning.interval import Interval, within
from simlab.tuning.kinds import caught_by_kind, fooled_by_kind
from simlab.tuning.match import Truth, truth
from simlab.tuning.score import Score, score

if TYPE_CHECKING:
    import pandas as pd

ANY_RULE = "any rule"


@dataclass(frozen=True, kw_only=True)
class Backtest:
    """What rules did in an interval of a dataset.

    Attributes:
        start_us: when the judged interval starts [µs since 1970], included.
        until_us: when it ends [µs since 1970], not included.
        scores: one a rule in the order given, and, with more than one, a last one named
            `any rule`: the episodes of all, each counted; what any of them caught, as soon as
            the first did; the time any of them fired.
        episodes: those that started in the judged interval, by their start: `rule`, `start`,
            `end`, `peak_value`, `n`, `warehouse_id`, `held`, and `incident`, the id of the first
            incident in whose window it started, null for a false alarm or without labels. What
            was held back is there, but counts for no score.
        by_kind: for each score's rule and each kind of incident the columns of `kinds.CAUGHT`.
            Empty without labels.
        lookalikes: for each score's rule and each kind of look-alike: `rule`, `kind`,
            `lookalikes` (how many began in the judged interval), `fooled` (false alarms that
            started in one). Empty without labels.
    """

    start_us: int
    until_us: int
    scores: tuple[Score, ...]
    episodes: pl.DataFrame
    by_kind: pl.DataFrame
    lookalikes: pl.DataFrame


@dataclass(frozen=True, kw_only=True)
class _Outcome:
    score: Score
    episodes: pl.DataFrame
    by_kind: pl.DataFrame
    lookalikes: pl.DataFrame


def backtest(
    dataset: Dataset,
    rules: Sequence[Rule],
    *,
    start_us: int | None = None,
    until_us: int | None = None,
) -> Backtest:
    """Replay rules over a whole dataset, and judge what they did in an interval of it.

    Windows are warm at the interval's start, since the rules see what came before. An episode
    counts when it starts in the interval, and an incident when it begins to show in it; an
    episode in an incident that began to show earlier is true, and catches nothing. An episode of
    one warehouse is true only in an incident that concerns that warehouse. What its group held
    back raised no alert, so it is neither true nor false; it counts as time firing. Time firing
    is cut to the interval. A rule whose signal the dataset lacks gets a score of NaN and a note.

    Args:
        dataset: what to replay; its incidents are the truth, None that it is unknown.
        rules: what to judge.
        start_us: the judged interval's start [µs since 1970], included; the first record's
            time by default.
        until_us: its end [µs since 1970], not included; by default just after the last record.

    Raises:
        InputError: the dataset holds nothing, no rule can be judged on it, or an incident ends
            before it starts.
        ConfigError: the interval is empty.
    """
    replayed = {rule.name: _replayed(rule, dataset) for rule in rules}
    return judge(dataset, rules, replayed, start_us=start_us, until_us=until_us)


def judge(
    dataset: Dataset,
    rules: Sequence[Rule],
    replayed: Mapping[str, pl.DataFrame | InputError],
    *,
    start_us: int | None,
    until_us: int | None,
) -> Backtest:
    """Judge what rules did.

    Args:
        dataset: says from when to when the data run, and the truth.
        rules: what to judge.
        replayed: the episodes of each rule by its name, or why it cannot be judged.
        start_us: as in `backtest`.
        until_us: as in `backtest`.

    Raises:
        InputError: as in `backtest`.
        ConfigError: as in `backtest`.
    """
    interval = within(dataset, start_us=start_us, until_us=until_us)
    labels = labels_of(dataset, interval)
    known = [found for found in replayed.values() if isinstance(found, pl.DataFrame)]
    if not known:
        raise _nothing_to_judge(dataset, rules)
    every = pl.concat(known).sort("start", maintain_order=True)
    every = every.with_columns(held=held_back(every, rules))  # by episodes of other rules too
    outcomes = {
        name: _outcome(name, every.filter(pl.col("rule") == name), labels, interval)
        for name, found in replayed.items()
        if isinstance(found, pl.DataFrame)
    }
    scores = [
        outcomes[name].score if name in outcomes else Score(rule=name, note=str(found))
        for name, found in replayed.items()
    ]
    if len(rules) > 1:
        outcomes[ANY_RULE] = _outcome(ANY_RULE, every, labels, interval)
        scores.append(outcomes[ANY_RULE].score)
    return Backtest(
        start_us=interval.start_us,
        until_us=interval.until_us,
        scores=tuple(scores),
        episodes=pl.concat(
            [outcome.episodes for name, outcome in outcomes.items() if name != ANY_RULE]
        ).sort("start", "rule"),
        by_kind=pl.concat([outcome.by_kind for outcome in outcomes.values()]),
        lookalikes=pl.concat([outcome.lookalikes for outcome in outcomes.values()]),
    )


def labels_of(dataset: Dataset, interval: Interval) -> Truth | None:
    """The truth about an interval of a dataset; None when there are no labels."""
    if dataset.incidents is None:
        return None
    return truth(dataset.incidents, from_us=interval.start_us, until_us=interval.until_us)


def to_pandas(scores: Sequence[Score]) -> "pd.DataFrame":
    """Scores as a table to look at: a row a rule, a column a metric."""
    import pandas as pd  # noqa: PLC0415 -- 0.4 s that only who looks at a frame should pay

    return pd.DataFrame([asdict(score) for score in scores]).set_index("rule")


def _replayed(rule: Rule, dataset: Dataset) -> pl.DataFrame | InputError:
    """The rule's episodes, or why it cannot be judged."""
    try:
        return replay([rule], dataset)
    except InputError as error:
        return error


def _outcome(
    name: str, episodes: pl.DataFrame, labels: Truth | None, interval: Interval
) -> _Outcome:
    """What `episodes` amount to, those that started before the judged interval among them."""
    start_us, end_us = (moments_us(episodes[name]) for name in ("start", "end"))
    counted = (start_us >= interval.start_us) & (start_us < interval.until_us)
    held = episodes["held"].to_numpy()
    alerts = episodes.filter(pl.Series(counted & ~held))
    matched = matched_to(alerts, labels) if labels else None
    resolving = resolved_s(alerts, labels) if labels else None
    return _Outcome(
        score=score(
            name,
            episodes=alerts.height,
            firing_s=covered_s(
                start_us, end_us, from_us=interval.start_us, until_us=interval.until_us
            ),
            span_s=interval.span_s,
            held=int(np.count_nonzero(counted & held)),
            truth=labels,
            matched=matched,
            resolve_s=resolving,
        ),
        episodes=_with_incidents(episodes.filter(pl.Series(counted)), labels),
        by_kind=caught_by_kind(name, labels, matched, resolving),
        lookalikes=fooled_by_kind(name, labels, matched),
    )


def _with_incidents(episodes: pl.DataFrame, truth: Truth | None) -> pl.DataFrame:
    """The episodes with `incident`, the id of what each started in, null for none."""
    if truth is None:
        return episodes.with_columns(incident=pl.lit(None, dtype=pl.String))
    ids = pl.Series((*truth.incidents.id, None), dtype=pl.String)
    found = matched_to(episodes, truth).incident
    # The last is for -1, a false alarm.
    return episodes.with_columns(incident=ids.gather(np.where(found < 0, len(ids) - 1, found)))


def _nothing_to_judge(dataset: Dataset, rules: Sequence[Rule]) -> InputError:
    needed = ", ".join(f"{rule.name} needs {rule.signal}" for rule in rules) or "there is none"
    found = ", ".join(signal for signal in get_args(Signal) if _tells(dataset, signal))
    return InputError(
        f"{dataset.name}: found no rule that can be judged ({needed}), expected rules on what "
        f"the data tells: {found or 'no signal'}; write a rules file for that"
    )


def _tells(dataset: Dataset, signal: Signal) -> bool:
    counted = signal in RATIO_SIGNALS
    probe = Rule(
        name="probe", signal=signal, aggregate="ratio" if counted else "mean", window="1m",
        threshold=0.0,
    )  # fmt: skip
    try:
        observations(probe, dataset)
    except InputError:
        return False
    return True
