"""Dials offer windows that a rule can have, and what they swept is what a sweep finds."""

import numpy as np
import pytest

from simlab.alerts.rule import Rule
from simlab.alerts.rules_file import strategy_rules
from simlab.errors import ConfigError
from simlab.tuning.backtest import labels_of
from simlab.tuning.dials import Setting, dials, windows_of
from simlab.tuning.interval import Interval, whole
from simlab.tuning.sweep import sweep
from simlab.workload.draw import draw
from simlab.workload.loading import load_profile, with_rows

DAY = draw(with_rows(load_profile("busy-day"), 20_000), seed=7)


def test_windows_are_half_once_and_twice_as_far_as_the_rule_can_have_them() -> None:
    late = Rule(name="l", signal="age", aggregate="p50", window="10m", threshold=60)
    assert windows_of(late) == ("5m", "10m", "20m")
    few = Rule(name="f", signal="error_ratio", aggregate="ratio", window="100 batches",
               min_count=80, threshold=0.1)  # fmt: skip
    assert windows_of(few) == ("100 batches", "200 batches")
    assert windows_of(strategy_rules()[0]) == ("1 row",)


def test_each_point_is_what_a_sweep_of_that_rule_finds_on_unseen_data() -> None:
    swept = dials(DAY, strategy_rules())
    dial, points = swept.dials[1], swept.unseen.points[1]
    rest = Interval(start_us=swept.train_until_us, until_us=whole(DAY).until_us)
    labels = labels_of(DAY, rest)
    assert labels is not None
    for setting in (Setting(0, 3, 1), Setting(2, 10, 4), dial.given):
        alone = sweep(DAY, [dial.at(setting)], truth=labels, interval=rest).points[0]
        as_is, point = int(alone.steps.argmin()), dial.point(setting)
        assert dial.setting(point) == setting
        assert points.false_alarms[:, point].sum() == alone.false_alarms[0, as_is]
        assert points.episodes[:, point].sum() == alone.episodes[0, as_is]
        np.testing.assert_array_equal(points.delay_s[:, point], alone.delay_s[:, as_is])


def test_a_rule_as_given_is_the_point_without_steps() -> None:
    swept = dials(DAY, strategy_rules())
    for dial, points in zip(swept.dials, swept.train.points, strict=True):
        assert points.steps.argmin() == dial.point(dial.given)
        assert dial.at(dial.given) == dial.rule


def test_windows_for_no_rule_or_that_are_none_are_refused() -> None:
    with pytest.raises(ConfigError, match="windows: found 'x', expected one of slow_batch"):
        dials(DAY, strategy_rules(), windows={"x": ["1m"]})
    with pytest.raises(ConfigError, match="expected such as '100 batches'"):
        dials(DAY, strategy_rules(), windows={"error_rate": ["100 rows"]})
