"""Chunk by chunk a rule has the episodes that it has over the whole, whatever the chunks."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simlab.alerts.replay import episodes
from simlab.alerts.rule import Rule
from simlab.alerts.stream import Stream, streams
from simlab.alerts.thinned import Thinned
from simlab.alerts.windowed import windowed

S = 1_000_000

RULES: list[dict[str, Any]] = [
    {"signal": "value"},
    {"signal": "value", "direction": "below", "threshold": -0.5},
    {"signal": "value", "for_": "20s", "keep_firing_for": "45s"},
    {"signal": "value", "aggregate": "mean", "window": "7 rows", "threshold": 0.3},
    {"signal": "value", "aggregate": "max", "window": "5 rows", "min_count": 2, "threshold": 1.5},
    {"signal": "value", "aggregate": "mean", "window": "1m", "threshold": 0.3, "for_": "10s"},
    {"signal": "value", "aggregate": "min", "window": "20s", "direction": "outside"},
    {"signal": "value", "aggregate": "p95", "window": "40s", "threshold": 1.5},
    {"signal": "value", "aggregate": "robust_z", "window": "20 rows", "threshold": 2.0},
    {"signal": "value", "aggregate": "rate", "window": "30s", "threshold": 0.03},
    {"signal": "value", "aggregate": "record", "window": "2m", "threshold": None, "margin": 0.1},
    {"signal": "value", "aggregate": "record", "window": "9 rows", "threshold": None,
     "margin": 0.1, "direction": "outside"},
    {"signal": "value", "aggregate": "count", "window": "1m", "threshold": 3.0,
     "direction": "below"},
    {"signal": "value", "aggregate": "absent", "window": "40s", "threshold": None, "for_": "15s"},
    {"signal": "value", "aggregate": "mean", "window": "8 rows", "smooth": "25s",
     "threshold": 0.3},
    {"signal": "value", "aggregate": "mean", "window": "2m", "smooth": "25s", "threshold": 0.2},
    {"signal": "value", "evaluate": "15s", "stale_after": "30s", "for_": "30s",
     "keep_firing_for": "30s"},
    {"signal": "value", "aggregate": "mean", "window": "1m", "evaluate": "15s",
     "threshold": 0.3},
    {"signal": "value", "aggregate": "mean", "window": "6 rows", "evaluate": "15s",
     "threshold": 0.3},
    {"signal": "value", "aggregate": "max", "window": "2m", "smooth": "45s", "evaluate": "15s",
     "threshold": 0.5},
    {"signal": "value", "aggregate": "record", "window": "2m", "evaluate": "15s",
     "threshold": None, "margin": 0.1},
    {"signal": "value", "aggregate": "rate", "window": "30s", "evaluate": "15s",
     "threshold": 0.02},
    {"signal": "value", "aggregate": "absent", "window": "40s", "evaluate": "15s",
     "threshold": None},
    {"signal": "error_ratio", "aggregate": "ratio", "window": "10 batches", "threshold": 0.3},
    {"signal": "error_ratio", "aggregate": "ratio", "window": "3m", "short_window": "30s",
     "threshold": 0.3, "evaluate": "15s"},
]  # fmt: skip


def rule_of(settings: dict[str, Any]) -> Rule:
    return Rule(**{"name": "r", "threshold": 1.0, "stale_after": "1m", **settings})


def whole(rule: Rule, time_us: Any, value: Any, until_us: int) -> Any:
    return episodes(
        *windowed(rule, time_us, value, until_us=until_us), threshold=rule.limit,
        direction=rule.side, for_us=rule.for_us, keep_firing_for_us=rule.keep_us,
        stale_after_us=rule.silence_us, until_us=until_us,
    )  # fmt: skip


def drawn(seed: int, size: int, *, flags: bool) -> tuple[Any, Any]:
    """Values every few seconds that hang together, with ties, gaps and NaN."""
    random = np.random.default_rng(seed)
    steps_s = random.choice([0, 1, 3, 5, 8, 70, 200], size, p=[0.1, 0.3, 0.2, 0.2, 0.1, 0.07, 0.03])
    time_us = (np.cumsum(steps_s) + random.integers(0, 100)) * S
    smooth = np.convolve(random.normal(0, 1.5, size + 3), np.ones(4) / 2, mode="valid")
    if flags:
        return time_us, (smooth > 0.8).astype(np.float64)
    smooth[random.random(size) < 0.02] = np.nan
    return time_us, smooth


@pytest.mark.parametrize("chosen", RULES, ids=str)
@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.lists(st.integers(0, 60), max_size=12), st.integers(0, 300))
def test_any_chunks_give_the_episodes_of_the_whole(
    chosen: dict[str, Any], seed: int, cuts: list[int], after_s: int
) -> None:
    rule = rule_of(chosen)
    assert streams(rule)
    time_us, value = drawn(seed, 300, flags=rule.aggregate == "ratio")
    until_us = int(time_us[-1]) + after_s * S
    stream = Stream(rule)
    for first, stop in zip([0, *np.cumsum(cuts)], [*np.cumsum(cuts), None], strict=True):
        stream.take(time_us[first:stop], value[first:stop])
    found, expected = stream.finish(until_us=until_us), whole(rule, time_us, value, until_us)
    for name in ("start_us", "end_us", "peak_value", "n"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))


def test_the_rules_of_this_test_fire() -> None:
    """Or it would compare nothing with nothing."""
    for chosen in RULES:
        rule = rule_of(chosen)
        fired = 0
        for seed in range(10):
            time_us, value = drawn(seed, 300, flags=rule.aggregate == "ratio")
            fired += len(whole(rule, time_us, value, int(time_us[-1])).n)
        assert fired >= 5, rule


def test_what_looks_at_more_than_a_window_does_not_stream() -> None:
    assert not streams(rule_of({"signal": "value", "aggregate": "zscore", "window": "1d"}))
    counted = {"aggregate": "mean", "window": "9 rows", "smooth": "1m", "evaluate": "15s"}
    assert not streams(rule_of({"signal": "value", **counted}))


def test_little_is_kept_of_a_series_that_is_seldom_beyond_the_limit() -> None:
    kept = Thinned(rule_of({"signal": "value"}))
    for chunk in range(10):
        value = np.zeros(100_000)
        value[50_000] = 5.0
        kept.take(np.arange(100_000) * S + chunk * 100_000 * S, value)
    time_us, value = kept.series()
    assert len(time_us) == 10 * 5  # the one, its neighbours, and the chunk's ends
    assert np.count_nonzero(value) == 10
