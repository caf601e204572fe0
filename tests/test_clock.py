"""Virtual time jumps, wall time passes, and neither runs backwards."""

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simlab.clock import VirtualClock, WallClock, iso, utc_now_us

START_US = 1_767_571_200_000_000


@given(st.lists(st.integers(0, 2**60)))
def test_virtual_time_is_the_latest_moment_waited_for(moments_us: list[int]) -> None:
    clock = VirtualClock(START_US)
    for number, moment_us in enumerate(moments_us):
        clock.sleep_until_us(moment_us)
        assert clock.now_us() == max(START_US, *moments_us[: number + 1])


def test_a_virtual_year_takes_no_time() -> None:
    begun = time.monotonic()
    VirtualClock(START_US).sleep_until_us(START_US + 365 * 86_400_000_000)
    assert time.monotonic() - begun < 1


@pytest.mark.parametrize("speed", [1.0, 50.0, 1e6])
def test_wall_time_waits_at_least_so_long_at_its_speed(speed: float) -> None:
    clock = WallClock(START_US, speed=speed)
    begun_ns = time.monotonic_ns()
    goal_us = START_US + int(20_000 * speed)
    clock.sleep_until_us(goal_us)
    waited_s = (time.monotonic_ns() - begun_ns) / 1e9
    assert clock.now_us() >= goal_us - speed  # sleep may end a fraction of 1 us early
    assert waited_s > 0.019


def test_a_moment_that_has_passed_is_not_waited_for() -> None:
    clock = WallClock(START_US)
    begun = time.monotonic()
    clock.sleep_until_us(START_US - 60_000_000)
    assert time.monotonic() - begun < 1


def test_wall_time_never_runs_backwards() -> None:
    clock = WallClock(START_US, speed=3.0)
    moments = [clock.now_us() for _ in range(10_000)]
    assert moments == sorted(moments)
    assert moments[0] >= START_US


def test_now_is_the_systems_time() -> None:
    assert abs(utc_now_us() / 1e6 - time.time()) < 5


@given(st.datetimes(datetime(1900, 1, 1), datetime(9999, 1, 1)))  # given a zone below
def test_iso_is_the_moment_in_utc_with_microseconds_and_z(moment: datetime) -> None:
    aware = moment.replace(tzinfo=UTC)
    since = aware - datetime(1970, 1, 1, tzinfo=UTC)
    time_us = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
    assert iso(time_us) == f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z"
