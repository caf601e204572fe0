"""A sweep's every point is what a backtest of the rule at that point finds."""

import dataclasses
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
from simlab.tuning.sweep import Points, Sweep, pooled, sweep

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
        assert points.episodes[:, position].sum() == score.episodes
        assert points.false_alarms[:, position].sum() == score.false_episodes
        assert np.isfinite(points.delay_s[:, position]).sum() == score.caught
        delay_s = points.delay_s[:, position][np.isfinite(points.delay_s[:, position])]
        assert not delay_s.size or np.median(delay_s) == score.delay_median_s
        firing_s = points.firing_s[:, position].sum()
        assert firing_s == pytest.approx(outside_s(replay([at], dataset)))


def test_the_time_outside_is_the_span_less_the_incidents_overlap_counted_once() -> None:
    found, interval = swept(small_dataset(5, *WINDOWS), slow())
    assert found.span_s == (interval.until_us - interval.start_us) / S
    assert found.outside_s == pytest.approx(found.span_s - (3100 - 1800) - (9900 - 9000))


def test_blocks_part_what_the_whole_adds_up_to() -> None:
    """Each incident and each episode is in the block in which it starts."""
    dataset = small_dataset(5, *WINDOWS)
    interval = whole(dataset)
    truth = labels_of(dataset, interval)
    assert truth is not None
    edges_us = np.array([interval.start_us, 2600 * S, 9000 * S, interval.until_us])
    parted = sweep(dataset, [slow()], truth=truth, interval=interval, edges_us=edges_us)
    assert parted.block.tolist() == [0, 0, 2]
    assert parted.span_s.sum() == pytest.approx(interval.span_s)
    assert parted.outside_s.tolist() == pytest.approx(
        [1800 - interval.start_us / S, 9000 - 3100, interval.until_us / S - 9900]
    )
    (points,) = parted.points
    for position in range(points.threshold.size):
        starts = replay([at_point(points, position)], dataset)["start"].dt.timestamp("us")
        counts = np.histogram(starts.to_numpy(), bins=edges_us)[0]
        assert points.episodes[:, position].tolist() == counts.tolist()


def test_an_interval_is_judged_as_a_backtest_judges_it() -> None:
    """With windows that were warm before it."""
    dataset = small_dataset(5, *WINDOWS)
    rest = Interval(start_us=2600 * S, until_us=whole(dataset).until_us)
    truth = labels_of(dataset, rest)
    assert truth is not None
    mean = Rule(name="mean", signal="duration", aggregate="mean", window="20m", threshold=1.5)
    (points,) = sweep(dataset, [mean], truth=truth, interval=rest).points
    for position in range(0, points.threshold.size, 7):
        (score,) = backtest(dataset, [at_point(points, position)], start_us=rest.start_us).scores
        assert points.episodes[0, position] == score.episodes
        assert points.false_alarms[0, position] == score.false_episodes
        assert np.isfinite(points.delay_s[:, position]).sum() == score.caught


def test_a_rule_by_warehouse_counts_the_episodes_of_each() -> None:
    dataset = small_dataset(5, *WINDOWS)
    two = pl.Series(np.arange(len(dataset.rows)) % 2 + 1, dtype=pl.Int32)
    assert dataset.incidents is not None
    ids = pl.Series([[1], [2], None, None], dtype=pl.List(pl.Int32))
    dataset = dataclasses.replace(
        dataset,
        rows=dataset.rows.with_columns(warehouse_id=two),
        incidents=dataset.incidents.with_columns(warehouses=ids),
    )
    (points,) = swept(dataset, slow(by="warehouse_id"))[0].points
    for position in range(points.threshold.size):
        (score,) = backtest(dataset, [at_point(points, position)]).scores
        assert points.episodes[0, position] == score.episodes
        assert points.false_alarms[0, position] == score.false_episodes
        assert np.isfinite(points.delay_s[:, position]).sum() == score.caught


def test_a_cooldown_holds_back_in_a_sweep_what_it_does_in_a_backtest() -> None:
    dataset = small_dataset(5, *WINDOWS)
    (points,) = swept(dataset, slow(cooldown="7m"))[0].points
    held = 0.0
    for position in range(points.threshold.size):
        (score,) = backtest(dataset, [at_point(points, position)]).scores
        assert points.episodes[0, position] == score.episodes
        assert points.false_alarms[0, position] == score.false_episodes
        held += score.held
    assert held > 0


def test_pooled_blocks_follow_each_other() -> None:
    one, two = (swept(small_dataset(seed, *WINDOWS), slow())[0] for seed in (5, 6))
    found = pooled([one, two])
    assert found.block.tolist() == [0, 0, 0, 1, 1, 1]
    assert (
        found.points[0].episodes == [one.points[0].episodes[0], two.points[0].episodes[0]]
    ).all()
    assert found.span_s.tolist() == [*one.span_s, *two.span_s]


def test_steps_are_counted_from_the_rule_as_it_is() -> None:
    found, _ = swept(small_dataset(5, *WINDOWS), slow(3.0, for_="1m"))
    (points,) = found.points
    assert points.threshold.tolist() == [1.5, 1.5, 3.0, 3.0, 4.5, 4.5, 6.0, 6.0]
    assert points.steps.tolist() == [2, 1, 1, 0, 2, 1, 3, 2]
