"""Upper limits of rates are what they say: reached by the truth 95 times of 100 or more."""

from math import exp

import numpy as np
import pytest

from simlab.tuning.budget import Budget
from simlab.tuning.limit import dispersion, upper_count
from simlab.tuning.score import S_PER_DAY
from simlab.tuning.search import upper_alarms


def poisson_at_most(count: int, mean: float) -> float:
    """The chance of so many or fewer, by adding up its terms."""
    term = total = exp(-mean)
    for k in range(1, count + 1):
        term *= mean / k
        total += term
    return total


@pytest.mark.parametrize("count", [0, 1, 2, 5, 10, 30, 100, 300])
def test_without_dispersion_it_is_garwoods_limit(count: int) -> None:
    """That is the mean of which so few or fewer come in 5 % of cases: by bisection, to 1 %."""
    low, high = float(count), 2.0 * count + 10
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if poisson_at_most(count, middle) > 0.05 else (low, middle)
    assert upper_count(np.array(float(count))) == pytest.approx(low, rel=0.01)


@pytest.mark.parametrize(("burst", "per_block"), [(1, 0.5), (1, 3.0), (4, 1.5), (4, 3.0)])
def test_the_truth_lies_below_the_limit_in_19_of_20_draws(burst: int, per_block: float) -> None:
    """Over 20 blocks of bursts of so many alarms: a limit that took them for single ones fails."""
    random = np.random.default_rng(1)
    bursts = random.poisson(per_block / burst, (4000, 20))
    alarms = burst * bursts.astype(np.float64)
    upper = upper_alarms(alarms, np.full(20, S_PER_DAY), np.ones((1, 20)))[:, 0]
    covered = float(np.mean(upper >= per_block * 20))
    assert covered >= 0.93
    naive = float(np.mean(upper_count(alarms.sum(axis=1)) >= per_block * 20))
    assert naive >= 0.94 if burst == 1 else naive < 0.9


def test_dispersion_is_one_for_what_comes_evenly_and_undefined_for_nothing() -> None:
    """Two a block in each; and all twenty in one of ten blocks: 20² / 2 - 20, over 9."""
    even, lumped = np.array(20.0), np.array(20.0)
    assert dispersion(even, np.array(10 * 4.0), span_s=10.0, blocks=10) == 1
    assert dispersion(lumped, np.array(400.0), span_s=10.0, blocks=10) == pytest.approx(20)
    assert dispersion(np.array(0.0), np.array(0.0), span_s=10.0, blocks=10) == 1
    assert dispersion(lumped, np.array(400.0), span_s=10.0, blocks=1) == 1


def test_a_span_is_long_enough_when_three_alarms_would_meet_the_cap_exactly() -> None:
    """The rule of three: at 2 a day, a day and a half without one."""
    assert Budget().can_be_sure(1.5 * S_PER_DAY)
    assert not Budget().can_be_sure(1.45 * S_PER_DAY)
