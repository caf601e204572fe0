"""The episodes that matter most come with their moments."""

import polars as pl

from simlab.dataset.schema import Dataset
from simlab.report.moments import MOST, moments
from simlab.tuning.backtest import Backtest

from .cases import strategy


def test_pages_come_before_tickets_and_all_in_the_order_of_time(
    judged: Backtest, trouble: Dataset
) -> None:
    found = moments(judged.episodes, strategy(), trouble.incidents)
    assert len(found.shown) == MOST < judged.episodes.height
    assert f"{MOST} of {judged.episodes.height}" in found.note
    starts = [each.from_ms for each in found.shown]
    assert starts == sorted(starts)
    pages = judged.episodes.filter(pl.col("rule") == "error_rate").height
    assert sum(each.rule == "error_rate" for each in found.shown) == pages > 0


def test_each_says_where_it_was_when_the_truth_is_known(judged: Backtest, trouble: Dataset) -> None:
    known = {each.where for each in moments(judged.episodes, strategy(), trouble.incidents).shown}
    assert "error burst" in known
    assert known <= {"false alarm", "latency spike", "error burst", "cpu saturation"}
    unknown = moments(judged.episodes, strategy(), None).shown
    assert {each.where for each in unknown} == {"not known"}


def test_few_episodes_are_all_there(judged: Backtest) -> None:
    few = judged.episodes.filter(pl.col("rule") == "cpu_high")
    found = moments(few, strategy(), None)
    assert len(found.shown) == few.height == 1
    assert found.note == ""
    assert found.shown[0].peak.endswith(" %")
