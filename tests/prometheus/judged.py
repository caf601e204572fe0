"""Random rules on random plain series, and when our evaluator says that they fire."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
import polars as pl

from simlab.alerts.replay import replay
from simlab.alerts.rule import Aggregate, Rule
from simlab.dataset.schema import SAMPLES, TIMESTAMP, Dataset
from simlab.prometheus.exposed import Exposed
from simlab.prometheus.over_gauge import over_gauge
from simlab.prometheus.promql import Matcher, Selector

from .fuzz import UNEVEN
from .harness import SCRAPE_S, STEP_S, Alert, Expected

S = 1_000_000
LATER_S = 7200
"""How long time goes on after the last evaluation, so that what fires there is no open end."""

AGGREGATES = [name for name in get_args(Aggregate) if name not in ("ratio", "seasonal_z")]
TIED = frozenset(
    {"last", "min", "max", "range", "count", "p50", "p95", "p99", "rate", "record", "absent"}
)
"""Aggregates whose values are the same to the bit, so that ties at a threshold tell something."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A rule and what it watches."""

    rule: Rule
    series: Exposed

    @property
    def alert(self) -> Alert:
        """The rule as it is exported, on this series alone."""
        rule, step_us = self.rule, self.rule.step_us
        assert step_us is not None
        assert rule.window_us is not None
        selector = Selector("value", (Matcher("id", "=", self.rule.name),))
        meaning = over_gauge(
            rule, selector, step_us=step_us, width_us=rule.window_us, pace_us=SCRAPE_S * S
        )
        return Alert(
            name=rule.name,
            expression=meaning.condition,
            recordings=meaning.recordings,
            for_s=rule.for_us // S,
            keep_firing_for_s=int(rule.keep_firing_for.removesuffix("s")),
        )


def cases(random: np.random.Generator, count: int, evaluations: int) -> list[Case]:
    """Rules of every aggregate but the seasonal one, each on a series of its own."""
    return [
        _case(random, f"A{number}", AGGREGATES[number % len(AGGREGATES)], evaluations)
        for number in range(count)
    ]


def seasonal_cases(random: np.random.Generator, count: int, evaluations: int) -> list[Case]:
    """Seasonal rules judged every hour, on hourly series, some with holes."""
    return [_seasonal_case(random, f"A{number}", evaluations) for number in range(count)]


def _seasonal_case(random: np.random.Generator, name: str, evaluations: int) -> Case:
    rule = Rule(
        name=name, signal="value", aggregate="seasonal_z", evaluate="1h", stale_after="1h",
        window=str(random.choice(["1d", "3d"])), floor=float(random.choice([0.25, 1.0])),
        direction=random.choice(["above", "below", "outside"]), threshold=1 + UNEVEN,
        for_=str(random.choice(["0s", "1h"])), min_count=int(random.choice([1, 12])),
    )  # fmt: skip
    seen = np.flatnonzero(random.random(evaluations) < random.choice([1.0, 0.9, 0.6]))
    daily = np.round(3 * np.sin(seen * np.pi / 12))
    series = Exposed(
        metric="value", labels=(("id", name),), time_ms=seen * 3_600_000,
        value=daily + random.integers(-1, 2, len(seen)) * (random.random(len(seen)) < 0.3),
    )  # fmt: skip
    return Case(rule=rule, series=series)


def evaluated(case: Case, evaluations: int) -> Expected:
    """When the rule fires by our evaluator, at each evaluation from 0 on."""
    step_us = case.rule.step_us
    assert step_us is not None
    last_us = evaluations * step_us + LATER_S * S
    moment_us = np.arange(evaluations) * step_us
    found = replay([case.rule], _dataset(case.series, last_us))
    fires = np.zeros(evaluations, dtype=bool)
    starts, ends = (found[name].dt.timestamp("us").to_list() for name in ("start", "end"))
    for start_us, end_us in zip(starts, ends, strict=True):
        fires |= (moment_us >= start_us) & (moment_us < end_us)
    return Expected(alert=case.rule.name, labels=(("id", case.rule.name),), fires=fires)


def _dataset(series: Exposed, last_us: int) -> Dataset:
    rows = pl.DataFrame({"timestamp": series.time_ms * 1000, "value": series.value})
    samples = pl.DataFrame(
        {name: [last_us if name == "timestamp" else 0] for name in SAMPLES}, schema=SAMPLES
    )
    return Dataset(
        name="fuzz", rows=rows.with_columns(pl.col("timestamp").cast(TIMESTAMP)), samples=samples
    )


def _case(random: np.random.Generator, name: str, aggregate: Aggregate, evaluations: int) -> Case:
    rule = Rule(
        name=name, signal="value", aggregate=aggregate, evaluate=f"{STEP_S}s",
        for_=_seconds(random, 0, 0, 15, 30, 40, 60), keep_firing_for=_seconds(random, 0, 0, 15, 50),
        **_settings(random, aggregate),
    )  # fmt: skip
    return Case(rule=rule, series=_series(random, name, evaluations, rule))


def _settings(random: np.random.Generator, aggregate: Aggregate) -> dict[str, Any]:
    window_s = int(random.choice([15, 30, 45, 60, 120, 300]))
    told: dict[str, Any] = {
        "window": f"{window_s}s",
        "stale_after": _seconds(random, 15, 20, 60, 300),
        "min_count": int(random.choice([1, 1, 2, window_s // SCRAPE_S])),
    }
    if aggregate == "absent":
        return told | {"min_count": None}
    told["direction"] = str(random.choice(["above", "below", "outside"]))
    if aggregate != "count" and random.random() < 0.3:
        told["smooth"] = _seconds(random, 15, 20, 60)
    if aggregate in ("zscore", "robust_z"):
        # Without a floor the z of values that are alike is whatever rounding makes of 0 / 0.
        told["floor"] = float(random.choice([0.25, 1.0]))
    if aggregate == "record":
        return told | {"margin": float(random.choice([0.0, 0.25, 1.0]))}
    return told | {"threshold": _threshold(random, aggregate, "smooth" in told)}


def _threshold(random: np.random.Generator, aggregate: Aggregate, is_smooth: bool) -> float:
    if aggregate == "rate":
        return float(random.choice([0.0, 1 / 60, 1 / 15, 3 / 60]))
    if aggregate == "count":
        return float(random.integers(1, 12))
    tied = float(random.integers(1, 5))
    if aggregate == "robust_z":
        return tied / 2 + UNEVEN
    return tied if aggregate in TIED and not is_smooth else tied - 0.5 + UNEVEN


def _series(random: np.random.Generator, name: str, evaluations: int, rule: Rule) -> Exposed:
    """Whole numbers, mostly small steps, with gaps; for medians of a grid one a step."""
    size = (evaluations - 1) * STEP_S // SCRAPE_S + 1
    every = 3 if rule.aggregate == "robust_z" else int(random.choice([1, 1, 3]))
    seen = np.arange(size) % every == 0
    for _ in range(random.integers(0, 6)):
        start, length = random.integers(1, size), random.choice([1, 3, 10, 61, 80])
        seen[start : start + length] = False
    steps = random.integers(-1, 2, size) * (random.random(size) < random.choice([0.1, 0.4, 1]))
    value = (np.cumsum(steps) % 9 - 2).astype(np.float64)
    spikes = random.random(size) < 0.02
    value[spikes] += random.choice([-6, 6], np.count_nonzero(spikes))
    return Exposed(
        metric="value", labels=(("id", name),),
        time_ms=np.flatnonzero(seen) * SCRAPE_S * 1000, value=value[seen],
    )  # fmt: skip


def _seconds(random: np.random.Generator, *choices: int) -> str:
    return f"{random.choice(choices)}s"


def stores(some: Sequence[Case]) -> list[Exposed]:
    """All that the cases watch."""
    return [case.series for case in some]
