"""There are workers enough for what was seen and for what was fitted."""

from typing import Any

import numpy as np
import pytest

from simlab.workload.fit.workers import enough_workers
from workload.cases import case

from .cases import evidence, log


def workers(every_s: float, worked_s: float, **changes: Any) -> int:
    rows = evidence(log(np.arange(2_000) * every_s, worked_s)).rows
    service = {"dist": "uniform", "low": worked_s, "high": worked_s + 1e-6}
    told = {"service": service, "outcome": {"retry": 0.0}, "arrivals": {"per_minute": 60 / every_s}}
    return enough_workers(case(workers=100, **{**told, **changes}), rows)


@pytest.mark.parametrize(
    ("every_s", "worked_s", "expected"),
    [
        (1.0, 0.5, 1),  # one at work, half of the time
        (1.0, 0.9, 2),  # one at work, but for too much of the time: 0.9 / 0.8
        (1.0, 2.5, 4),  # three side by side, 2.5 at work on average: 2.5 / 0.8
        (1.0, 7.9, 10),
    ],
)
def test_so_many_as_worked_side_by_side_and_none_too_busy(
    every_s: float, worked_s: float, expected: int
) -> None:
    assert workers(every_s, worked_s) == expected


def test_retries_and_slow_warehouses_need_workers_too() -> None:
    """Three attempts of 1 + 0.5 + 0.25, and factors of mean exp(0.5² / 2)."""
    outcome = {"retry": 0.5, "error": 0.0, "max_attempts": 3}
    assert workers(1.0, 0.75, outcome=outcome) == 2  # 0.75 * 1.75 / 0.8 = 1.6
    service = {"dist": "uniform", "low": 2.0, "high": 2.001, "warehouse_spread": 0.5}
    assert workers(1.0, 2.0, service=service) == 3  # 2 * 1.13 / 0.8 = 2.8
