"""Thresholds chosen on the first part of one dataset, and judged on the rest."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, cast

import numpy as np
import polars as pl

from simlab.alerts.rule import Rule
from simlab.dataset.schema import TIMESTAMP, Dataset
from simlab.errors import ConfigError, InputError
from simlab.tuning.backtest import Backtest, backtest, labels_of
from simlab.tuning.blocks import blocks
from simlab.tuning.budget import Budget
from simlab.tuning.choose import Choice, ChooseBy, choose
from simlab.tuning.figures import figures
from simlab.tuning.front import FRONT_UP_TO, front
from simlab.tuning.interval import Interval, when, whole
from simlab.tuning.match import Truth, no_truth
from simlab.tuning.signals import refuse_untelling
from simlab.tuning.sweep import Sweep, sweep
from simlab.tuning.tally import tally
from simlab.tuning.tuned import Tuned, all_moved, combinations, in_place, silent
from simlab.tuning.unseen import Unseen, judged, tries


@dataclass(frozen=True, kw_only=True, eq=False)
class Tuning(Tuned):
    """Tuning on the first part of one dataset.

    Attributes:
        train_until_us: where the training part ends and the unseen one starts [µs since 1970].
        train_before: the rules as given on the training part.
        train_after: the chosen rules on the training part.
        unseen_before: the rules as given on the rest.
        unseen_after: the chosen rules on the rest.
    """

    train_until_us: int
    train_before: Backtest
    train_after: Backtest
    unseen_before: Backtest
    unseen_after: Backtest


def tune_split(
    dataset: Dataset,
    rules: Sequence[Rule],
    budget: Budget,
    *,
    train_until_us: int | None,
    by: ChooseBy,
    surely: bool,
) -> Tuning:
    """Choose on what comes before a moment, judge on what comes after; see `simlab.tune`."""
    interval = training_interval(dataset, train_until_us)
    training = known_before(dataset, interval.until_us)
    labels = _training_labels(training, interval, by)
    before = backtest(training, rules, until_us=interval.until_us)
    known = _judged(rules, before)
    refuse_untelling(training, known)
    swept = sweep(
        training, known, truth=labels, interval=interval, edges_us=blocks(interval).edges_us
    )
    choice = choose(swept, budget, by=by, surely=surely)
    chosen = all_moved(swept.points, choice.points)
    after = in_place(rules, chosen)
    rest = Interval(start_us=interval.until_us, until_us=whole(dataset).until_us)
    return Tuning(
        budget=budget,
        rules_before=tuple(rules),
        rules_after=after,
        combinations=combinations(swept.points),
        incidents=swept.block.size,
        silent=silent(swept.points, choice.points),
        chosen_by=choice.chosen_by,
        surely=choice.surely,
        promised=figures(tally(swept, np.array(choice.points)), draws=0),
        unseen=_unseen(dataset, known, chosen, rest, budget),
        blocks_are=cast("Literal['day', 'hour']", blocks(rest).noun),
        front=_front(swept, budget, choice),
        notes=choice.notes,
        train_until_us=interval.until_us,
        train_before=before,
        train_after=backtest(training, after, until_us=interval.until_us),
        unseen_before=backtest(dataset, rules, start_us=interval.until_us),
        unseen_after=backtest(dataset, after, start_us=interval.until_us),
    )


def _front(swept: Sweep, budget: Budget, choice: Choice) -> pl.DataFrame:
    most = FRONT_UP_TO * budget.max_false_alarms_per_day
    return front(swept, budget, chosen=choice.points, max_false_alarms_per_day=most)


def _unseen(
    dataset: Dataset,
    rules: Sequence[Rule],
    chosen: Sequence[Rule],
    rest: Interval,
    budget: Budget,
) -> Unseen:
    swept = sweep(
        dataset,
        rules,
        truth=labels_of(dataset, rest) or no_truth(),
        interval=rest,
        edges_us=blocks(rest).edges_us,
        tried=[tries(rule, [at]) for rule, at in zip(rules, chosen, strict=True)],
    )
    return judged(swept, [chosen], cap_per_day=budget.max_false_alarms_per_day)


def training_interval(dataset: Dataset, train_until_us: int | None) -> Interval:
    """The part to choose on: until a moment [µs since 1970], or until the middle of the data.

    Raises:
        ConfigError: the moment leaves nothing to choose on, or nothing to judge on.
    """
    span = whole(dataset)
    middle_us = (span.start_us + span.until_us) // 2
    until_us = middle_us if train_until_us is None else train_until_us
    if not span.start_us < until_us < span.until_us:
        raise ConfigError(
            f"{dataset.name}: found a training part until {when(until_us)}, expected its end "
            f"between the data's {when(span.start_us)} and {when(span.until_us - 1)}, so that "
            "there is something to choose on and something to judge on"
        )
    return Interval(start_us=span.start_us, until_us=until_us)


def known_before(dataset: Dataset, until_us: int) -> Dataset:
    """What was known just before a moment."""
    until = pl.lit(until_us).cast(TIMESTAMP)
    samples, incidents = dataset.samples, dataset.incidents
    return replace(
        dataset,
        rows=dataset.rows.filter(pl.col("timestamp") < until),
        samples=None if samples is None else samples.filter(pl.col("timestamp") < until),
        incidents=None if incidents is None else incidents.filter(pl.col("visible_start") < until),
    )


def _training_labels(training: Dataset, interval: Interval, by: ChooseBy) -> Truth:
    """The truth about the training part; nothing where labels are not needed."""
    truth = labels_of(training, interval)
    if truth is None:
        if by == "labels":
            raise InputError(
                f"{training.name}: found no labels, expected incidents to choose by; give a file "
                "of them with --labels, or choose by normal data alone (--choose-by normal)"
            )
        return no_truth()
    if by != "normal" and not truth.incidents.judged.any():
        raise InputError(
            f"{training.name}: found no incident that begins to show from "
            f"{when(interval.start_us)} until {when(interval.until_us)}, expected one or more to "
            "choose by; give a later --train-until or more data, or choose by normal data alone "
            "(--choose-by normal)"
        )
    return truth


def _judged(rules: Sequence[Rule], found: Backtest) -> list[Rule]:
    scores = {score.rule: score for score in found.scores}
    return [rule for rule in rules if scores[rule.name].note is None]
