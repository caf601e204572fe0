"""Episodes over arrays are those that the words of `simlab.alerts` give, step by step."""

import math
from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simlab.alerts.replay import EPISODES, episodes, firing, firing_s, replay, runs, silences
from simlab.alerts.rule import Rule, Side
from simlab.alerts.rules_file import load_rules
from simlab.alerts.spans import Times, Values
from simlab.alerts.windowed import windowed
from simlab.config import shipped

from .cases import MINUTE, SECOND, attempt, dataset, episodes_by_hand, sample, series, steps

NO_SILENCE = 10**15


def found(
    time_us: Sequence[int] | Times,
    value: Sequence[float] | Values,
    *,
    threshold: float = 2.0,
    direction: Side = "above",
    for_us: int = 0,
    keep_us: int = 0,
    stale_us: int = NO_SILENCE,
    until_us: int | None = None,
) -> list[tuple[int, int, float, int]]:
    """Episodes as (start, end, peak, n)."""
    result = episodes(
        np.array(time_us, dtype=np.int64), np.array(value, dtype=np.float64),
        threshold=threshold, direction=direction, for_us=for_us, keep_firing_for_us=keep_us,
        stale_after_us=stale_us, until_us=until_us,
    )  # fmt: skip
    columns = (result.start_us, result.end_us, result.peak_value, result.n)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def spans(*args: Sequence[float] | Values | Times, **keys: object) -> list[tuple[int, int]]:
    """Episodes as (start, end)."""
    return [(start, end) for start, end, *_ in found(*args, **keys)]  # type: ignore[arg-type]  # by name


@given(
    steps=steps,
    threshold=st.sampled_from([0.0, 1.0, 2.0]),
    direction=st.sampled_from(["above", "below"]),
    for_s=st.integers(0, 6),
    keep_s=st.integers(0, 6),
    stale_s=st.integers(0, 7),
    idle_s=st.none() | st.integers(0, 10),
)
def test_arrays_give_the_episodes_of_the_words(
    steps: list[tuple[int, float]],
    threshold: float,
    direction: Side,
    for_s: int,
    keep_s: int,
    stale_s: int,
    idle_s: int | None,
) -> None:
    time_us = (np.cumsum([step for step, _ in steps], dtype=np.int64) * SECOND).tolist()
    value = [value for _, value in steps]
    until_us = None if idle_s is None or not time_us else time_us[-1] + idle_s * SECOND
    rule = Rule(
        name="r", signal="value", threshold=threshold, direction=direction, for_=f"{for_s}s",
        keep_firing_for=f"{keep_s}s", stale_after=f"{stale_s}s",
    )  # fmt: skip
    by_hand = episodes_by_hand(rule, time_us, value, until_us)
    by_array = found(
        time_us, value, threshold=threshold, direction=direction, for_us=rule.for_us,
        keep_us=rule.keep_us, stale_us=rule.stale_after_us, until_us=until_us,
    )  # fmt: skip
    assert by_array == [episode[:4] for episode in by_hand]


def error_rule() -> Rule:
    return load_rules(shipped("rules", "strategy"))[1]


def judged(flags: Values) -> Values:
    return windowed(error_rule(), np.arange(len(flags)), flags)[1]


def test_exactly_5_errors_of_100_never_fire() -> None:
    value = judged(np.tile([1.0] + [0.0] * 19, 100))
    assert found(range(len(value)), value, threshold=0.05) == []


def test_the_6th_error_of_100_fires() -> None:
    flags = np.zeros(300)
    flags[[100, 110, 120, 130, 140, 150]] = 1
    value = judged(flags)
    assert found(range(300), value, threshold=0.05) == [(150, 200, 0.06, 50)]


def test_errors_before_the_window_is_full_fire_nothing() -> None:
    value = judged(np.ones(100))
    assert found(range(100), value, threshold=0.05) == [(99, 99, 1.0, 1)]


def test_for_5_minutes_at_steps_of_15_s_fires_at_the_21st_true_sample() -> None:
    time_us = np.arange(40) * 15 * SECOND
    for true_count, expected in ((20, []), (21, [(20, 21)])):
        value = np.where(np.arange(40) < true_count, 90.0, 10.0)
        at = spans(time_us, value, threshold=85, for_us=5 * MINUTE)
        assert [(start // (15 * SECOND), end // (15 * SECOND)) for start, end in at] == expected


def test_a_value_that_equals_the_threshold_is_neither_above_nor_below() -> None:
    assert spans([0, 1], [2.0, 2.0]) == []
    assert spans([0, 1], [2.0, 2.0], direction="below") == []
    assert spans([0, 1], [math.nextafter(2, 3), 2.0]) == [(0, 1)]
    assert spans([0, 1], [math.nextafter(2, 1), 2.0], direction="below") == [(0, 1)]


def test_nan_is_beyond_nothing_and_ends_an_episode() -> None:
    assert spans([0, 1, 2], [3.0, math.nan, 3.0]) == [(0, 1), (2, 2)]
    assert spans([0, 1], [math.nan, math.nan], direction="below") == []


def test_a_silence_longer_than_stale_after_resolves_at_its_end() -> None:
    assert spans([0, 10, 31], [3, 3, 3], stale_us=20) == [(0, 30), (31, 31)]


def test_a_silence_of_exactly_stale_after_resolves_nothing() -> None:
    assert spans([0, 10, 30], [3, 3, 3], stale_us=20) == [(0, 30)]


def test_a_silence_makes_a_pending_rule_start_over() -> None:
    assert spans([0, 10, 31, 41], [3, 3, 3, 3], for_us=15, stale_us=20) == []
    assert spans([0, 10, 31, 46], [3, 3, 3, 3], for_us=15, stale_us=20) == [(46, 46)]


def test_a_silence_leaves_the_window_its_values() -> None:
    rule = Rule(
        name="r", signal="value", aggregate="min", window="2 rows", threshold=2, stale_after="1m"
    )
    data = series([0, SECOND, 5 * MINUTE], [3.0, 3.0, 4.0])
    assert replay([rule], data)["start"].dt.timestamp("us").to_list() == [SECOND, 5 * MINUTE]


def test_time_that_goes_on_in_silence_ends_the_last_episode() -> None:
    assert spans([0, 10], [3, 3], stale_us=20, until_us=30) == [(0, 10)]
    assert spans([0, 10], [3, 3], stale_us=20, until_us=31) == [(0, 30)]


def test_keep_firing_for_bridges_what_is_shorter_and_resolves_once_it_is_over() -> None:
    times, value = [0, 4, 8, 9, 13, 14], [3, 1, 1, 3, 1, 1]
    assert spans(times, value, keep_us=0) == [(0, 4), (9, 13)]
    assert spans(times, value, keep_us=8) == [(0, 8), (9, 14)]
    assert spans(times, value, keep_us=9) == [(0, 14)]
    assert spans(times, value, keep_us=4) == [(0, 4), (9, 13)]


def test_a_kept_episode_counts_and_peaks_over_all_its_runs() -> None:
    times, value = range(6), [3, 1, 5, 4, 1, 1]
    assert found(times, value, keep_us=2) == [(0, 5, 5.0, 3)]
    assert found(times, [-v for v in value], direction="below", threshold=-2, keep_us=2) == [
        (0, 5, -5.0, 3)
    ]


def test_an_undefined_value_within_a_kept_episode_leaves_its_peak_alone() -> None:
    assert found(range(3), [3, math.nan, 5], keep_us=2) == [(0, 2, 5.0, 2)]


def test_observations_at_one_moment_count_in_their_order() -> None:
    assert spans([5, 5, 5], [3, 1, 3]) == [(5, 5), (5, 5)]
    assert spans([5, 5, 5], [1, 3, 3]) == [(5, 5)]


def test_an_episode_without_an_end_ends_at_the_last_observation() -> None:
    assert found([0, 5, 9], [1, 3, 4]) == [(5, 9, 4.0, 2)]


@given(steps=steps, for_s=st.integers(0, 6), keep_s=st.integers(0, 6), stale_s=st.integers(0, 7))
def test_one_scan_serves_every_for(
    steps: list[tuple[int, float]], for_s: int, keep_s: int, stale_s: int
) -> None:
    time_us = np.cumsum([step for step, _ in steps], dtype=np.int64)
    value = np.array([value for _, value in steps])
    known = silences(time_us, stale_after_us=stale_s)
    scan = runs(
        time_us, value, threshold=1.0, direction="above", stale_after_us=stale_s,
        known_silences=known,
    )  # fmt: skip
    at = firing(scan, for_us=for_s, keep_firing_for_us=keep_s)
    expected = found(
        time_us.tolist(), value.tolist(), threshold=1.0, for_us=for_s, keep_us=keep_s,
        stale_us=stale_s,
    )  # fmt: skip
    assert list(zip(at.start_us, at.end_us, at.n, strict=True)) == [
        (start, end, n) for start, end, _, n in expected
    ]
    assert np.array_equal(time_us[at.first], at.start_us)
    assert firing_s(at.start_us, at.end_us) == pytest.approx(
        sum(end - start for start, end, *_ in expected) / 1e6
    )


def test_runs_are_the_unbroken_stretches_beyond_the_threshold() -> None:
    scan = runs(
        np.array([0, 1, 2, 3, 30, 31]), np.array([3.0, 3, 1, 3, 3, np.nan]), threshold=2.0,
        direction="above", stale_after_us=20,
    )  # fmt: skip
    assert scan.silences.tolist() == [4]
    assert (scan.first.tolist(), scan.last.tolist()) == ([0, 3, 4], [1, 3, 4])


def test_the_rules_episodes_come_in_one_frame_by_start_then_in_the_rules_order() -> None:
    rules = [
        Rule(name="fast", signal="duration", threshold=0.5, direction="below"),
        Rule(name="slow", signal="duration", threshold=2.0),
        Rule(name="busy", signal="cpu_percent", threshold=85.0),
    ]
    data = dataset(
        [
            attempt(1 * SECOND, duration=3.0),
            sample(1 * SECOND, cpu_percent=90.0),
            attempt(2 * SECOND, duration=0.25),
            attempt(3 * SECOND, duration=4.0),
            sample(6 * MINUTE, cpu_percent=10.0),
        ]
    )
    frame = replay(rules, data)
    assert dict(frame.schema) == EPISODES
    assert frame.with_columns(pl.col("start", "end").dt.timestamp("us") // SECOND).rows() == [
        ("slow", 1, 2, 3.0, 1, None, False, False),
        ("busy", 1, 301, 90.0, 1, None, False, False),
        ("fast", 2, 3, 0.25, 1, None, False, False),
        ("slow", 3, 303, 4.0, 1, None, False, False),
    ]


def test_what_never_fires_and_no_rules_give_an_empty_frame_of_the_same_columns() -> None:
    quiet = Rule(name="quiet", signal="value", threshold=9.0)
    for rules in ([], [quiet]):
        frame = replay(rules, series([0, 1], [1.0, 2.0]))
        assert (dict(frame.schema), frame.height) == (EPISODES, 0)
