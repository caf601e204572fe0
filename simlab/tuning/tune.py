"""Thresholds chosen on the first part of a dataset, and judged on the rest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf, prod

import polars as pl
from msgspec import structs

from simlab.alerts.rule import Rule
from simlab.dataset.schema import TIMESTAMP, Dataset
from simlab.errors import ConfigError, InputError
from simlab.tuning.backtest import Backtest, backtest, labels_of
from simlab.tuning.front import front
from simlab.tuning.interval import Interval, when, whole
from simlab.tuning.match import Truth
from simlab.tuning.select import Budget, select
from simlab.tuning.sweep import Points, sweep


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """Rules before and after tuning, and what both do where tuning looked and where it did not.

    Attributes:
        rules_before: the rules as given.
        rules_after: the same with their chosen `threshold` and `for`. A rule that cannot be
            judged on the training part is as it was.
        train_until_us: where the training part ends and the unseen one starts [µs since 1970].
        train_before: the rules as given on the training part.
        train_after: the chosen rules on the training part: by how much this looks better than
            `unseen_after` is how far the choice does not carry over.
        unseen_before: the rules as given on the rest.
        unseen_after: the chosen rules on the rest: the figures to believe.
        combinations: how many combinations were compared.
        front: the Pareto front on the training part; `simlab.tuning.front` has its columns.
    """

    rules_before: tuple[Rule, ...]
    rules_after: tuple[Rule, ...]
    train_until_us: int
    train_before: Backtest
    train_after: Backtest
    unseen_before: Backtest
    unseen_after: Backtest
    combinations: int
    front: pl.DataFrame


def tune(
    dataset: Dataset,
    rules: Sequence[Rule],
    *,
    train_until_us: int | None = None,
    max_false_alarms_per_day: float = 2.0,
    max_firing_ratio: float = 0.02,
    cost_missed: float = 60.0,
    cost_late_per_min: float = 1.0,
    cost_page: float = 5.0,
) -> Tuning:
    """Choose one point of each rule's grid, together, at the least cost on the training part.

    The cost is that of missed incidents, of minutes late on those caught (by the first rule
    that does; never more than missing one), and of episodes. The caps are on all rules
    together: false alarms are added up over rules, and so are the times firing outside of
    incidents, which bounds the time that any of them fires from above.

    The choice sees no row and no label of the unseen part. An incident belongs to the part in
    which it begins to show.

    Args:
        dataset: rows and incidents, and samples for the rules that need them.
        rules: what to tune; each keeps exactly one point of its grid.
        train_until_us: the end of the training part [µs since 1970], not included; the middle
            of the dataset in time by default.
        max_false_alarms_per_day: at most so many, over all rules [1/day].
        max_firing_ratio: at most this share of the time outside of incidents is spent firing.
        cost_missed: of an incident that no rule caught.
        cost_late_per_min: of a minute from an incident's start to its first episode.
        cost_page: of an episode.

    Raises:
        InputError: there are no labels, no incident in the training part, or no rule that can
            be judged on it.
        ConfigError: an option is out of its range, or the grids are too large to join.
        CheckFailedError: no combination meets the caps.
    """
    budget = _checked(
        Budget(
            max_false_alarms_per_day=max_false_alarms_per_day,
            max_firing_ratio=max_firing_ratio,
            cost_missed=cost_missed,
            cost_late_per_min=cost_late_per_min,
            cost_page=cost_page,
        )
    )
    interval = _training_interval(dataset, train_until_us)
    training = _before(dataset, interval.until_us)
    truth = _training_truth(training, interval)
    train_before = backtest(training, rules, until_us=interval.until_us)
    judged = _judged(rules, train_before)
    swept = sweep(training, judged, truth=truth, interval=interval)
    chosen = _chosen(swept.points, select(swept, budget))
    after = tuple(chosen.get(rule.name, rule) for rule in rules)
    return Tuning(
        rules_before=tuple(rules),
        rules_after=after,
        train_until_us=interval.until_us,
        train_before=train_before,
        train_after=backtest(training, after, until_us=interval.until_us),
        unseen_before=backtest(dataset, rules, start_us=interval.until_us),
        unseen_after=backtest(dataset, after, start_us=interval.until_us),
        combinations=prod(points.threshold.size for points in swept.points),
        front=front(swept, budget),
    )


def _checked(budget: Budget) -> Budget:
    for name, value in structs.asdict(budget).items():
        if not 0 <= value < inf:
            raise ConfigError(f"{name}: found {value}, expected a number that is 0 or more")
    return budget


def _training_interval(dataset: Dataset, train_until_us: int | None) -> Interval:
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


def _before(dataset: Dataset, until_us: int) -> Dataset:
    """What was known just before a moment."""
    until = pl.lit(until_us).cast(TIMESTAMP)
    samples, incidents = dataset.samples, dataset.incidents
    return replace(
        dataset,
        rows=dataset.rows.filter(pl.col("timestamp") < until),
        samples=None if samples is None else samples.filter(pl.col("timestamp") < until),
        incidents=None if incidents is None else incidents.filter(pl.col("visible_start") < until),
    )


def _training_truth(training: Dataset, interval: Interval) -> Truth:
    truth = labels_of(training, interval)
    if truth is None:
        raise InputError(
            f"{training.name}: found no labels, expected incidents to tune on; give a file of "
            "them with --labels"
        )
    if not truth.incidents.judged.any():
        raise InputError(
            f"{training.name}: found no incident that begins to show from "
            f"{when(interval.start_us)} until {when(interval.until_us)}, expected one or more to "
            "tune on; give a later --train-until, or more data"
        )
    return truth


def _judged(rules: Sequence[Rule], found: Backtest) -> list[Rule]:
    scores = {score.rule: score for score in found.scores}
    return [rule for rule in rules if scores[rule.name].note is None]


def _chosen(points: Sequence[Points], positions: Sequence[int]) -> Mapping[str, Rule]:
    return {
        swept.rule.name: swept.rule.at(
            limit=float(swept.threshold[position]), for_=swept.for_[position]
        )
        for swept, position in zip(points, positions, strict=True)
    }
