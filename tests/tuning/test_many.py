"""Over many datasets each is judged by what the others chose, and nothing else."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from simlab.alerts.rule import Rule
from simlab.dataset.schema import Dataset
from simlab.engine import local
from simlab.errors import ConfigError, InputError
from simlab.tuning.backtest import backtest
from simlab.tuning.budget import Budget
from simlab.tuning.many import Source, tune_many
from simlab.tuning.sources import Drawn
from simlab.tuning.tune import PooledTuning, tune
from simlab.workload.loading import load_profile

from .cases import busy, incidents, slow, small_dataset

WINDOWS = ((1800, 2700, False), (2500, 3100, False), (5000, 5600, True), (9000, 9900, False))
BUDGET = Budget(max_false_alarms_per_day=30.0, max_firing_ratio=0.03)
COUNT = 6


@pytest.fixture(scope="module")
def datasets() -> list[Dataset]:
    return [small_dataset(seed, *WINDOWS, name=f"seed {seed}") for seed in range(COUNT)]


@pytest.fixture(scope="module")
def tuned(datasets: list[Dataset]) -> PooledTuning:
    return tune(
        datasets, [slow(), busy()], max_false_alarms_per_day=30.0, max_firing_ratio=0.03,
        surely=False,
    )  # fmt: skip


def fold_rules(tuned: PooledTuning, place: int) -> list[Rule]:
    """The rules that the other datasets chose."""
    row = tuned.folds.row(place, named=True)
    return [
        rule.at(limit=row[f"{rule.name}.threshold"], for_=row[f"{rule.name}.for"])
        for rule in tuned.rules_before
    ]


def test_each_fold_is_a_backtest_of_the_others_choice(
    tuned: PooledTuning, datasets: list[Dataset]
) -> None:
    for place, dataset in enumerate(datasets):
        union = backtest(dataset, fold_rules(tuned, place)).scores[-1]
        row = tuned.folds.row(place, named=True)
        assert (row["dataset"], row["incidents"], row["caught"]) == (
            dataset.name, union.incidents, union.caught,
        )  # fmt: skip
        assert row["false_alarms_per_day"] == pytest.approx(union.false_alarms_per_day)


def test_each_fold_is_what_tuning_on_the_others_alone_chooses(
    tuned: PooledTuning, datasets: list[Dataset]
) -> None:
    """It cannot depend on the dataset that it is judged on: that one is not there."""
    for place in range(COUNT):
        rest = [each for at, each in enumerate(datasets) if at != place]
        alone = tune(
            rest, [slow(), busy()], max_false_alarms_per_day=30.0, max_firing_ratio=0.03,
            surely=False,
        )  # fmt: skip
        assert list(alone.rules_after) == fold_rules(tuned, place)


def test_unseen_figures_are_those_of_all_folds_together(
    tuned: PooledTuning, datasets: list[Dataset]
) -> None:
    scores = [backtest(d, fold_rules(tuned, i)).scores[-1] for i, d in enumerate(datasets)]
    found = tuned.unseen.tuned
    assert found.recall.value == pytest.approx(sum(s.caught for s in scores) / 3 / COUNT)
    mean = np.mean([score.false_alarms_per_day for score in scores])
    assert found.false_alarms_per_day.value == pytest.approx(mean, rel=0.01)  # spans differ a bit
    given = [backtest(dataset, [slow(), busy()]).scores[-1] for dataset in datasets]
    before = tuned.unseen.given.recall.value
    assert before == pytest.approx(sum(score.caught for score in given) / 3 / COUNT)


def test_a_threshold_moved_is_what_a_backtest_of_it_finds(
    tuned: PooledTuning, datasets: list[Dataset]
) -> None:
    moved = tuned.unseen.sensitivity.filter(rule="slow", factor=0.8).row(0, named=True)
    caught = 0.0
    for place, dataset in enumerate(datasets):
        first, second = fold_rules(tuned, place)
        caught += backtest(dataset, [first.at(limit=first.limit * 0.8), second]).scores[-1].caught
    assert moved["recall"] == pytest.approx(caught / 3 / COUNT)


def test_workers_change_nothing() -> None:
    profile = load_profile("busy-day")
    sources: list[Source] = [Drawn(profile=profile, seed=seed) for seed in range(3)]
    rules = [slow(name="slow_batch")]
    alone = tune_many(sources, rules, BUDGET)
    beside = tune_many(sources, rules, BUDGET, engine=local.map_in_order, workers=2)
    assert alone.rules_after == beside.rules_after
    assert alone.unseen.tuned == beside.unseen.tuned
    assert alone.folds.equals(beside.folds)
    assert alone.folds["dataset"][1] == "busy-day, seed 1"


def test_one_dataset_without_labels_among_others_is_refused(datasets: list[Dataset]) -> None:
    mixed = [*datasets[:2], replace(datasets[2], incidents=None, name="bare")]
    with pytest.raises(InputError, match=r"^bare: found no labels, expected incidents as for"):
        tune(mixed, [slow()])


def test_no_incident_anywhere_is_refused(datasets: list[Dataset]) -> None:
    calm = [replace(each, incidents=incidents((5000, 5600, True))) for each in datasets[:3]]
    with pytest.raises(InputError, match=r"found no incident in any of 3 datasets"):
        tune(calm, [slow()])


def test_without_any_labels_normal_data_choose(datasets: list[Dataset]) -> None:
    calm = [replace(each, incidents=None) for each in datasets]
    found = tune(calm, [slow()], max_false_alarms_per_day=60.0, max_firing_ratio=0.05)
    assert found.chosen_by == "normal"
    assert found.promised.recall.value != found.promised.recall.value
    assert found.folds["incidents"].sum() == 0


def test_what_makes_no_many_is_refused(datasets: list[Dataset]) -> None:
    with pytest.raises(ConfigError, match="found a list of 1 datasets"):
        tune(datasets[:1], [slow()])
    with pytest.raises(ConfigError, match="train_until_us: found it with several datasets"):
        tune(datasets, [slow()], train_until_us=1)  # type: ignore[call-overload]  # what is refused


def test_a_rule_that_the_first_dataset_cannot_tell_stays_as_it_is(
    datasets: list[Dataset],
) -> None:
    bare = [replace(each, samples=None) for each in datasets]
    found = tune(
        bare, [busy(), slow()], max_false_alarms_per_day=30.0, max_firing_ratio=0.03, surely=False
    )
    assert found.rules_after[0] == busy()
    assert "busy.threshold" not in found.folds.columns
    assert isinstance(found.folds, pl.DataFrame)
