import numpy as np
import pandas as pd
import pytest

from simlab.errors import InputError
from simlab.tuning.plain.frozen import frozen

from .cases import DAY_S, daily, plain


def _averaged(moment_s: np.ndarray, value: np.ndarray) -> pd.Series:
    return pd.Series(value, index=pd.to_datetime(moment_s, unit="s")).rolling("75min").mean()


def test_the_floor_is_the_averaged_signals_deviation() -> None:
    """As pandas has it."""
    moment_s, value = daily(10)
    told = frozen(plain(moment_s, value))
    assert told.floor == pytest.approx(_averaged(moment_s, value).std(ddof=0))
    assert (told.step, told.smooth) == ("5m", "75m")


def test_the_seasonal_floor_is_the_deviation_from_the_median_of_the_days_before() -> None:
    """As pandas has it: of up to seven days, at least three."""
    moment_s, value = daily(10)
    averaged = _averaged(moment_s, value).reset_index(drop=True)
    before = pd.concat([averaged.shift(288 * day) for day in range(1, 8)], axis=1)
    usual = before.median(axis=1).where(before.notna().sum(axis=1) >= 3)
    told = frozen(plain(moment_s, value))
    assert told.seasonal_floor == pytest.approx((averaged - usual).std(ddof=0))
    assert told.seasonal_floor < told.floor / 5


@pytest.mark.parametrize(
    ("step_s", "step", "smooth"),
    [(1, "15s", "75m"), (20, "15s", "75m"), (60, "1m", "75m"), (7200, "5m", "150m")],
)
def test_the_grid_passes_over_no_usual_step(step_s: int, step: str, smooth: str) -> None:
    """It is the longest of 15 s, 30 s, 1 min and 5 min that is no longer; averages hold a row."""
    moment_s = np.arange(0.0, 2.5 * DAY_S, step_s)
    told = frozen(plain(moment_s, np.sin(moment_s)))
    assert (told.step, told.smooth) == (step, smooth)


def test_less_than_two_days_are_refused() -> None:
    """And less than four tell no time of day."""
    with pytest.raises(InputError, match=r"plain: found a first part of 1.9\d? days"):
        frozen(plain(*daily(1.95)))
    assert np.isnan(frozen(plain(*daily(3.9))).seasonal_floor)
