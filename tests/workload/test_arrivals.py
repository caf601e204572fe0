"""Batches fall due as a Poisson process at the declared rate, or evenly spaced."""

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simlab.errors import ConfigError
from simlab.workload import slices
from simlab.workload.arrivals import Intensity, evenly_random, intensity, place, place_evenly
from simlab.workload.draw import draw
from simlab.workload.loading import parse_profile
from simlab.workload.profile import Profile

from .cases import (
    HOUR_S,
    START,
    case,
    chi_square,
    due_s,
    is_chi_square,
    ks_distance,
    ks_limit,
    table,
)  # fmt: skip

DAILY = [0.5, 2, 1, 0, 0, 1] * 4
WEEKLY = [1, 0.5, 2, 1, 1, 0, 0.25]


def varied(**changes: object) -> Profile:
    return case(arrivals={"per_minute": 6, "hourly": DAILY, "weekday": WEEKLY}, **changes)


def by_seconds(profile: Profile, until_s: int) -> float:
    """Batches expected in the first `until_s` seconds, added up second by second."""
    moments = (profile.start + timedelta(seconds=i) for i in range(until_s))
    return sum(0.1 * DAILY[m.hour] * WEEKLY[m.weekday()] for m in moments)


@pytest.mark.parametrize(
    "start", [START, START + timedelta(days=2, hours=5, minutes=20), START + timedelta(days=6.99)]
)
@pytest.mark.parametrize("until_s", [1, 599, 3_601, 90_000])
def test_a_load_that_starts_at_any_moment_follows_the_hours_and_weekdays_of_that_moment(
    start: object, until_s: int
) -> None:
    profile = varied(start=start, duration="2d")
    assert float(intensity(profile).expected(until_s)) == pytest.approx(
        by_seconds(profile, until_s), rel=1e-6
    )


@given(st.floats(0, 40 * 86_400), st.floats(0, 7 * 86_399))
def test_moment_is_the_inverse_of_expected_wherever_batches_fall_due(
    time_s: float, origin_s: float
) -> None:
    shape = intensity(case(arrivals={"hourly": [1, 3] * 12}))
    shape = Intensity(origin_s=origin_s, edges_s=shape.edges_s, mass=shape.mass)
    assert float(shape.moment(shape.expected(time_s))) == pytest.approx(time_s, abs=1e-4)


def test_counts_a_minute_have_the_mean_and_the_variance_of_a_poisson_process() -> None:
    due = due_s(draw(case(duration="4h", arrivals={"per_minute": 120}), seed=3))
    counts = np.histogram(due, np.arange(0, 241) * 60)[0]
    assert counts.sum() == len(due)
    assert abs(counts.mean() - 120) < 4 * np.sqrt(120 / 240)
    assert is_chi_square(chi_square(counts, 120.0), 240)


def test_arrivals_within_an_hour_are_uniform() -> None:
    due = due_s(draw(case(), seed=4))
    assert ks_distance(due, lambda t: t / HOUR_S) < ks_limit(len(due))


def test_counts_an_hour_follow_the_hourly_and_weekday_factors() -> None:
    due = due_s(draw(varied(duration="7d"), seed=5))
    counts = np.histogram(due, np.arange(0, 169) * HOUR_S)[0]
    expected = 360 * np.outer(WEEKLY, DAILY).ravel()
    assert not counts[expected == 0].any()
    some = expected > 0
    assert is_chi_square(chi_square(counts[some], expected[some]), int(some.sum()))


@pytest.mark.parametrize("rows_per_slice", [65_536, 300])
def test_fixed_arrivals_are_evenly_spaced_over_all_slices(
    monkeypatch: pytest.MonkeyPatch, rows_per_slice: int
) -> None:
    monkeypatch.setattr(slices, "ROWS_PER_SLICE", rows_per_slice)
    profile = case(arrivals={"process": "fixed", "per_minute": 40}, outcome={"retry": 0})
    due = due_s(draw(profile, seed=1))
    np.testing.assert_allclose(due, np.arange(2400) * 1.5 + 0.75, atol=2e-6)


def test_evenly_random_points_are_in_order_and_uniform() -> None:
    points = evenly_random(20_000, np.random.default_rng(1))
    assert (np.diff(points) >= 0).all()
    assert ks_distance(points, lambda u: u) < ks_limit(20_000)
    assert len(evenly_random(0, np.random.default_rng(1))) == 0


def test_placed_arrivals_stay_within_their_slice() -> None:
    shape = intensity(varied(duration="7d"))
    for start_s in range(0, 7 * 86_400, 7_000):
        times = place(
            shape, start_s=start_s, end_s=start_s + 7_000, count=50, rng=np.random.default_rng(9)
        )
        assert ((times >= start_s) & (times < start_s + 7_000)).all()
        even = place_evenly(shape, start_s=start_s, end_s=start_s + 7_000)
        assert ((even > start_s - 1e-6) & (even < start_s + 7_000 + 1e-6)).all()


def spread(**arrivals: object) -> Profile:
    """1,234 independent rows over an hour, without a rate of their own."""
    told = table(shape="rows", rows=1_234, outcome={"max_attempts": 1})
    return parse_profile({**told, "arrivals": arrivals}, where="case.toml")


@pytest.mark.parametrize("process", ["poisson", "fixed"])
@pytest.mark.parametrize("factor", [0.3, 1.0, 2.0])
def test_rows_spread_over_a_duration_are_exactly_as_many_whatever_the_factors(
    process: str, factor: float
) -> None:
    profile = spread(process=process, hourly=[factor] * 24)
    assert len(draw(profile, seed=2).rows) == 1_234


def test_rows_to_be_spread_over_hours_in_which_nothing_falls_due_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"^case: \$\.arrivals: .* 0 for all of the duration"):
        draw(spread(hourly=[0.0, *[1.0] * 23]), seed=1)
