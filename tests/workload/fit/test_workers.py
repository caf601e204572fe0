"""There are workers enough for what was seen."""

import numpy as np
import pytest

from simlab.workload.fit.workers import fit_workers

from .cases import evidence, log


def workers(every_s: float, worked_s: float) -> int:
    rows = evidence(log(np.arange(2_000) * every_s, worked_s)).rows
    return fit_workers(rows, span_s=2_000 * every_s)


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
