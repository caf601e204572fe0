"""What an event costs in metrics, in the default stack against the strategy's; what a scrape costs."""

import statistics
import time

import numpy as np
from paired import Figure, cpu_ratio, measured
from prometheus_client import generate_latest
from pytest_benchmark.fixture import BenchmarkFixture

from simlab.events import Attempt
from simlab.telemetry.cells import FOLD_AT
from simlab.telemetry.metrics import Metrics
from simlab.telemetry.plain import PlainMetrics
from simlab.telemetry.stack import MetricStack

EVENTS = 10 * FOLD_AT  # so that what is added up later is in the figure
START_US = 1_767_571_200_000_000


def attempts() -> list[Attempt]:
    """Half a second apart, one in a hundred failed, two to be retried."""
    rng = np.random.default_rng(1)
    durations = rng.lognormal(-1, 0.6, EVENTS).tolist()
    chances = rng.random(EVENTS).tolist()
    return [_attempt(n, durations[n], chances[n]) for n in range(EVENTS)]


def _attempt(number: int, duration: float, chance: float) -> Attempt:
    status = "error" if chance < 0.01 else "retry" if chance < 0.03 else "success"
    error = None if status == "success" else "timeout"
    time_us = START_US + 500_000 * number
    return Attempt(time_us, duration, status, 7, number, 1, 40, 0.0, error)  # type: ignore[arg-type]  # one of the three


def test_an_event_costs_a_fraction_of_the_strategys(
    benchmark: BenchmarkFixture, figure: Figure
) -> None:
    """CPU time to the last sum; the loop over the events is in both."""
    benchmark.group = "telemetry"
    events = attempts()
    default, plain = Metrics(rules=["slow_batch"]), PlainMetrics(rules=["slow_batch"])

    def emit_all(stack: MetricStack) -> None:
        for event in events:
            stack.emit(event)

    benchmark.pedantic(emit_all, args=(default,), rounds=7, warmup_rounds=1)
    ratio = measured(
        lambda: cpu_ratio(lambda: emit_all(plain), lambda: emit_all(default)), at_least=7
    )
    assert benchmark.stats is not None
    ns = benchmark.stats.stats.median / EVENTS * 1e9
    benchmark.extra_info.update(ns_per_event=round(ns), plain_over_default=round(ratio, 1))
    figure(
        f"metrics: {ns:.0f} ns an event, {ratio:.1f} times less than the strategy's stack (at least 7)"
    )
    assert ratio >= 7


def test_a_thousand_series_are_scraped_in_under_ten_milliseconds(
    benchmark: BenchmarkFixture, figure: Figure
) -> None:
    """The text alone; the library's own renderer beside it."""
    benchmark.group = "scrape"
    metrics = Metrics()
    for number in range(1000):
        metrics.emit(Attempt(START_US, 0.4, "error", 7, number, 1, 40, 0.0, f"error {number}"))
    benchmark.pedantic(metrics.exposition, rounds=20, warmup_rounds=2)
    assert benchmark.stats is not None
    ours_ms = benchmark.stats.stats.median * 1e3
    theirs_ms = statistics.median(_took_ms(metrics) for _ in range(5))
    lines = metrics.exposition().count(b"\n")
    benchmark.extra_info.update(scrape_ms=round(ours_ms, 2), library_ms=round(theirs_ms, 2))
    figure(
        f"scrape: {lines:,} lines in {ours_ms:.1f} ms (under 10), generate_latest {theirs_ms:.1f} ms"
    )
    assert ours_ms < 10


def _took_ms(metrics: Metrics) -> float:
    began = time.perf_counter()
    generate_latest(metrics.registry)
    return (time.perf_counter() - began) * 1e3
