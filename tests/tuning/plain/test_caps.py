import numpy as np
import pytest

from simlab.errors import ConfigError
from simlab.tuning.plain.caps import Caps, expected


def test_upper_limits_hold_as_often_as_they_say() -> None:
    """For Poisson pages, 100 days at 0.3 a day: 90 % of 4,000 draws, 80 % for their lengths.

    The lengths are exponential, which makes the sum of so few squares uneven.
    """
    random = np.random.default_rng(5)
    rate, days, mean_days, draws = 0.3, 100.0, 0.05, 4000
    counts = random.poisson(rate * days, draws)
    lengths = [random.exponential(mean_days, count) for count in counts]
    told = expected(
        false=counts.astype(float),
        days=days,
        firing_days=np.array([length.sum() for length in lengths]),
        firing_squares=np.array([np.square(length).sum() for length in lengths]),
        normal_days=days,
    )
    assert np.mean(told.false_alarms_upper >= rate) == pytest.approx(0.9, abs=0.03)
    assert 0.8 <= np.mean(told.firing_ratio_upper >= rate * mean_days) <= 0.93


@pytest.mark.parametrize(
    ("false", "place"),
    [([9, 4, 0, 0], 2), ([9, 0, 4, 0], 3), ([0, 0, 0, 0], 0), ([0, 0, 0, 9], None)],
)
def test_the_least_keeps_the_caps_and_so_does_all_above_it(
    false: list[float], place: int | None
) -> None:
    """A K that keeps them by luck, below one that does not, is passed over."""
    nothing = np.zeros(4)
    told = expected(
        false=np.array(false, dtype=float), days=10, firing_days=nothing, firing_squares=nothing,
        normal_days=10,
    )  # fmt: skip
    assert told.least(Caps(false_alarms_per_day=0.1, firing_ratio=0.5)) == place


@pytest.mark.parametrize(
    ("false_alarms_per_day", "firing_ratio"),
    [(0.0, 0.1), (float("inf"), 0.1), (float("nan"), 0.1), (1.0, 0.0), (1.0, 1.5)],
)
def test_caps_that_nothing_can_keep_are_refused(
    false_alarms_per_day: float, firing_ratio: float
) -> None:
    """By their name."""
    with pytest.raises(ConfigError, match="expected a"):
        Caps(false_alarms_per_day=false_alarms_per_day, firing_ratio=firing_ratio)
