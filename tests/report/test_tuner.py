"""The tuner's numbers are the backtest's, its front is one, and each turn is quick."""

import time
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from simlab.alerts.replay import replay
from simlab.alerts.rules_file import load_rules, strategy_rules
from simlab.dataset.schema import Dataset
from simlab.errors import ConfigError
from simlab.report import tuner as tuner_module
from simlab.report.tuner import ThresholdTuner
from simlab.report.tuner_panes import WIDGET
from simlab.report.tuner_state import Turning
from simlab.tuning.backtest import backtest
from simlab.tuning.budget import Budget
from simlab.tuning.dials import Setting
from simlab.tuning.split import training_interval
from simlab.workload.draw import draw
from simlab.workload.loading import load_profile

TURN_S = 0.150


@pytest.fixture(scope="module")
def day() -> Dataset:
    """A day with incidents in both halves."""
    return draw(load_profile("busy-day"), seed=7)


@pytest.fixture
def tuner(day: Dataset, tmp_path: Path) -> ThresholdTuner:
    """On the strategy's rules."""
    return ThresholdTuner(day, strategy_rules(), out=tmp_path / "tuned.toml")


def _turned(state: Turning, *, seed: int, count: int) -> Iterator[None]:
    """Turn every rule to somewhere, again and again."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        for place, dial in enumerate(state.dials):
            sizes = (len(dial.windows), dial.grid.threshold.size, len(dial.grid.for_))
            state.turn(place, Setting(*(int(rng.integers(size)) for size in sizes)))
        yield


def test_figures_are_those_of_a_backtest_of_the_rules_as_set(day: Dataset) -> None:
    state = Turning(day, strategy_rules(), budget=Budget())
    unseen_us = training_interval(day, None).until_us
    for _ in _turned(state, seed=3, count=4):
        score = backtest(day, state.rules, start_us=unseen_us).scores[-1]
        now = state.now
        assert now.recall.value == score.recall
        assert now.false_alarms_per_day.value == pytest.approx(score.false_alarms_per_day)
        assert now.pages_per_day.value == pytest.approx(score.pages_per_day)
        if score.caught:
            assert now.delay_median_s.value == pytest.approx(score.delay_median_s)


def test_the_picture_marks_the_episodes_that_a_replay_finds(day: Dataset) -> None:
    state = Turning(day, strategy_rules(), budget=Budget())
    for _ in _turned(state, seed=4, count=2):
        for rule, begun in zip(state.turned, state.shown().begun, strict=True):
            found = replay([rule], day)["start"].dt.timestamp("us").to_numpy()
            np.testing.assert_array_equal(begun.start_us, found)


def test_snapping_ends_where_nothing_catches_more_for_as_few_false_alarms(day: Dataset) -> None:
    state = Turning(day, strategy_rules(), budget=Budget())
    for _ in _turned(state, seed=5, count=2):
        state.snap()
        assert state.on_front
        alarms, recall = state.shown().here
        front = state.ground().front
        assert [alarms, recall] in front.tolist()
        assert not ((front[:, 0] <= alarms) & (front[:, 1] > recall)).any()
        there = state.settings
        state.snap()
        assert state.settings == there


def test_what_is_saved_is_what_is_set_and_reset_goes_back(tuner: ThresholdTuner) -> None:
    begun = tuner.rules
    tuner.set("error_rate", threshold=0.09, window="200 batches", for_="1m")
    rule = tuner.rules[1]
    assert (rule.threshold, rule.window, rule.for_) == (0.09, "200 batches", "1m")
    assert load_rules(tuner.save()) == tuner.rules
    tuner.reset()
    assert tuner.rules == begun


def test_it_starts_at_rules_whose_thresholds_are_off_the_grid(day: Dataset) -> None:
    rules = strategy_rules()
    start = [rules[0].at(limit=2.3456, for_="7m"), *rules[1:]]
    assert ThresholdTuner(day, rules, start=start).rules == tuple(start)


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """What was displayed: what, and how."""
    displayed: list[tuple[dict[str, Any], dict[str, Any]]] = []
    monkeypatch.setattr(
        "IPython.display.display", lambda what, **how: displayed.append((what, how))
    )
    return displayed


def test_a_cell_has_widgets_and_a_picture_that_stays_the_newest(
    tuner: ThresholdTuner, shown: list[tuple[dict[str, Any], dict[str, Any]]]
) -> None:
    tuner._ipython_display_()
    (live, _), (still, how) = shown
    assert live[WIDGET]["model_id"] == tuner._made()._all.model_id
    assert still["text/plain"] == str(tuner)
    assert Image.open(BytesIO(b64decode(still["image/png"]))).width > 900
    tuner.set("slow_batch", threshold=6.0)
    newest, again = shown[-1]
    assert again == {**how, "update": True}
    assert newest["image/png"] != still["image/png"]
    assert "duration > 6 s" in newest["text/plain"]


def test_moving_a_slider_turns_the_rule_and_redraws(tuner: ThresholdTuner) -> None:
    panes = tuner._made()
    (slider,) = [each for each in panes._knobs[0].row.children if each.description == "threshold"]
    before = panes._image.value, panes._table.value
    slider.index += 5
    assert tuner.rules[0].threshold == pytest.approx(2 + 5 * 0.25)
    assert panes._image.value != before[0]
    assert panes._table.value != before[1]
    assert not slider.continuous_update
    tuner.reset()
    assert panes._image.value == before[0]
    assert slider.label == "2 s"


def test_without_ipywidgets_the_text_says_what_to_install(
    tuner: ThresholdTuner,
    shown: list[tuple[dict[str, Any], dict[str, Any]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tuner_module, "find_spec", lambda _: None)
    tuner._ipython_display_()
    assert "pip install 'simlab[lab]'" in shown[0][0]["text/plain"]
    assert WIDGET not in shown[0][0]
    assert "image/png" in shown[1][0]


def test_without_labels_there_is_no_front_and_no_recall(day: Dataset) -> None:
    tuner = ThresholdTuner(replace(day, incidents=None), strategy_rules())
    assert tuner.png()
    with pytest.raises(ConfigError, match="no labels"):
        tuner.snap()


def test_what_cannot_be_set_is_refused_in_a_line(tuner: ThresholdTuner) -> None:
    with pytest.raises(ConfigError, match="expected one of slow_batch, error_rate, cpu_high"):
        tuner.set("fast_batch", threshold=1)
    with pytest.raises(ConfigError, match="window: found '3 batches', expected one of 50 batches"):
        tuner.set("error_rate", window="3 batches")


def test_a_turn_on_a_month_of_data_takes_less_than_150_ms() -> None:
    """The quickest of a dozen: a shared machine may stall in any one of them."""
    month = draw(load_profile("month-of-trouble"), seed=7)
    tuner = ThresholdTuner(month, strategy_rules())
    tuner._made()
    took = []
    for _ in _turned(tuner._state, seed=6, count=12):
        started = time.perf_counter()
        tuner._redraw()
        took.append(time.perf_counter() - started)
    assert min(took) < TURN_S
