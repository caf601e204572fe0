"""When alerts are evaluated over a dataset."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from simlab.alerts.signal import first_us, last_us
from simlab.alerts.spans import Times
from simlab.dataset.schema import Dataset
from simlab.prometheus.exposed import Moments
from simlab.prometheus.names import STEP_US


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """Evaluations at the multiples of a step.

    Attributes:
        origin_us: the first one [µs since 1970], a multiple of every step in use.
        step_us: from one to the next [µs].
        count: how many.
    """

    origin_us: int
    step_us: int
    count: int

    @property
    def moment_us(self) -> Times:
        """When they are [µs since 1970]."""
        return self.origin_us + np.arange(self.count) * self.step_us

    @property
    def moment_ms(self) -> Moments:
        """When they are [ms since 1970]."""
        return self.moment_us // 1000


def timelines(dataset: Dataset, steps_us: Iterable[int]) -> dict[int, Timeline]:
    """A timeline for each step, from before the dataset's first record to its end."""
    steps = sorted(set(steps_us))
    start_us, end_us = first_us(dataset), last_us(dataset)
    if start_us is None or end_us is None:
        return {step: Timeline(origin_us=0, step_us=step, count=0) for step in steps}
    common_us = math.lcm(STEP_US, *steps)
    origin_us = start_us // common_us * common_us
    return {
        step: Timeline(origin_us=origin_us, step_us=step, count=(end_us - origin_us) // step + 1)
        for step in steps
    }
