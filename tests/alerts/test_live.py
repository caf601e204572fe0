"""The rules judged event by event give the episodes of the backtest, and tell them as alerts."""

import math
import subprocess
import sys
from collections.abc import Iterable
from typing import NamedTuple, get_args

import msgspec
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simlab.alerts.live import Evaluator
from simlab.alerts.replay import replay
from simlab.alerts.rule import Rule, Signal
from simlab.alerts.rules_file import load_rules
from simlab.alerts.signal import series
from simlab.clock import iso
from simlab.config import shipped
from simlab.dataset.schema import Dataset
from simlab.errors import ConfigError, InputError
from simlab.events import Alert, Attempt, Sample, Status

from .cases import MINUTE, SECOND, attempt, dataset, episodes_by_hand, sample
from .rules import any_rules

SLOW = Rule(name="slow", signal="duration", threshold=2.0)
LIVE_SIGNALS: list[Signal] = [name for name in get_args(Signal) if name != "value"]
statuses: st.SearchStrategy[Status] = st.sampled_from(["success", "error", "retry"])
small = st.sampled_from([0.0, 0.1, 0.2, 0.3, 1.0, 2.0, 3.0])


@st.composite
def events(draw: st.DrawFn) -> list[Attempt | Sample]:
    steps = draw(st.lists(st.sampled_from([0, 0, 1, 1, 2, 3, 7]), min_size=1, max_size=40))
    told: list[Attempt | Sample] = []
    time_us = 0
    for step in steps:
        time_us += step * SECOND
        if draw(st.booleans()):
            told.append(
                attempt(
                    time_us,
                    duration=draw(small),
                    status=draw(statuses),
                    batch_size=draw(st.integers(1, 3)),
                    queue_wait=draw(st.none() | small),
                    warehouse_id=draw(st.integers(1, 2)),
                )
            )
        else:
            read = draw(st.integers(0, 3))
            told.append(sample(time_us, cpu_percent=draw(small), disk_read_bytes=read))
    return told


def alerts(evaluator: Evaluator, told: Iterable[Attempt | Sample]) -> list[Alert]:
    return [alert for event in told for alert in evaluator.observe(event)]


class Told(NamedTuple):
    """One episode as alerts tell it; `end_us` is None while it is under way."""

    start_us: int
    end_us: int | None
    warehouse_id: int | None


def paired(told: list[Alert]) -> list[Told]:
    """The episodes that alerts tell."""
    ends = {alert.alert_id: alert.time_us for alert in told if alert.state == "resolved"}
    starts = [alert for alert in told if alert.state == "firing"]
    assert len({alert.alert_id for alert in starts}) == len(starts)
    assert [iso(alert.time_us) for alert in starts] == [alert.started_at for alert in starts]
    return [Told(a.time_us, ends.get(a.alert_id), a.warehouse_id) for a in starts]


def by_hand(rule: Rule, data: Dataset, until_us: int) -> list[Told]:
    """The episodes of a rule by the words, over what it is judged by."""
    return [
        Told(episode.start_us, episode.end_us if episode.resolved else None, judged.warehouse_id)
        for judged in series(rule, data)
        for episode in episodes_by_hand(
            rule, judged.time_us.tolist(), judged.value.tolist(), until_us
        )
    ]


@settings(max_examples=500, deadline=None)
@given(data=st.data(), told=events())
def test_live_replay_and_the_words_give_the_same_episodes(
    data: st.DataObject, told: list[Attempt | Sample]
) -> None:
    rules = [data.draw(any_rules(LIVE_SIGNALS, name=name)) for name in "abc"]
    seen, until_us = dataset(told), told[-1].time_us
    evaluator = Evaluator(rules, run_id="x")
    live = [*alerts(evaluator, told), *evaluator.finish(until_us)]
    known = []
    for rule in rules:
        mine = [alert for alert in live if alert.rule == rule.name]
        try:
            expected = by_hand(rule, seen, until_us)
        except InputError:
            assert mine == []
            continue
        known.append(rule)
        assert sorted(paired(mine), key=str) == sorted(expected, key=str)
    frame = replay(known, seen).with_columns(pl.col("start", "end").dt.timestamp("us"))
    if len(known) < len(rules):  # a group has the cooldown of all that are in it
        evaluator = Evaluator(known, run_id="x")
        live = [*alerts(evaluator, told), *evaluator.finish(until_us)]
    starts = [alert for alert in live if alert.state == "firing"]
    pages = [(a.time_us, a.warehouse_id) for a in starts if not a.held]
    kept = frame.filter(~pl.col("held")).select("start", "warehouse_id").rows()
    assert sorted(pages, key=str) == sorted(kept, key=str)
    replayed = frame.select("rule", "start", "warehouse_id").rows()
    assert sorted(((a.rule, a.time_us, a.warehouse_id) for a in starts), key=str) == sorted(
        replayed, key=str
    )


def test_a_rule_that_fires_when_the_data_end_holds_its_group_back_until_then() -> None:
    """Though its last observation, which names its end, came before the other rule's."""
    rules = [
        Rule(name="slow", signal="duration", threshold=1.0, group="g"),
        Rule(name="busy", signal="cpu_percent", threshold=1.0, group="g"),
    ]
    told: list[Attempt | Sample] = [attempt(0, duration=3.0), sample(SECOND, cpu_percent=50.0)]
    live = alerts(Evaluator(rules, run_id="x"), told)
    assert [(alert.rule, alert.held) for alert in live] == [("slow", False), ("busy", True)]
    frame = replay(rules, dataset(told))
    assert frame.select("rule", "open", "held").rows() == [
        ("slow", True, False),
        ("busy", True, True),
    ]


@settings(deadline=None)
@given(data=st.data(), told=events())
def test_several_rules_at_once_are_each_judged_as_if_alone(
    data: st.DataObject, told: list[Attempt | Sample]
) -> None:
    rule = data.draw(any_rules(LIVE_SIGNALS))
    together = Evaluator([SLOW, rule], run_id="x")
    mixed = alerts(together, told)
    for one in (SLOW, rule):
        alone = Evaluator([one], run_id="x")
        assert [alert for alert in mixed if alert.rule == one.name] == alerts(alone, told)
        assert together.firing[one.name] == alone.firing[one.name]
    assert [alert.time_us for alert in mixed] == sorted(alert.time_us for alert in mixed)


@settings(max_examples=60, deadline=None)
@given(data=st.data(), told=events())
def test_a_restart_that_reads_the_log_again_goes_on_as_if_there_had_been_none(
    data: st.DataObject, told: list[Attempt | Sample]
) -> None:
    rules = [data.draw(any_rules(LIVE_SIGNALS, name=name)) for name in "ab"]
    stop = data.draw(st.integers(0, len(told)))
    before = alerts(Evaluator(rules, run_id="x"), told[:stop])
    again = Evaluator(rules, run_id="x")
    assert alerts(again, told[:stop]) == before
    rest = alerts(again, told[stop:])
    assert [*before, *rest] == alerts(Evaluator(rules, run_id="x"), told)


def test_an_alert_says_what_began_when_and_what_to_do() -> None:
    page = Rule(name="slow", signal="duration", threshold=2.0, severity="page")
    told = [attempt(0, duration=2.5), attempt(1_500_000, duration=1.0)]
    began, ended = alerts(Evaluator([page], run_id="x"), told)
    assert began == Alert(
        time_us=0, alert_id=began.alert_id, rule="slow", state="firing", value=2.5,
        threshold=2.0, severity="page", started_at="1970-01-01T00:00:00.000000Z",
        action_hint="rollback",
    )  # fmt: skip
    assert ended == msgspec.structs.replace(began, time_us=1_500_000, state="resolved", value=1.0)


def test_a_rules_value_is_what_it_was_last_judged_by() -> None:
    errors = Rule(
        name="errors", signal="error_ratio", aggregate="ratio", window="2 batches", threshold=0.5
    )
    apart = Rule(name="apart", signal="duration", threshold=2.0, by="warehouse_id")
    evaluator = Evaluator([SLOW, errors, apart], run_id="x")
    evaluator.observe(attempt(0, duration=1.5, status="error"))
    undefined = {("slow", None): 1.5, ("errors", None): math.nan, ("apart", 1): 1.5}
    assert evaluator.values == pytest.approx(undefined, nan_ok=True)
    evaluator.observe(attempt(1, duration=0.5, warehouse_id=2))
    values = {("slow", None): 0.5, ("errors", None): 0.5, ("apart", 1): 1.5, ("apart", 2): 0.5}
    assert evaluator.values == values
    evaluator.observe(sample(5 * MINUTE))
    assert evaluator.values == values
    evaluator.observe(sample(5 * MINUTE + 2))
    assert all(math.isnan(value) for value in evaluator.values.values())


def test_a_ticket_hints_to_notify() -> None:
    (alert,) = Evaluator([SLOW], run_id="x").observe(attempt(0, duration=3.0))
    assert (alert.severity, alert.action_hint) == ("ticket", "notify")


def test_an_alerts_identity_is_stable_for_run_and_episode_and_unique_otherwise() -> None:
    told = [attempt(t, duration=d) for t, d in ((0, 3), (1, 1), (2, 3), (2, 1), (2, 3), (2, 1))]
    first, again, other = (
        [a.alert_id for a in alerts(Evaluator([SLOW], run_id=run), told)] for run in "aab"
    )
    renamed = msgspec.structs.replace(SLOW, name="slower")
    by_other_rule = [a.alert_id for a in alerts(Evaluator([renamed], run_id="a"), told)]
    assert first == again
    assert first[::2] == first[1::2]
    assert len({*first, *other, *by_other_rule}) == 9


def test_a_rule_resolves_when_its_signal_is_silent_though_others_are_not() -> None:
    evaluator = Evaluator([SLOW], run_id="x")
    evaluator.observe(attempt(0, duration=3.0))
    assert evaluator.observe(sample(5 * MINUTE)) == ()
    assert evaluator.firing == {"slow": True}
    (alert,) = evaluator.observe(sample(5 * MINUTE + 1))
    assert (alert.state, alert.time_us, alert.value) == ("resolved", 5 * MINUTE, None)
    assert evaluator.firing == {"slow": False}


def test_rules_that_one_event_finds_stale_resolve_in_the_order_of_time() -> None:
    patient = msgspec.structs.replace(SLOW, name="patient", stale_after="10m")
    evaluator = Evaluator([patient, SLOW], run_id="x")
    evaluator.observe(attempt(0, duration=3.0))
    told = [(alert.rule, alert.time_us) for alert in evaluator.observe(sample(20 * MINUTE))]
    assert told == [("slow", 5 * MINUTE), ("patient", 10 * MINUTE)]


def test_one_event_may_resolve_a_stale_episode_and_begin_the_next() -> None:
    evaluator = Evaluator([SLOW], run_id="x")
    evaluator.observe(attempt(0, duration=3.0))
    ended, began = evaluator.observe(attempt(MINUTE * 6, duration=4.0))
    assert (ended.state, ended.time_us) == ("resolved", 5 * MINUTE)
    assert (began.state, began.time_us, began.value) == ("firing", 6 * MINUTE, 4.0)


def test_the_end_of_a_run_resolves_what_is_stale_by_then_and_nothing_else() -> None:
    evaluator = Evaluator([SLOW], run_id="x")
    evaluator.observe(attempt(0, duration=3.0))
    assert evaluator.finish(5 * MINUTE) == ()
    assert evaluator.firing == {"slow": True}
    assert [alert.time_us for alert in evaluator.finish(5 * MINUTE + 1)] == [5 * MINUTE]
    assert evaluator.finish(10 * MINUTE) == ()


def test_a_value_that_is_undefined_when_an_episode_ends_is_told_as_none() -> None:
    warm = Rule(name="r", signal="cpu_percent", threshold=1.0, keep_firing_for="1s")
    evaluator = Evaluator([warm], run_id="x")
    told = [sample(0, cpu_percent=2.0), sample(SECOND, cpu_percent=float("nan"))]
    assert [alert.value for alert in alerts(evaluator, told)] == [2.0, None]


def test_the_strategys_rules_fire_live_at_the_6th_error_and_the_21st_sample() -> None:
    evaluator = Evaluator(load_rules(shipped("rules", "strategy")), run_id="x")
    told = [attempt(i, status="error" if i >= 94 else "success") for i in range(100)]
    assert [(a.rule, a.value) for a in alerts(evaluator, told)] == [("error_rate", 0.06)]
    samples = [sample(i * 15 * SECOND, cpu_percent=86.0) for i in range(30)]
    began = [(a.rule, a.time_us) for a in alerts(evaluator, samples) if a.state == "firing"]
    assert began == [("cpu_high", 20 * 15 * SECOND)]


def test_a_rule_on_a_plain_series_is_refused_for_a_run() -> None:
    series_rule = Rule(name="level", signal="value", threshold=1.0)
    with pytest.raises(ConfigError, match=r"^rule 'level': \$\.signal: found 'value'"):
        Evaluator([series_rule], run_id="x")


def test_judging_live_needs_neither_polars_nor_numpy() -> None:
    code = "import sys, simlab.alerts.live; print({'polars', 'numpy'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "set()\n"
