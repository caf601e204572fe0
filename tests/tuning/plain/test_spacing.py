import numpy as np
import pytest

from simlab.errors import InputError
from simlab.tuning.plain.spacing import spacing


def test_gaps_repeats_and_uneven_steps_are_counted() -> None:
    """Steps of 60, 60, 0, 60, 300, 40, 60, 60: one gap, one repeat, one uneven step."""
    steps_s = [60, 60, 0, 60, 300, 40, 60, 60]
    told = spacing(np.cumsum([0, *steps_s]) * 1_000_000, name="series")
    assert (told.rows, told.gaps, told.repeated, told.uneven) == (9, 1, 1, 1)
    assert (told.step_s, told.longest_gap_s) == (60.0, 300.0)
    assert told.days == pytest.approx(640 / 86_400)
    assert told.rows_per_day == pytest.approx(9 * 86_400 / 640)


@pytest.mark.parametrize("time_us", [[], [5], [5, 5, 5]])
def test_a_series_of_one_moment_is_refused(time_us: list[int]) -> None:
    """It has no step."""
    with pytest.raises(InputError, match="series: found"):
        spacing(np.array(time_us, dtype=np.int64), name="series")
