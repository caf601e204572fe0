"""Six cards, one a KPI, with units; what is unknown is a dash, and says why."""

import numpy as np
import polars as pl
import pytest

from simlab.alerts.rule import Rule
from simlab.dataset.schema import Dataset
from simlab.report.cards import Card, cards
from simlab.report.numbers import UNDEFINED
from simlab.report.overview import overview

from .cases import DAY_US, attempts, strategy, timestamps


def _cards(dataset: Dataset, *rules: Rule, **fired: int | None) -> dict[str, Card]:
    return {card.name: card for card in cards(overview(dataset), rules, fired)}


def test_the_six_kpis_are_there_by_their_names(trouble: Dataset) -> None:
    assert list(_cards(trouble)) == [
        "inv_batch_seconds",
        "inv_error_count",
        "cpu_percent",
        "mem_usage_mb",
        "batch_success_rate",
        "retry_count",
    ]


def test_values_carry_their_units() -> None:
    rows = attempts([0.5, 1.5, 2.5], statuses=["success", "error", "retry"], every_s=1800)
    shown = _cards(Dataset(name="d", rows=rows))
    assert shown["inv_batch_seconds"].values == (("P95", "2.4 s"), ("P99", "2.48 s"))
    assert shown["inv_error_count"].values == (("an hour", "1"),)
    assert shown["batch_success_rate"].values == (("of finished batches", "50 %"),)
    assert shown["batch_success_rate"].detail == "1 of 2"
    assert shown["retry_count"].detail == "33.3 % of attempts"


def test_without_samples_cpu_and_memory_are_unknown() -> None:
    shown = _cards(Dataset(name="d", rows=attempts([1.0])))
    for name in ("cpu_percent", "mem_usage_mb"):
        assert {value for _, value in shown[name].values} == {UNDEFINED}
        assert shown[name].detail == "no samples"


@pytest.mark.parametrize(
    ("count", "words"),
    [(None, "not judged"), (0, "never fired"), (1, "fired 1 time"), (3, "fired 3 times")],
)
def test_a_card_says_which_rule_watches_it_and_how_often_it_fired(
    trouble: Dataset, count: int | None, words: str
) -> None:
    shown = _cards(trouble, *strategy(), slow_batch=count)
    assert shown["inv_batch_seconds"].watched == (f"alert if duration > 2 s: {words}",)
    assert shown["retry_count"].watched == ()


def test_a_plain_series_has_one_card_of_its_values() -> None:
    rows = pl.DataFrame({"timestamp": timestamps(DAY_US + np.arange(3)), "value": [1.0, 2, 3]})
    (card,) = _cards(Dataset(name="d", rows=rows)).values()
    assert dict(card.values)["median"] == "2"
    assert card.detail == "over 3 rows"
