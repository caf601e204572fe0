from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from simlab.alerts.replay import replay
from simlab.alerts.rule import Rule
from simlab.alerts.rules_file import load_rules, write_rules
from simlab.dataset.schema import Dataset
from simlab.errors import CheckFailedError, ConfigError, InputError
from simlab.tuning.backtest import labels_of
from simlab.tuning.interval import Interval
from simlab.tuning.match import match
from simlab.tuning.plain.evidence import KS, evidence
from simlab.tuning.plain.first_part import first_part
from simlab.tuning.plain.propose import Proposal, is_plain, propose
from tuning.cases import S

from .cases import DAY_S, HOUR_S, daily, plain


def one(dataset: Dataset, **options: float) -> Proposal:
    """The proposal for a single series."""
    (proposal,) = propose([dataset], **options)  # type: ignore[arg-type]  # by name
    return proposal


def starts_s(rules: tuple[Rule, ...], dataset: Dataset, **only: str) -> list[float]:
    """When pages start."""
    pages = replay(rules, dataset).filter(~pl.col("held"), **only)
    return [start / S for start in pages["start"].dt.timestamp("us")]


def test_a_lost_course_a_shift_and_a_spike_are_told_on_the_days_after() -> None:
    """And nothing else is, on a daily course with noise: each within hours of its start."""
    moment_s, value = daily(40)
    lost, shift, spike = 24 * DAY_S, 29 * DAY_S, 35 * DAY_S
    value[(moment_s >= lost) & (moment_s < lost + 8 * HOUR_S)] = 50  # within its range
    value[(moment_s >= shift) & (moment_s < shift + 4 * HOUR_S)] += 60
    value[moment_s == spike] += 200
    dataset = plain(moment_s, value)
    alert = tuple(rule for rule in one(dataset).rules if rule.group)
    told = starts_s(alert, dataset)
    after = [start for start in told if start >= 20 * DAY_S]
    assert len(after) == 3
    for start, began in zip(after, (lost, shift, spike), strict=True):
        assert began <= start <= began + 4 * HOUR_S


def test_what_comes_after_the_first_part_has_no_say() -> None:
    """Neither its values nor its labels."""
    moment_s, value = daily(30)
    dataset = plain(moment_s, value, (2 * DAY_S, 3 * DAY_S))
    later = moment_s >= 15 * DAY_S
    other = plain(
        moment_s, np.where(later, -1e6 * value, value), (2 * DAY_S, 3 * DAY_S),
        (16 * DAY_S, 25 * DAY_S),
    )  # fmt: skip
    assert one(dataset) == one(other)


def test_evidence_is_what_the_proposed_rules_do_when_replayed() -> None:
    """At one K, on a series with spikes, gaps and labels."""
    random = np.random.default_rng(9)
    moment_s, value = daily(20)
    value[random.choice(moment_s.size, 40)] += random.exponential(400, 40)
    kept = np.sort(random.choice(moment_s.size, moment_s.size - 900))
    dataset = plain(moment_s[kept], value[kept], *((d * DAY_S, (d + 1) * DAY_S) for d in (5, 11)))
    part = first_part(dataset, until_us=20 * DAY_S * S)
    at = 7
    interval = Interval(start_us=4 * DAY_S * S, until_us=part.until_us)
    truth = labels_of(dataset, interval)
    assert truth is not None
    seen = evidence(dataset, part.frozen, interval=interval, truth=truth)
    rules = one(dataset, train_until_us=20 * DAY_S * S).rules
    alert = tuple(
        rule.at(limit=float(KS[at])) if rule.aggregate.endswith(("zscore", "_z")) else rule
        for rule in rules
        if rule.group
    )
    start_us = np.array([s * S for s in starts_s(alert, dataset) if s >= 4 * DAY_S], dtype=np.int64)
    matched = match(start_us, truth)
    assert seen.false[at] == np.count_nonzero(matched.incident < 0) > 0
    assert seen.true[at] == np.count_nonzero(matched.incident >= 0)
    assert seen.caught[at] == np.count_nonzero(~np.isnan(matched.delay_s))


def test_labels_that_explain_pages_let_the_rules_be_more_sensitive() -> None:
    """The same pages as false alarms raise K; by more the more there are."""
    moment_s, value = daily(60)
    days = (8, 13, 18, 23)
    for day in days:
        value[(moment_s >= day * DAY_S) & (moment_s < day * DAY_S + 3 * HOUR_S)] += 25
    explained = plain(moment_s, value, *((d * DAY_S, (d + 1) * DAY_S) for d in days))
    partly = plain(moment_s, value, (8 * DAY_S, 9 * DAY_S), (13 * DAY_S, 14 * DAY_S))
    never = plain(moment_s, value)
    assert one(explained).k < one(partly).k < one(never).k


def test_silence_is_told_when_it_is_twice_the_longest_gap() -> None:
    """And the gaps of the first part are not."""
    moment_s, value = daily(30)
    gap = (moment_s >= 6 * DAY_S) & (moment_s < 6 * DAY_S + 2 * HOUR_S)
    stop = (moment_s >= 20 * DAY_S) & (moment_s < 20 * DAY_S + 6 * HOUR_S)
    dataset = plain(moment_s[~gap & ~stop], value[~gap & ~stop])
    told = starts_s(one(dataset).rules, dataset, rule="value_absent")
    assert len(told) == 1
    assert told[0] == pytest.approx(20 * DAY_S + 2 * 2 * HOUR_S, abs=900)


def test_a_flat_line_is_told_when_it_is_twice_the_longest_of_the_first_part() -> None:
    """Three hours flat are usual here; ten are not, and a gap of ten is none."""
    moment_s, value = daily(30)
    for start_s, hours in ((6 * DAY_S, 3), (18 * DAY_S, 3), (20 * DAY_S, 10)):
        flat = (moment_s >= start_s) & (moment_s <= start_s + hours * HOUR_S)
        value[flat] = value[flat][0]
    gap = (moment_s >= 25 * DAY_S) & (moment_s < 25 * DAY_S + 10 * HOUR_S)
    dataset = plain(moment_s[~gap], value[~gap])
    told = starts_s(one(dataset).rules, dataset, rule="value_flat")
    assert told == [pytest.approx(20 * DAY_S + 6 * HOUR_S, abs=600)]


def test_a_value_that_never_changed_tells_no_scale_but_any_change_is_told() -> None:
    """It is said, too."""
    moment_s = np.arange(0.0, 20 * DAY_S, 300)
    dataset = plain(moment_s, np.where(moment_s == 15 * DAY_S, 8.0, 7.0))
    proposal = one(dataset)
    assert [rule.name for rule in proposal.rules] == ["value_record", "value_absent"]
    assert any("never changed" in caution for caution in proposal.cautions)
    assert starts_s(proposal.rules, dataset) == [15 * DAY_S]


def test_what_is_proposed_is_a_rules_file(tmp_path: Path) -> None:
    """Written and read again it is the same."""
    rules = one(plain(*daily(20))).rules
    write_rules(rules, tmp_path / "tuned.toml")
    assert load_rules(tmp_path / "tuned.toml") == rules


def test_no_labels_and_a_short_part_are_said() -> None:
    """In a sentence each."""
    dataset = plain(*daily(6), labelled=False)
    proposal = one(dataset)
    assert not proposal.labelled
    assert any("time of day" in caution for caution in proposal.cautions)
    assert any("no labels" in caution for caution in proposal.cautions)


def test_values_that_are_no_numbers_are_counted_and_move_no_floor() -> None:
    """A NaN or two leave the floors as without those rows, nearly; and it is said."""
    moment_s, value = daily(20)
    bad = np.isin(moment_s, [3 * DAY_S, 7 * DAY_S])
    told = one(plain(moment_s, np.where(bad, np.nan, value)))
    without = one(plain(moment_s[~bad], value[~bad]))
    assert any("2 are NaN" in caution for caution in told.cautions)
    assert told.frozen.floor == pytest.approx(without.frozen.floor, rel=0.01)


def test_what_cannot_be_chosen_is_refused() -> None:
    """A budget that nothing keeps with the nearest; an empty first part; no value."""
    dataset = plain(*daily(20))
    with pytest.raises(CheckFailedError, match="the nearest, 8, may raise up to"):
        one(dataset, max_false_alarms_per_day=1e-6)
    with pytest.raises(ConfigError, match="expected its end after"):
        one(dataset, train_until_us=0)
    other = replace(dataset, rows=dataset.rows.rename({"value": "other"}))
    assert is_plain(dataset)
    assert not is_plain(other)
    with pytest.raises(InputError, match="needs value"):
        one(other)
