"""Without labels thresholds go as low as normal data allow, and hold on other data."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from simlab.alerts.rule import Rule, Search, Steps
from simlab.dataset.schema import TIMESTAMP, Dataset
from simlab.errors import CheckFailedError, InputError
from simlab.tuning.tune import tune

from .cases import S, incidents, slow, small_dataset

HIGH = Rule(name="high", signal="value", threshold=3.0, stale_after="1h")


def noise(seed: int, *, days: int = 40) -> Dataset:
    """A value every ten minutes, standard normal, with nothing to it."""
    count = days * 144
    start = datetime(2026, 1, 5, tzinfo=UTC)
    times = pl.Series([start + timedelta(minutes=10 * i) for i in range(count)], dtype=TIMESTAMP)
    values = np.random.default_rng(seed).standard_normal(count)
    return Dataset(name="noise", rows=pl.DataFrame({"timestamp": times, "value": values}))


def test_without_labels_the_budget_holds_on_unseen_data() -> None:
    """On independent noise it must, whatever the seed, but for rare bad luck."""
    found = [tune(noise(seed), [HIGH], max_false_alarms_per_day=0.5) for seed in range(12)]
    rates = [each.unseen.tuned.false_alarms_per_day.value for each in found]
    assert all(each.chosen_by == "normal" for each in found)
    assert any("without labels" in note for note in found[0].notes)
    assert sum(rate > 0.5 for rate in rates) <= 1
    assert np.mean(rates) > 0.05  # nor is it bought by silence


def test_without_labels_a_looser_budget_gives_a_lower_threshold() -> None:
    limits = [
        tune(noise(1), [HIGH], max_false_alarms_per_day=cap).rules_after[0].limit
        for cap in (0.3, 2.0, 10.0)
    ]
    assert limits[0] > limits[1] > limits[2]


def test_few_incidents_are_not_what_is_chosen_by_unless_asked() -> None:
    dataset = small_dataset(2, (1800, 2700, False), (9000, 9900, False))
    until_us = 7200 * S
    found = tune(dataset, [slow()], train_until_us=until_us, max_false_alarms_per_day=30.0)
    assert found.chosen_by == "normal"
    assert "1 incidents to choose by are too few" in found.notes[-1]
    asked = tune(
        dataset,
        [slow()],
        choose_by="labels",
        train_until_us=until_us,
        max_false_alarms_per_day=30.0,
    )
    assert asked.chosen_by == "labels"


def test_labels_that_are_asked_for_and_not_there_are_refused() -> None:
    with pytest.raises(InputError, match=r"^noise: found no labels.*--choose-by normal"):
        tune(noise(1), [HIGH], choose_by="labels")


def test_normal_data_above_every_threshold_are_an_answer_of_no() -> None:
    dataset = replace(small_dataset(2), incidents=incidents())
    low = slow(0.3, search=Search(threshold=Steps(low=0.2, high=0.4, steps=3), for_=("0s",)))
    with pytest.raises(CheckFailedError, match=r"no thresholds meet the caps on normal data"):
        tune(dataset, [low], choose_by="normal", max_false_alarms_per_day=0.01)
