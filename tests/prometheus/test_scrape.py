"""What we say that Prometheus scrapes is what the bot's own metrics show."""

from collections.abc import Iterator

import numpy as np
import polars as pl
import pytest
from prometheus_client.parser import text_string_to_metric_families

from simlab.alerts.live import Evaluator
from simlab.alerts.rule import Rule
from simlab.dataset.schema import Dataset
from simlab.events import Attempt, Sample
from simlab.prometheus.exposed import Exposed, Labels
from simlab.prometheus.names import RULE_VALUE
from simlab.prometheus.scrape import scraped
from simlab.telemetry.metrics import Metrics
from simlab.workload.draw import draw
from simlab.workload.loading import load_profile

SLOW = Rule(name="slow", signal="duration", threshold=0.4)
RULES = (
    SLOW,
    Rule(name="late", signal="age", aggregate="p95", window="5m", threshold=2.0),
    Rule(
        name="apart", signal="error_ratio", aggregate="ratio", window="10m", threshold=0.2,
        min_count=3, by="warehouse_id", stale_after="2m",
    ),
    Rule(name="hot", signal="cpu_percent", aggregate="mean", window="20 rows", threshold=80.0),
)  # fmt: skip
ATTEMPTS = 2000


@pytest.fixture(scope="module")
def load() -> Dataset:
    """The first half hour or so of the default load."""
    day = draw(load_profile("busy-day"), seed=5)
    assert day.samples is not None
    rows = day.rows.head(ATTEMPTS)
    samples = day.samples.filter(pl.col("timestamp") <= rows["timestamp"][-1])
    return Dataset(name="load", rows=rows, samples=samples)


def events(load: Dataset) -> list[Attempt | Sample]:
    assert load.samples is not None
    told: list[Attempt | Sample] = []
    for frame, kind in ((load.rows, Attempt), (load.samples, Sample)):
        moved = frame.with_columns(pl.col("timestamp").dt.timestamp("us")).rename(
            {"timestamp": "time_us"}
        )
        told += [kind(**row) for row in moved.iter_rows(named=True)]
    return sorted(told, key=lambda event: event.time_us)


def scrapes(load: Dataset, times_ms: list[int]) -> Iterator[dict[tuple[str, Labels], float]]:
    """The bot's exposition at each time, after what happened by then."""
    evaluator = Evaluator(RULES, run_id="x")
    metrics = Metrics(rules=["slow"], edges_s=[SLOW.limit], values=lambda: evaluator.values)
    coming = iter(events(load))
    event = next(coming, None)
    for time_ms in times_ms:
        while event is not None and event.time_us <= time_ms * 1000:
            metrics.emit(event)
            evaluator.observe(event)
            event = next(coming, None)
        families = text_string_to_metric_families(metrics.exposition().decode())
        yield {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in families
            for sample in family.samples
        }


def test_each_series_has_at_each_scrape_what_the_bots_endpoint_shows(load: Dataset) -> None:
    """Counters of attempts, buckets at a rule's threshold, the error ratio, the machine's gauges."""
    store = [one for one in scraped(load, [SLOW]).store if one.metric != RULE_VALUE]
    times_ms = store[0].time_ms.tolist()
    shown = list(scrapes(load, times_ms))
    assert len(shown) > 50
    for series in store:
        assert series.time_ms.tolist() == times_ms
        np.testing.assert_allclose(series.value, shown_of(series, shown), rtol=1e-12)


def test_each_rules_value_is_the_one_the_bot_shows_for_each_warehouse(load: Dataset) -> None:
    """NaN before there is one, and once the rule has gone silent; so exported alerts can fire."""
    store = [one for one in scraped(load, RULES).store if one.metric == RULE_VALUE]
    apart = [one for one in store if dict(one.labels)["rule"] == "apart"]
    assert len(apart) > 20
    assert any(np.isfinite(one.value).any() for one in apart)
    shown = list(scrapes(load, store[0].time_ms.tolist()))
    for series in store:
        told = [scrape.get((series.metric, series.labels), np.nan) for scrape in shown]
        np.testing.assert_array_equal(told, series.value)


def shown_of(series: Exposed, shown: list[dict[tuple[str, Labels], float]]) -> list[float]:
    """A status that has not been met yet counts as none."""
    return [scrape.get((series.metric, series.labels), 0.0) for scrape in shown]
