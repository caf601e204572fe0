"""A sweep's every point is what a backtest of the rule at that point finds."""

from datetime import datetime

import numpy as np
import polars as pl
import pytest
from msgspec.structs import replace

from simlab.alerts.replay import replay
from simlab.alerts.rule import Rule
from simlab.dataset.schema import Dataset
from simlab.tuning.backtest import backtest, labels_of
from simlab.tuning.interval import Interval, whole
from simlab.tuning.sweep import Points, Sweep, sweep

from .cases import S, busy, slow, small_dataset

WINDOWS = ((1800, 2700, False), (2500, 3100, False), (5000, 5600, True), (9000, 9900, False))


def swept(dataset: Dataset, *rules: Rule) -> tuple[Sweep, Interval]:
    interval = whole(dataset)
    truth = labels_of(dataset, interval)
    assert truth is not None
    return sweep(dataset, rules, truth=truth, interval=interval), interval


def at_point(points: Points, position: int) -> Rule:
    """The rule at one of its points."""
    threshold, for_ = float(points.threshold[position]), points.for_[position]
    return replace(points.rule, threshold=threshold, for_=for_)


def outside_s(episodes: pl.DataFrame) -> int:
    """The seconds fired outside of the incidents of `WINDOWS`, counted one by one."""

    def in_incident(second: int) -> bool:
        return any(low <= second < high for low, high, lookalike in WINDOWS if not lookalike)

    def seconds(start: datetime, end: datetime) -> range:
        return range(round(start.timestamp()), round(end.timestamp()))

    pairs = episodes.select("start", "end").rows()
    return sum(not in_incident(second) for pair in pairs for second in seconds(*pair))


@pytest.mark.parametrize("rule", [slow(), busy(), busy(75.0, keep_firing_for="3m", for_="1m")])
def test_each_point_agrees_with_a_backtest(rule: Rule) -> None:
    dataset = small_dataset(5, *WINDOWS)
    found, _ = swept(dataset, rule)
    (points,) = found.points
    assert points.threshold.size == len(points.for_) == points.delay_s.shape[1]
    for position in range(points.threshold.size):
        at = at_point(points, position)
        (score,) = backtest(dataset, [at]).scores
        assert points.episodes[position] == score.episodes
        assert points.false_alarms[position] == score.false_episodes
        assert np.isfinite(points.delay_s[:, position]).sum() == score.caught
        delay_s = points.delay_s[:, position][np.isfinite(points.delay_s[:, position])]
        assert not delay_s.size or np.median(delay_s) == score.delay_median_s
        assert points.firing_s[position] == pytest.approx(outside_s(replay([at], dataset)))


def test_the_time_outside_is_the_span_less_the_incidents_overlap_counted_once() -> None:
    found, interval = swept(small_dataset(5, *WINDOWS), slow())
    assert found.span_s == (interval.until_us - interval.start_us) / S
    assert found.outside_s == pytest.approx(found.span_s - (3100 - 1800) - (9900 - 9000))


def test_steps_are_counted_from_the_rule_as_it_is() -> None:
    found, _ = swept(small_dataset(5, *WINDOWS), slow(3.0, for_="1m"))
    (points,) = found.points
    assert points.threshold.tolist() == [1.5, 1.5, 3.0, 3.0, 4.5, 4.5, 6.0, 6.0]
    assert points.steps.tolist() == [2, 1, 1, 0, 2, 1, 3, 2]
