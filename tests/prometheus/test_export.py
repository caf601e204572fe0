"""What an export says of groups, of rules without data, and of how far alerts are from rules."""

import numpy as np
import polars as pl
import pytest

from simlab.alerts.replay import replay
from simlab.alerts.rule import Rule, Side
from simlab.dataset.schema import TIMESTAMP, Dataset
from simlab.prometheus.export import export
from simlab.prometheus.judging import modelled
from simlab.prometheus.model import evaluate
from simlab.prometheus.over_counters import over_counters
from simlab.prometheus.promql import (
    Aggregated,
    Arithmetic,
    Both,
    Compare,
    Expression,
    Matcher,
    Rate,
    RateName,
    Selector,
)
from simlab.prometheus.scrape import scraped
from simlab.prometheus.timeline import timelines
from simlab.workload.draw import draw
from simlab.workload.loading import load_profile

STEP_S = 15
HOUR_STEPS = 240


@pytest.fixture(scope="module")
def series() -> Dataset:
    """Two hours of a value a step, with bursts of either sign."""
    random = np.random.default_rng(8)
    size = 2 * HOUR_STEPS
    bursts = np.repeat(random.choice([0, 0, 0, 0, 6, -6], size // 4), 4)
    rows = pl.DataFrame({
        "timestamp": np.arange(size) * STEP_S * 1_000_000,
        "value": bursts + random.normal(0, 0.5, size),
    }).with_columns(pl.col("timestamp").cast(TIMESTAMP))  # fmt: skip
    return Dataset(name="bursts", rows=rows)


@pytest.mark.parametrize("cooldown", ["0s", "1m", "5m"])
def test_a_groups_alert_begins_with_each_episode_that_is_not_held_back(
    series: Dataset, cooldown: str
) -> None:
    """`keep_firing_for` of any of its alerts is what the evaluator calls held back."""
    sides: tuple[tuple[Side, float], ...] = (("above", 3.0), ("below", -3.0))
    rules = [
        Rule(
            name=side, signal="value", direction=side, threshold=threshold, evaluate="15s",
            group="both", cooldown=cooldown, stale_after="15s",
        )
        for side, threshold in sides
    ]  # fmt: skip
    episodes = replay(rules, series)
    told = episodes.filter(~pl.col("held"))["start"].dt.timestamp("us") // (STEP_S * 1_000_000)
    (alert,) = [one for one in export(rules, series).alerts if one.name == "both"]
    assert alert.fires is not None
    begun = np.flatnonzero(np.diff(alert.fires[()].astype(int), prepend=0) > 0)
    # Episodes that follow at once are one alert, which fires on; the evaluator holds those back.
    assert begun.tolist() == told.to_list()
    assert 0 < len(told) < len(episodes)


def test_a_gauge_that_is_looked_at_now_and_then_misses_what_a_histogram_counts() -> None:
    """One slow attempt a minute, between two scrapes: the gauge sees none, the histogram each."""
    at_s = np.arange(0, 3600, 5)
    slow = at_s % 60 == 5
    rows = pl.DataFrame({
        "timestamp": at_s * 1_000_000,
        "duration": np.where(slow, 3.5, 1.0),
        "status": ["success"] * len(at_s),
        "warehouse_id": [1] * len(at_s),
    }).with_columns(pl.col("timestamp").cast(TIMESTAMP))  # fmt: skip
    made = export(
        [Rule(name="slow", signal="duration", threshold=2.0)], Dataset(name="x", rows=rows)
    )
    agreement = {alert.name: alert.annotations["agreement"] for alert in made.alerts}
    assert agreement["slow"].endswith("fires within 1m of 60 of 60 starts")
    assert agreement["slow_bot"].endswith("fires within 1m of 0 of 60 starts")


def counted(function: RateName, operator: str, status: str, width_s: int) -> Expression:
    matcher = Matcher("status", "=" if operator == "=" else "!=", status)
    selector = Selector("inv_batches_total", (matcher,))
    return Aggregated("sum", Rate(function, selector, width_s * 1_000_000))


def burning(width_s: int, limit: float) -> Expression:
    share = Arithmetic(
        "/",
        counted("rate", "=", "error", width_s),
        counted("rate", "!=", "retry", width_s),
    )
    return Compare(">", share, limit)


def enough(width_s: int) -> Expression:
    return Compare(">=", counted("increase", "!=", "retry", width_s), 30.0)


def test_a_burn_rate_over_what_was_recorded_fires_as_the_sre_workbooks_expression_does() -> None:
    """Shares of `rate`s over both windows, and enough batches in both; at each step of a day."""
    rule = Rule(
        name="burn", signal="error_ratio", aggregate="ratio", window="1h", short_window="5m",
        threshold=0.0123456789, min_count=30,
    )  # fmt: skip
    day = draw(load_profile("busy-day"), seed=7)
    store = scraped(day, [rule]).store
    timeline = timelines(day, [STEP_S * 1_000_000])[STEP_S * 1_000_000]
    meaning = over_counters(rule, pace_us=1_000_000)
    assert meaning is not None
    assert meaning.recordings
    limit = rule.limit
    whole = Both(Both(burning(3600, limit), burning(300, limit)), Both(enough(3600), enough(300)))
    (fires,) = modelled(rule, meaning, store, timeline).values()
    (held,) = evaluate(whole, list(store), timeline.moment_ms).values()
    assert 100 < held.present.sum() < timeline.count - 100
    np.testing.assert_array_equal(fires, held.present)
