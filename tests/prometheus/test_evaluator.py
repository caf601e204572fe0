"""The alert evaluator on a grid against Prometheus' own promtool."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simlab.alerts import replay, spans, windowed

from .harness import compared, needs_promtool
from .judged import Case, cases, evaluated, seasonal_cases, stores

pytestmark = needs_promtool

EVALUATIONS = 241
"""An hour and its ends."""


def _mismatches(some: list[Case], folder: Path) -> int:
    expected = [evaluated(case, EVALUATIONS) for case in some]
    return compared([case.alert for case in some], stores(some), expected, folder).mismatches


def test_no_probe_of_sixty_thousand_tells_the_evaluator_from_prometheus(tmp_path: Path) -> None:
    """All aggregates, smoothed or not, gaps, ties, `for`, `keep_firing_for`, whole or few counts."""
    some = cases(np.random.default_rng(4), 252, EVALUATIONS)
    expected = [evaluated(case, EVALUATIONS) for case in some]
    outcome = compared([case.alert for case in some], stores(some), expected, tmp_path)
    assert outcome.mismatches == 0, outcome.output[:4000]
    assert outcome.probes >= 60_000


def test_seasonal_rules_fire_as_their_recorded_form_does(tmp_path: Path) -> None:
    """Twelve days of hours: the median of the same hour, its residual, and the spread of that."""
    evaluations = 12 * 24
    some = seasonal_cases(np.random.default_rng(5), 30, evaluations)
    expected = [evaluated(case, evaluations) for case in some]
    alerts = [case.alert for case in some]
    outcome = compared(alerts, stores(some), expected, tmp_path, step_s=3600, scrape_s=3600)
    assert outcome.mismatches == 0, outcome.output[:4000]
    assert np.mean([one.fires.any() for one in expected]) > 0.5


def _or_equal(monkeypatch: pytest.MonkeyPatch) -> None:
    """`>=` for `>`."""
    honest = replay.runs

    def mutated(*arguments: Any, threshold: float, direction: str, **options: Any) -> replay.Runs:
        towards = -np.inf if direction == "above" else np.inf
        nearly = float(np.nextafter(threshold, towards))
        return honest(*arguments, threshold=nearly, direction=direction, **options)  # type: ignore[arg-type] # above or below

    monkeypatch.setattr(replay, "runs", mutated)


def _for_one_less(monkeypatch: pytest.MonkeyPatch) -> None:
    """An evaluation too few before the rule fires."""
    honest = replay.firing

    def mutated(beyond: replay.Runs, *, for_us: int, **options: Any) -> replay.Firing:
        return honest(beyond, for_us=max(for_us - 15_000_000, 0), **options)

    monkeypatch.setattr(replay, "firing", mutated)


def _closed_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """[t - window, t] for (t - window, t]."""
    honest = spans.spans

    def mutated(*arguments: Any, width_us: int | None, **options: Any) -> Any:
        wider = None if width_us is None else width_us + 1
        return honest(*arguments, width_us=wider, **options)

    monkeypatch.setattr(windowed, "spans", mutated)


@pytest.mark.parametrize("mutate", [_or_equal, _for_one_less, _closed_window])
def test_an_evaluator_that_is_a_little_wrong_is_caught(
    mutate: Callable[[pytest.MonkeyPatch], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same comparison that finds nothing wrong finds each of three small faults."""
    some = cases(np.random.default_rng(6), 52, EVALUATIONS)
    assert _mismatches(some, tmp_path) == 0
    mutate(monkeypatch)
    assert _mismatches(some, tmp_path) > 0
