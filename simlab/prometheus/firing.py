"""When alerts fire, given at which evaluations their conditions hold."""

import numpy as np

from simlab.alerts.replay import firing, runs
from simlab.alerts.rule import UNBOUNDED_US
from simlab.prometheus.exposed import Flags


def firing_at(condition: Flags, *, step_us: int, for_us: int, keep_firing_for_us: int = 0) -> Flags:
    """At which evaluations an alert fires, by the machine of `simlab.alerts`.

    Args:
        condition: whether the alert's expression gives something, evaluation by evaluation.
        step_us: from one evaluation to the next [µs].
        for_us: how long the condition must hold [µs].
        keep_firing_for_us: how long after it was first false again firing goes on [µs].
    """
    # The last true evaluation lies a step before the first false one.
    keep_us = keep_firing_for_us + step_us if keep_firing_for_us else 0
    size = len(condition)
    spare = keep_us // step_us + 2  # so that whatever fires at the end resolves after it
    value = np.append(condition, np.zeros(spare)).astype(np.float64)
    beyond = runs(
        np.arange(size + spare) * step_us, value,
        threshold=0.5, direction="above", stale_after_us=UNBOUNDED_US,
    )  # fmt: skip
    found = firing(beyond, for_us=for_us, keep_firing_for_us=keep_us)
    change = np.zeros(size + spare + 1, dtype=np.int64)
    np.add.at(change, found.start_us // step_us, 1)
    np.add.at(change, found.end_us // step_us, -1)
    return np.cumsum(change)[:size] > 0
