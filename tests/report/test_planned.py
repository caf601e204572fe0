"""A plan as a terminal shows it: everything in it, on 80 columns and on 160."""

import msgspec
import pytest

from simlab.report.numbers import percent
from simlab.report.planned import MOST_ROWS, plan_view, profiles_view
from simlab.workload.catalogue import profiles
from simlab.workload.loading import load_profile
from simlab.workload.plan import plan

from .cases import HOSTILE, printed

WIDTHS = [80, 160]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["busy-day", "flat", "month-of-trouble", "strategy"])
def test_a_plan_fits_the_terminal(name: str, width: int) -> None:
    shown = printed(plan_view(plan(load_profile(name), seed=7)), width=width)
    assert max(map(len, shown.splitlines())) <= width
    assert f"Plan of {name}, seed 7" in shown


def test_a_plan_tells_counts_rates_work_and_each_trouble() -> None:
    planned = plan(load_profile("busy-day"), seed=7)
    shown = printed(plan_view(planned), width=160)
    assert f"about {float(f'{planned.rows:.3g}'):,.0f}; 1.02 attempts a batch" in shown
    mean, peak = percent(planned.utilisation), percent(planned.peak_utilisation)
    assert f"4, busy {mean} of the time, {peak} in the busiest hour" in shown
    for hour in range(24):
        assert f" {hour:02}:00 █" in shown
    assert all(trouble.id in shown for trouble in planned.troubles)


def test_weekdays_are_shown_where_they_differ_only() -> None:
    assert " Mon █" not in printed(plan_view(plan(load_profile("busy-day"), seed=1)))
    assert " Mon █" in printed(plan_view(plan(load_profile("month-of-trouble"), seed=1)))


def test_of_hundreds_of_troubles_the_first_are_listed_and_the_rest_counted() -> None:
    planned = plan(load_profile("month-of-trouble"), seed=7)
    incidents = [trouble for trouble in planned.troubles if not trouble.lookalike]
    shown = printed(plan_view(planned), width=160)
    assert f"{len(incidents) - MOST_ROWS} more: --json tells them all" in shown
    assert f" {incidents[MOST_ROWS - 1].id} " in shown
    assert f" {incidents[-1].id} " not in shown


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:16]))
def test_a_hostile_description_is_printed_inert(text: str) -> None:
    profile = msgspec.structs.replace(load_profile("flat"), description=text[:100])
    shown = printed(plan_view(plan(profile, seed=1)))
    assert "\x1b" not in shown
    shown.encode()


@pytest.mark.parametrize("width", WIDTHS)
def test_the_list_of_profiles_fits_and_tells_of_each(width: int) -> None:
    shown = printed(profiles_view(profiles()), width=width)
    assert max(map(len, shown.splitlines())) <= width
    starts = [line.split()[0] for line in shown.splitlines() if line[0] not in " PI"]
    assert starts == [listed.name for listed in profiles()]
    assert "3.5 of 11 kinds" in shown
