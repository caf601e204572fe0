"""Is it all right? The answer follows from what rules did, and says what it rests on."""

from dataclasses import replace

import pytest

from simlab.alerts.rule import Rule
from simlab.dataset.schema import Dataset
from simlab.report.verdict import Verdict, still_firing, verdict
from simlab.tuning.backtest import Backtest, backtest

from .cases import attempts, incident, labels, strategy

SLOW = Rule(name="slow", signal="duration", threshold=2.0)


def _judged(dataset: Dataset, *rules: Rule) -> Verdict:
    found = backtest(dataset, rules)
    end = dataset.rows["timestamp"][-1]
    return verdict(rules, found.scores, found.episodes, end=end)


@pytest.mark.parametrize(
    ("durations", "level"),
    [([1.0, 1.0, 1.0], "good"), ([1.0, 3.0, 1.0], "warn"), ([1.0, 1.0, 3.0], "bad")],
)
def test_the_level_is_that_of_the_end_of_the_data(
    durations: list[float | None], level: str
) -> None:
    assert _judged(Dataset(name="d", rows=attempts(durations)), SLOW).level == level


def test_an_episode_resolved_by_the_last_row_no_longer_fires() -> None:
    dataset = Dataset(name="d", rows=attempts([1.0, 3.0, 1.0]))
    episodes = backtest(dataset, [SLOW]).episodes
    assert episodes["end"][-1] == dataset.rows["timestamp"][-1]
    assert still_firing([SLOW], episodes) == []


def test_a_rule_kept_firing_at_the_end_still_fires() -> None:
    dataset = Dataset(name="d", rows=attempts([1.0, 3.0, 1.0]))
    kept = Rule(name="slow", signal="duration", threshold=2.0, keep_firing_for="10m")
    assert still_firing([kept], backtest(dataset, [kept]).episodes) == ["slow"]


def test_trouble_that_no_rule_noticed_is_not_all_right() -> None:
    rows = attempts([1.0] * 120)
    dataset = Dataset(name="d", rows=rows, incidents=labels(incident("a", "bot_down", 0.5, 1)))
    found = _judged(dataset, SLOW)
    assert found.level == "warn"
    assert "1 incident" in found.headline
    assert "caught 0 of 1 incident" in found.reasons[0]


def test_a_rule_without_its_data_is_said_not_to_be_judged() -> None:
    found = _judged(Dataset(name="d", rows=attempts([1.0, 1.0])), *strategy())
    assert found.level == "good"
    assert any("cpu_high" in reason for reason in found.reasons)


def test_no_rule_at_all_is_unknown(judged: Backtest) -> None:
    assert verdict((), (), judged.episodes.clear(), end=None).level == "unknown"


def test_catches_and_false_alarms_are_counted(trouble: Dataset, judged: Backtest) -> None:
    end = trouble.rows["timestamp"][-1]
    found = verdict(strategy(), judged.scores, judged.episodes, end=end)
    false = judged.episodes["incident"].null_count()
    assert "caught 4 of 4 incidents" in found.reasons[0]
    assert f"{false} false alarm" in found.reasons[0]


def test_a_quiet_day_without_incidents_is_all_right(trouble: Dataset) -> None:
    quiet = replace(trouble, rows=attempts([1.0] * 5), incidents=labels())
    found = _judged(quiet, SLOW)
    assert found.level == "good"
    assert "There was no incident" in found.reasons[0]
