"""Intervals hold the truth 95 times in 100, however few the rounds; chance is seldom a difference."""

import math

import numpy as np
import pytest

from simlab.bench.bill import verdict
from simlab.bench.chance import Estimate, difference_of, mean_of, ratio_of, student
from simlab.errors import ConfigError

STUDIES = 1000
TWO_SIDED_95 = {4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 9: 2.262, 14: 2.145, 29: 2.045, 59: 2.001}
"""Student's t, as tables have it (e.g. NIST/SEMATECH e-Handbook, 1.3.6.7.2)."""


def drawn(
    random: np.random.Generator, rounds: int, *, stacks: int, noise: float
) -> list[list[float]]:
    """Costs of the same stack so many times over, in rounds that share the machine's mood."""
    mood = np.exp(random.normal(0, 0.1, rounds))
    return [(mood * np.exp(random.normal(0, noise, rounds))).tolist() for _ in range(stacks)]


@pytest.mark.parametrize(("freedom", "factor"), TWO_SIDED_95.items())
def test_the_factor_is_students_t(freedom: int, factor: float) -> None:
    assert student(freedom) == pytest.approx(factor, abs=0.002)


@pytest.mark.parametrize("rounds", [5, 6, 10])
@pytest.mark.parametrize("noise", [0.01, 0.05, 0.2])
def test_a_stack_against_itself_is_called_a_difference_at_most_5_times_in_100(
    rounds: int, noise: float
) -> None:
    random = np.random.default_rng(rounds)
    called = 0
    for _ in range(STUDIES):
        base, again, other = drawn(random, rounds, stacks=3, noise=noise)
        itself = ratio_of(again, base)
        floor = max(itself.high, 1 / itself.low if itself.low > 0 else math.inf)
        called += verdict(ratio_of(other, base), floor=floor) != "no difference"
    assert called <= 0.05 * STUDIES


@pytest.mark.parametrize("rounds", [5, 6, 10])
def test_the_interval_holds_the_truth_95_times_in_100(rounds: int) -> None:
    """Within what 1,000 studies can tell: three standard errors of 5 %, which are 2 points."""
    random = np.random.default_rng(1)
    held = {"ratio": 0, "difference": 0}
    for _ in range(STUDIES):
        base, other = drawn(random, rounds, stacks=2, noise=0.03)
        held["ratio"] += ratio_of([3 * cost for cost in other], base).holds(3.0)
        held["difference"] += difference_of([1 + cost for cost in other], base).holds(1.0)
    for times in held.values():
        assert 0.93 <= times / STUDIES <= 0.97


def test_a_fifth_more_is_seen_through_noise_of_three_percent() -> None:
    random = np.random.default_rng(2)
    seen = 0
    for _ in range(STUDIES):
        base, again, other = drawn(random, 6, stacks=3, noise=0.03)
        itself = ratio_of(again, base)
        ratio = ratio_of([1.2 * cost for cost in other], base)
        seen += verdict(ratio, floor=max(itself.high, 1 / itself.low)) == "more"
    assert seen > 0.9 * STUDIES


def test_what_a_round_has_in_common_is_no_noise_in_a_ratio() -> None:
    base = [1.0, 10.0, 3.0, 7.0, 2.0]
    assert ratio_of([2 * cost for cost in base], base) == Estimate(2.0, 2.0, 2.0)
    assert mean_of(base).half > 1


def test_too_few_rounds_give_no_figure() -> None:
    with pytest.raises(ConfigError, match=r"--rounds 4: too few for an interval.*5 or more"):
        mean_of([1.0, 2.0, 3.0, 4.0])


def test_a_ratio_to_nothing_is_undefined_and_no_difference() -> None:
    ratio = ratio_of([1.0] * 5, [0.0] * 5)
    assert math.isnan(ratio.value)
    assert verdict(ratio, floor=1.01) == "no difference"
