"""A day of the strategy's rules, replayed and scored; and a whole tuning of it."""

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from simlab.alerts.rule import Rule
from simlab.alerts.rules_file import load_rules
from simlab.config import shipped
from simlab.dataset.schema import Dataset
from simlab.tuning.backtest import backtest
from simlab.tuning.tune import tune
from simlab.workload.draw import draw
from simlab.workload.loading import load_profile


@pytest.fixture(scope="module")
def day() -> Dataset:
    """The default profile's day."""
    return draw(load_profile("busy-day"), seed=7)


@pytest.fixture(scope="module")
def rules() -> tuple[Rule, ...]:
    """The strategy's three."""
    return load_rules(shipped("rules", "strategy"))


def test_backtest_of_a_day(
    benchmark: BenchmarkFixture, day: Dataset, rules: tuple[Rule, ...]
) -> None:
    """Three rules over 180,000 attempts and 5,760 samples."""
    benchmark.group = "backtest"
    result = benchmark(lambda: backtest(day, rules))
    assert benchmark.stats is not None
    benchmark.extra_info["rows_per_s"] = round(len(day.rows) / benchmark.stats.stats.median)
    assert len(result.scores) == 4


def test_tuning_of_a_day(
    benchmark: BenchmarkFixture, day: Dataset, rules: tuple[Rule, ...]
) -> None:
    """Every combination of the three rules' grids, and four backtests."""
    benchmark.group = "backtest"
    result = benchmark.pedantic(lambda: tune(day, rules), rounds=3, warmup_rounds=1)
    benchmark.extra_info["combinations"] = result.combinations
    assert result.combinations > 1_000_000
