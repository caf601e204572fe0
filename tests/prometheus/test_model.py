"""Our model of Prometheus against Prometheus' own promtool."""

from pathlib import Path

import numpy as np

from . import fuzz
from .harness import compared, modelled, needs_promtool

EVALUATIONS = 241
"""An hour and its ends."""


@needs_promtool
def test_no_probe_of_sixty_thousand_tells_the_model_from_prometheus(tmp_path: Path) -> None:
    """Gaps, resets, low traffic, stale marks, NaN, ties at thresholds; random `for`s and windows."""
    random = np.random.default_rng(20261125)
    ids = [str(number) for number in range(252)]
    stores = [fuzz.store(random, name, EVALUATIONS) for name in ids]
    alerts = [fuzz.alert(random, f"A{name}", name) for name in ids]
    expected = [
        one
        for alert, store in zip(alerts, stores, strict=True)
        for one in modelled(alert, store, EVALUATIONS)
    ]
    outcome = compared(alerts, [one for store in stores for one in store], expected, tmp_path)
    assert outcome.mismatches == 0, outcome.output[:4000]
    assert outcome.probes >= 60_000
    fires = np.concatenate([one.fires for one in expected])
    assert 0.05 < fires.mean() < 0.95  # neither answer is a safe guess
