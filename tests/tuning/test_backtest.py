"""A backtest judges what starts in its interval, with windows warm and truth apart."""

from dataclasses import replace
from math import isnan
from typing import Any

import numpy as np
import polars as pl
import pytest

from simlab.alerts.replay import replay
from simlab.alerts.rule import Rule
from simlab.dataset.schema import TIMESTAMP, Dataset
from simlab.errors import ConfigError, InputError
from simlab.tuning.backtest import ANY_RULE, Backtest, backtest, to_pandas
from simlab.tuning.score import Score

from .cases import S, at_s, busy, incidents, slow, small_dataset

WINDOWS = ((1800, 2700, False), (5000, 5600, True), (9000, 9900, False))
DATASET = small_dataset(3, *WINDOWS)


def series(*points: tuple[float, float], labels: pl.DataFrame | None = None) -> Dataset:
    """A plain series of (second, value)."""
    time_s, value = np.array(points).T
    rows = pl.DataFrame({"timestamp": at_s(*time_s), "value": value})
    return Dataset(
        name="series",
        rows=rows.with_columns(pl.col("timestamp").cast(TIMESTAMP)),
        incidents=labels,
    )


def high(**settings: Any) -> Rule:
    return Rule(**{"name": "high", "signal": "value", "threshold": 1.0, **settings})


PULSES = series(
    *((second, 5.0 if second in {10, 11, 30, 50} else 0.0) for second in range(100)),
    labels=incidents((9, 12, False), (48, 60, False), (29, 31, True), (80, 85, False)),
)
"""Fires from 10 to 12 s, 30 to 31 s and 50 to 51 s."""


def only(found: Backtest) -> Score:
    (score,) = found.scores
    return score


def test_a_backtest_by_hand() -> None:
    found = backtest(PULSES, [high()])
    score = only(found)
    assert (score.episodes, score.true_episodes, score.false_episodes, score.fooled) == (3, 2, 1, 1)
    assert (score.incidents, score.caught) == (3, 2)
    assert score.delay_median_s == 1.5
    assert score.firing_ratio == pytest.approx(4 / 99.000001)
    assert found.episodes["incident"].to_list() == ["i0", None, "i1"]
    by_kind = found.by_kind.select("rule", "kind", "incidents", "caught")
    assert by_kind.rows() == [("high", "error_burst", 3, 2)]
    assert found.lookalikes.rows() == [("high", "load_peak", 1, 1)]


def test_the_interval_includes_its_start_and_not_its_end() -> None:
    found = backtest(PULSES, [high()], start_us=10 * S, until_us=50 * S)
    assert only(found).episodes == 2
    assert backtest(PULSES, [high()], start_us=10 * S + 1, until_us=50 * S + 1).episodes[
        "start"
    ].dt.second().to_list() == [30, 50]


def test_time_firing_is_cut_to_the_interval() -> None:
    """The episode of 10 to 12 s started before, and still fires for a second of twenty."""
    score = only(backtest(PULSES, [high()], start_us=11 * S, until_us=31 * S))
    assert score.firing_ratio == pytest.approx((1 + 1) / 20)
    assert score.episodes == 1


def test_an_incident_that_straddles_the_start_belongs_to_what_came_before() -> None:
    """Its episode is true, but there is nothing to catch."""
    score = only(backtest(PULSES, [high()], start_us=49 * S, until_us=70 * S))
    assert (score.incidents, score.true_episodes, score.false_episodes) == (0, 1, 0)
    assert isnan(score.recall)
    assert score.precision == 1.0


def test_windows_are_warm_at_the_start_of_the_interval() -> None:
    """A maximum over 5 rows at 52 s knows of the pulse at 50 s."""
    rule = high(aggregate="max", window="5 rows")
    score = only(backtest(PULSES, [rule], start_us=52 * S, until_us=60 * S))
    assert score.firing_ratio == pytest.approx(3 / 8)


def test_a_rule_that_never_fires_has_no_precision_and_catches_nothing() -> None:
    score = only(backtest(PULSES, [high(threshold=9.0)]))
    assert (score.episodes, score.recall, score.false_alarms_per_day) == (0, 0.0, 0.0)
    assert isnan(score.precision)
    assert isnan(score.delay_median_s)


def test_without_labels_only_what_needs_no_truth_is_known() -> None:
    found = backtest(replace(PULSES, incidents=None), [high()])
    assert only(found).episodes == 3
    assert isnan(only(found).recall)
    assert found.episodes["incident"].null_count() == 3
    assert found.by_kind.is_empty()
    assert found.lookalikes.is_empty()


def test_with_labels_of_nothing_every_episode_is_a_false_alarm() -> None:
    score = only(backtest(replace(PULSES, incidents=incidents()), [high()]))
    assert (score.incidents, score.false_episodes, score.precision) == (0, 3, 0.0)
    assert isnan(score.recall)


def test_any_rule_counts_every_episode_and_each_incident_once() -> None:
    found = backtest(DATASET, [slow(), busy()])
    first, second, union = found.scores
    assert union.rule == ANY_RULE
    assert union.episodes == first.episodes + second.episodes == found.episodes.height
    assert union.false_episodes == first.false_episodes + second.false_episodes
    assert max(first.caught, second.caught) <= union.caught <= union.incidents == 2
    assert union.firing_ratio < first.firing_ratio + second.firing_ratio


def test_any_rule_fires_where_a_count_of_seconds_finds_one_firing() -> None:
    """Rows, samples and so all edges fall on whole seconds."""
    rules = [slow(), busy()]
    firing: set[int] = set()
    for start, end in replay(rules, DATASET).select("start", "end").rows():
        firing.update(range(round(start.timestamp()), round(end.timestamp())))
    found = backtest(DATASET, rules)
    span_s = (found.until_us - found.start_us) / S
    assert found.scores[-1].firing_ratio == pytest.approx(len(firing) / span_s)


def test_a_rule_without_its_signal_gets_a_note_and_the_others_a_score() -> None:
    found = backtest(replace(DATASET, samples=None), [busy(), slow()])
    missing, judged, union = found.scores
    assert "cpu_percent" in (missing.note or "")
    assert isnan(missing.episodes)
    assert judged.note is None
    assert union.episodes == judged.episodes


def test_when_no_rule_can_be_judged_the_error_says_what_the_data_tells() -> None:
    with pytest.raises(InputError, match=r"^series: .*slow needs duration.*tells: value;[^\n]*$"):
        backtest(PULSES, [slow(), busy()])


def test_an_interval_without_time_is_refused() -> None:
    with pytest.raises(ConfigError, match="interval is empty"):
        backtest(PULSES, [high()], start_us=20 * S, until_us=20 * S)


def test_scores_become_a_frame_of_a_row_a_rule() -> None:
    found = backtest(DATASET, [slow(), busy()])
    frame = to_pandas(found.scores)
    assert frame.index.to_list() == ["slow", "busy", ANY_RULE]
    assert frame.loc["slow", "recall"] == found.scores[0].recall


def test_what_a_group_holds_back_is_no_episode_but_time_firing() -> None:
    """PULSES fires from 10 to 12, 30 to 31 and 50 to 51 s; 18 s of quiet are not enough."""
    found = backtest(PULSES, [high(group="all", cooldown="18500ms")])
    score = only(found)
    assert (score.episodes, score.held, score.caught, score.false_episodes) == (2, 1, 2, 0)
    assert score.firing_ratio == pytest.approx(4 / 99.000001)
    assert found.episodes["held"].to_list() == [False, True, False]
    assert found.episodes["incident"].to_list() == ["i0", None, "i1"]


def test_rules_of_one_group_hold_each_other_back_and_any_rule_counts_the_alert_once() -> None:
    rules = [high(group="all"), high(name="higher", threshold=2.0, group="all")]
    first, second, union = backtest(PULSES, rules).scores
    assert (first.episodes, first.held) == (3, 0)
    assert (second.episodes, second.held, second.caught) == (0, 3, 0)
    assert (union.episodes, union.held, union.caught) == (3, 3, 2)


def test_the_time_to_resolve_is_in_the_score_and_by_kind() -> None:
    """It fires on from 10 to 14 s; the incident is over at 12 s."""
    found = backtest(PULSES, [high(keep_firing_for="3s")])
    assert only(found).resolve_median_s == 2.0
    assert found.by_kind["resolve_median_s"].to_list() == [2.0]
    assert found.by_kind["delay_median_s"].to_list() == [1.5]


def test_a_rule_by_warehouse_is_true_only_where_the_incident_is() -> None:
    """Warehouses 1 and 2 are both slow at 10 s; the incident is that of 2."""
    rows = pl.DataFrame(
        {
            "timestamp": at_s(0, 0, 10, 10.5, 20, 20),
            "duration": [1.0, 1, 9, 9, 1, 1],
            "warehouse_id": [1, 2, 1, 2, 1, 2],
        }
    ).with_columns(pl.col("timestamp").cast(TIMESTAMP))
    labels = incidents((9, 12, False)).with_columns(
        warehouses=pl.Series([[2]], dtype=pl.List(pl.Int32))
    )
    dataset = Dataset(name="two", rows=rows, incidents=labels)
    found = backtest(dataset, [slow(by="warehouse_id")])
    assert found.episodes["incident"].to_list() == [None, "i0"]
    assert (only(found).true_episodes, only(found).false_episodes) == (1, 1)
    assert only(found).delay_median_s == 1.5
