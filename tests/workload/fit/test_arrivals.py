"""The rate, its factors and its bursts are found from counts of known laws."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from simlab.dataset.schema import INCIDENTS, Dataset
from simlab.workload.fit.arrivals import Minutes, fit_arrivals
from simlab.workload.fit.estimate import Learned

from .cases import Array, evidence, is_recovered, log, named, poisson_log

DAY_MIN = 1440


def learned(dataset: Dataset) -> Learned:
    return fit_arrivals(evidence(dataset))


def at_rates(per_minute: Array, *, seed: int) -> Dataset:
    """Poisson arrivals at a rate for each minute, work of a moment."""
    rng = np.random.default_rng(seed)
    counts = rng.poisson(per_minute)
    minute = np.repeat(np.arange(len(counts)), counts)
    return log((minute + rng.random(len(minute))) * 60, 0.01)


@pytest.mark.parametrize("minutes", [10, 60, 90.5, 600])
def test_a_flat_poisson_rate_is_found(minutes: float) -> None:
    found = learned(poisson_log(120, minutes, seed=1))
    assert found.table["process"] == "poisson"
    assert "hourly" not in found.table
    assert is_recovered(named(found.estimates, "$.arrivals.per_minute"), 120)
    assert any("hours of the day were seen enough" in note for note in found.notes)


@pytest.mark.parametrize("burstiness", [0.1, 1.0])
def test_bursts_are_told_from_poisson_counts_and_measured(burstiness: float) -> None:
    rng = np.random.default_rng(2)
    factor = rng.gamma(1 / burstiness, burstiness, 2 * DAY_MIN)
    found = learned(at_rates(60 * factor, seed=3))
    assert found.table["process"] == "bursty"
    assert "hourly" not in found.table
    assert is_recovered(named(found.estimates, "$.arrivals.burstiness"), burstiness)
    assert is_recovered(named(found.estimates, "$.arrivals.per_minute"), 60)


def test_poisson_counts_are_called_bursty_about_once_in_a_thousand_logs() -> None:
    rng = np.random.default_rng(4)
    wrong = 0
    for _ in range(2_000):
        counts = rng.poisson(3.0, 60).astype(np.float64)
        minutes = Minutes(count=counts, expected=np.full(60, counts.mean()))
        wrong += minutes.dispersion(1) > minutes.rare[1]
    assert wrong <= 10  # of a mean of 2, more than 10 come once in 100,000


def test_even_gaps_are_fixed_and_their_rate_is_sharp() -> None:
    found = learned(log(np.arange(0.0, 3600, 0.5), 0.01))
    assert found.table["process"] == "fixed"
    rate = named(found.estimates, "$.arrivals.per_minute")
    assert rate.low <= 120 <= rate.high
    assert rate.high - rate.low < 0.5


def test_what_is_more_even_than_poisson_and_not_fixed_is_told() -> None:
    jitter = np.random.default_rng(5).random(7200) * 0.9
    found = learned(log(np.arange(7200) * 0.5 + jitter, 0.01))
    assert found.table["process"] == "poisson"
    assert any("more evenly than a Poisson process" in note for note in found.notes)


def test_weekdays_and_hours_are_told_apart_from_three_weeks_and_a_half_day() -> None:
    hourly = np.repeat([0.4, 1.6], 12)
    weekday = np.array([1.2, 1.2, 1.2, 1.2, 1.2, 0.5, 0.5])
    weekday /= weekday.mean()
    minute = np.arange(round(21.5 * DAY_MIN))
    rates = 4 * hourly[minute // 60 % 24] * weekday[minute // DAY_MIN % 7]
    found = learned(at_rates(rates, seed=6))
    assert found.table["process"] == "poisson"
    assert is_recovered(named(found.estimates, "$.arrivals.per_minute"), 4)
    for index, factor in enumerate(hourly):
        assert is_recovered(named(found.estimates, f"$.arrivals.hourly[{index}]"), factor)
    for index, factor in enumerate(weekday):
        assert is_recovered(named(found.estimates, f"$.arrivals.weekday[{index}]"), factor)
    assert found.notes == ()


def test_factors_that_differ_by_chance_only_are_not_used() -> None:
    found = learned(at_rates(np.full(15 * DAY_MIN, 2.0), seed=7))
    assert not {"hourly", "weekday"} & set(found.table)
    assert {note.partition(":")[0] for note in found.notes} == {
        "no hourly factors", "no weekday factors",
    }  # fmt: skip


def test_the_time_of_incidents_is_no_time_at_which_nothing_came() -> None:
    """Nothing arrives from 00:20 to 00:40: a third of the rate would be lost."""
    whole = poisson_log(120, 60, seed=8)
    start = whole.rows["timestamp"][0].replace(minute=20, second=0, microsecond=0)
    span = {"visible_start": start, "visible_end": start.replace(minute=40)}
    gone = whole.rows["timestamp"].is_between(*span.values())
    outage = replace(whole, rows=whole.rows.filter(~gone), incidents=incidents(**span))
    rate = named(learned(outage).estimates, "$.arrivals.per_minute")
    assert is_recovered(rate, 120)
    blind = named(learned(replace(outage, incidents=None)).estimates, "$.arrivals.per_minute")
    assert blind.value < 90


def incidents(**columns: object) -> pl.DataFrame:
    told = {"id": "i1", "kind": "bot_down", "lookalike": False, **columns}
    return pl.DataFrame([told]).select(
        **{name: pl.col(name) if name in told else pl.lit(None) for name in INCIDENTS}
    ).cast(INCIDENTS)  # type: ignore[arg-type]  # dict is invariant  # fmt: skip
