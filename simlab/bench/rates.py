"""What a price an event comes to: a share of a batch, and of a core at a rate of events."""

import math
from typing import Final

from simlab.bench.chance import Estimate

WORK_S: Final = (0.001, 0.01, 0.1, 1.0)
"""How long batches work of which the share is told [s]."""
EATEN: Final = (0.001, 0.01, 0.05)
"""Shares of a core for which the rate of events is told."""


def share_of(called_ns: Estimate, work_s: float) -> Estimate:
    """The share of a batch's time that its caller waits for telemetry, one event a batch.

    Args:
        called_ns: the caller's time of an event; what seems below 0 counts as 0.
        work_s: how long the batch itself works.
    """
    low, value, high = (
        max(0.0, ns) / (max(0.0, ns) + work_s * 1e9)
        for ns in (called_ns.low, called_ns.value, called_ns.high)
    )
    return Estimate(value, low, high)


def rate_per_s(cpu_ns: Estimate, share: float) -> Estimate:
    """The rate at which events take such a share of a core [events a second].

    Args:
        cpu_ns: the CPU time of an event; the rate is infinite where it is not above 0.
        share: 0 to 1.
    """
    low, value, high = (
        share * 1e9 / ns if ns > 0 else math.inf for ns in (cpu_ns.high, cpu_ns.value, cpu_ns.low)
    )
    return Estimate(value, low, high)
