"""The picture of a plan draws the rates and the trouble that the plan has."""

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.dates import date2num

from simlab.report.plan_plot import plan_figure
from simlab.workload.loading import load_profile
from simlab.workload.plan import plan


def bars(ax: Axes) -> list[float]:
    return [float(patch.get_height()) for patch in ax.patches]  # type: ignore[attr-defined]  # bars


def test_each_hour_s_and_each_weekday_s_bar_is_as_high_as_its_rate() -> None:
    planned = plan(load_profile("month-of-trouble"), seed=7)
    hours, weekdays, _ = plan_figure(planned).axes
    np.testing.assert_allclose(bars(hours), planned.hourly)
    np.testing.assert_allclose(bars(weekdays), planned.weekday)
    assert "busy 36 %, at most 70 %" in hours.get_title("left")


def test_each_trouble_is_drawn_where_it_is() -> None:
    planned = plan(load_profile("busy-day"), seed=7)
    lanes = plan_figure(planned).axes[-1]
    drawn = sorted(
        float(np.asarray(path.vertices)[:, 0].min())
        for shape in lanes.collections
        for path in shape.get_paths()
    )
    start = planned.profile.start
    starts = [float(date2num(start)) + trouble.start_s / 86_400 for trouble in planned.troubles]
    np.testing.assert_allclose(drawn, starts, atol=1e-6)


@pytest.mark.parametrize("name", ["flat", "strategy"])
def test_without_trouble_there_are_the_rates_alone(name: str) -> None:
    assert len(plan_figure(plan(load_profile(name), seed=1)).axes) == 1


def test_what_the_workers_can_do_is_drawn_where_the_load_comes_near_it() -> None:
    near = plan(load_profile("black-friday"), seed=7)
    far = plan(load_profile("strategy"), seed=7)
    (line,) = plan_figure(near).axes[0].texts
    assert line.get_text() == "all workers busy at 70,100 an hour"
    assert not plan_figure(far).axes[0].texts
