"""What several test modules look at, made once."""

import pytest

from simlab.dataset.schema import Dataset
from simlab.tuning.backtest import Backtest, backtest

from .cases import day_of_trouble, strategy


@pytest.fixture(scope="session")
def trouble() -> Dataset:
    """A day of trouble: rows, samples, truth."""
    return day_of_trouble()


@pytest.fixture(scope="session")
def judged(trouble: Dataset) -> Backtest:
    """What the strategy's rules did on that day."""
    return backtest(trouble, strategy())
