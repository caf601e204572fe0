"""Tuning finds what trying every combination finds, and never looks past the split."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from math import isnan, nan
from typing import Any

import polars as pl
import pytest
from msgspec import structs

from simlab.alerts.replay import replay
from simlab.alerts.rule import Rule, Search, Steps
from simlab.dataset.schema import TIMESTAMP, Dataset
from simlab.errors import CheckFailedError, ConfigError, InputError
from simlab.tuning.backtest import Backtest, backtest
from simlab.tuning.grid import grid
from simlab.tuning.tune import tune

from .cases import SLOW_STEPS, S, busy, incidents, samples_of, slow, small_dataset
from .test_sweep import outside_s

WINDOWS = ((1800, 2700, False), (2500, 3100, False), (5000, 5600, True), (9000, 9900, False))
SPLIT_US = 7200 * S
CAPS: dict[str, Any] = {
    "max_false_alarms_per_day": 30.0,
    "max_firing_ratio": 0.03,
    "choose_by": "labels",
}
"""Loose, for two hours that one false alarm makes twelve a day of; by two incidents."""


def parts(dataset: Dataset) -> tuple[Dataset, Dataset]:
    """The rows and samples before the split, and after it; all incidents in both."""
    split = pl.lit(SPLIT_US).cast(TIMESTAMP)
    return (
        replace(
            dataset,
            rows=dataset.rows.filter(pl.col("timestamp") < split),
            samples=samples_of(dataset).filter(pl.col("timestamp") < split),
        ),
        replace(
            dataset,
            rows=dataset.rows.filter(pl.col("timestamp") >= split),
            samples=samples_of(dataset).filter(pl.col("timestamp") >= split),
        ),
    )


def at_each_point(rule: Rule) -> Iterator[tuple[int, Rule]]:
    """The rule at each point of its grid, and how many steps away that is."""
    tried = grid(rule, pl.Series(dtype=pl.Float64).to_numpy())
    for (i, threshold), (j, for_) in product(enumerate(tried.threshold), enumerate(tried.for_)):
        steps = abs(i - tried.threshold_at) + abs(j - tried.for_at)
        yield steps, structs.replace(rule, threshold=float(threshold), for_=for_)


def cost(found: Backtest, windows: tuple[tuple[int, int, bool], ...]) -> float:
    """60 a miss, 1 a minute late, 5 a page, by plain loops over a backtest's episodes."""
    starts = [start.timestamp() for start in found.episodes["start"]]
    total = 5.0 * len(starts)
    for low, high, lookalike in windows:
        if not lookalike and low < SPLIT_US / S:
            inside = [start - low for start in starts if low <= start <= high]
            total += min(60.0, min(inside) / 60) if inside else 60.0
    return total


@pytest.mark.parametrize("seed", range(4))
def test_the_choice_is_that_of_a_loop_over_all_combinations(seed: int) -> None:
    rules = [slow(3.0), busy(70.0, for_="2m")]
    dataset = small_dataset(seed, *WINDOWS)
    training, _ = parts(dataset)
    span_s = backtest(training, rules, until_us=SPLIT_US).start_us
    outside = (SPLIT_US - span_s) / S - (3100 - 1800)
    fired_s: dict[Rule, int] = {}
    ranked = []
    for combination in product(*(at_each_point(rule) for rule in rules)):
        at = [rule for _, rule in combination]
        for rule in at:
            fired_s.setdefault(rule, outside_s(replay([rule], training)))
        found = backtest(training, at, until_us=SPLIT_US)
        union = found.scores[-1]
        within = union.false_alarms_per_day <= 30 and sum(fired_s[r] for r in at) <= 0.03 * outside
        if within:
            steps = sum(away for away, _ in combination)
            ranked.append((round(cost(found, WINDOWS), 6), union.false_episodes, steps, tuple(at)))
    found_tuning = tune(dataset, rules, train_until_us=SPLIT_US, **CAPS)
    best = min(ranked, key=lambda entry: entry[:3])
    chosen = next(entry for entry in ranked if entry[3] == found_tuning.rules_after)
    assert chosen[:3] == best[:3]
    assert found_tuning.combinations == 8 * 6


def test_caps_hold_on_the_training_part() -> None:
    found = tune(small_dataset(2, *WINDOWS), [slow(), busy()], train_until_us=SPLIT_US, **CAPS)
    assert found.train_after.scores[-1].false_alarms_per_day <= 30
    assert found.train_before.scores[-1].false_alarms_per_day > 30


@pytest.mark.parametrize("seed", range(3))
def test_what_comes_after_the_split_never_changes_the_choice(seed: int) -> None:
    """Other rows, other incidents, or next to nothing after the split: the same rules."""
    rules = [slow(), busy(), Rule(name="default_grid", signal="duration", threshold=4.0)]
    training, rest = parts(small_dataset(seed, *WINDOWS))
    _, other = parts(small_dataset(seed + 100, (8000, 13000, False)))
    kept = incidents(*WINDOWS[:3])
    futures = [
        rest,
        other,
        replace(rest, rows=rest.rows.head(1), samples=samples_of(training).clear()),
    ]
    chosen = {
        tune(
            replace(
                training,
                rows=pl.concat([training.rows, future.rows]),
                samples=pl.concat([samples_of(training), samples_of(future)]),
                incidents=pl.concat([kept, labels]),
            ),
            rules,
            train_until_us=SPLIT_US,
            **CAPS,
        ).rules_after
        for future, labels in zip(
            futures,
            [incidents((9000, 9900, False)), incidents((7200, 14000, False)), incidents()],
            strict=True,
        )
    }
    assert len(chosen) == 1


def test_an_incident_across_the_split_is_trained_on_and_not_judged() -> None:
    dataset = small_dataset(1, (7000, 7600, False), (9000, 9900, False))
    found = tune(dataset, [slow()], train_until_us=SPLIT_US, **CAPS)
    assert found.train_after.scores[0].incidents == 1
    assert found.unseen_after.scores[0].incidents == 1


def test_the_middle_of_the_time_is_the_split_by_default() -> None:
    found = tune(small_dataset(2, *WINDOWS), [slow()], **CAPS)
    whole_us = found.unseen_after.until_us - found.train_after.start_us
    assert found.train_until_us == found.train_after.start_us + whole_us // 2
    assert found.unseen_after.start_us == found.train_after.until_us == found.train_until_us


def test_only_threshold_and_for_of_a_rule_change() -> None:
    rules = [slow(severity="page", keep_firing_for="1m"), busy()]
    found = tune(small_dataset(2, *WINDOWS), rules, train_until_us=SPLIT_US, **CAPS)
    assert found.rules_before == tuple(rules)
    for before, after in zip(rules, found.rules_after, strict=True):
        changed = structs.replace(after, threshold=before.threshold, for_=before.for_)
        assert changed == before


def test_a_rule_that_cannot_be_judged_stays_as_it_is() -> None:
    dataset = replace(small_dataset(2, *WINDOWS), samples=None)
    found = tune(dataset, [busy(), slow()], train_until_us=SPLIT_US, **CAPS)
    assert found.rules_after[0] == busy()
    assert "cpu_percent" in (found.unseen_after.scores[0].note or "")


def test_the_front_trades_false_alarms_for_recall_or_delay() -> None:
    front = tune(
        small_dataset(2, *WINDOWS), [slow(), busy()], train_until_us=SPLIT_US, **CAPS
    ).front
    assert front.columns[:8] == [
        "recall", "delay_mean_s", "false_alarms_per_day", "pages_per_day", "firing_ratio", "cost",
        "mark", "on_front",
    ]  # fmt: skip
    front = front.filter("on_front")
    rows = front.select(-pl.col("recall"), "delay_mean_s", "false_alarms_per_day").rows()
    for one in rows:
        assert not any(
            other != one and all(x <= y for x, y in zip(other, one, strict=True)) for other in rows
        )


def test_each_row_of_the_front_is_what_a_backtest_of_it_finds() -> None:
    dataset = small_dataset(2, *WINDOWS)
    training, _ = parts(dataset)
    rules = [slow(), busy()]
    front = tune(dataset, rules, train_until_us=SPLIT_US, **CAPS).front
    assert front.height > 1
    for row in front.iter_rows(named=True):
        at = [
            structs.replace(
                rule, threshold=row[f"{rule.name}.threshold"], for_=row[f"{rule.name}.for"]
            )
            for rule in rules
        ]
        found = backtest(training, at, until_us=SPLIT_US)
        union = found.scores[-1]
        assert row["recall"] == union.recall
        assert row["false_alarms_per_day"] == pytest.approx(union.false_alarms_per_day)
        assert row["pages_per_day"] == pytest.approx(union.pages_per_day)
        assert row["cost"] == pytest.approx(cost(found, WINDOWS))


def test_a_silent_combination_has_no_delay() -> None:
    search = Search(threshold=SLOW_STEPS, for_=("1h",))
    front = tune(
        small_dataset(2, *WINDOWS),
        [slow(search=search, for_="1h")],
        train_until_us=SPLIT_US,
        **CAPS,
    ).front
    assert front.filter("on_front")["recall"].to_list() == [0.0]
    assert isnan(front.filter("on_front")["delay_mean_s"].item())


def test_no_incident_to_train_on_is_refused_with_what_to_do() -> None:
    dataset = small_dataset(1, (5000, 5600, True), (9000, 9900, False))
    with pytest.raises(InputError, match=r"^small: found no incident.*--train-until[^\n]*$"):
        tune(dataset, [slow()], train_until_us=SPLIT_US)


def test_no_labels_are_refused_with_what_to_do() -> None:
    dataset = replace(small_dataset(1), incidents=None)
    with pytest.raises(InputError, match=r"^small: found no labels.*--labels[^\n]*$"):
        tune(dataset, [slow()], choose_by="labels")


def test_caps_that_nothing_meets_are_an_answer_of_no() -> None:
    search = Search(threshold=Steps(low=0.2, high=0.4, steps=2), for_=("0s",))
    with pytest.raises(CheckFailedError, match=r"false alarms per day \(at most 0\)"):
        tune(
            small_dataset(2, *WINDOWS),
            [slow(0.3, search=search)],
            train_until_us=SPLIT_US,
            max_false_alarms_per_day=0.0,
            choose_by="labels",
        )


@pytest.mark.parametrize("split_us", [-1, 0, 20_000 * S])
def test_a_split_outside_of_the_data_is_refused(split_us: int) -> None:
    with pytest.raises(ConfigError, match=r"training part until .*expected its end between"):
        tune(small_dataset(1, *WINDOWS), [slow()], train_until_us=split_us)


@pytest.mark.parametrize("value", [-1.0, nan, float("inf")])
def test_costs_and_caps_are_numbers_from_0(value: float) -> None:
    with pytest.raises(ConfigError, match="cost_page: found"):
        tune(small_dataset(1, *WINDOWS), [slow()], cost_page=value)
