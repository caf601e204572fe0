"""How long it takes until there are so many observations."""

from typing import Final

import numpy as np

from simlab.alerts.rule import Rule
from simlab.alerts.spans import Times
from simlab.prometheus.names import STEP_US

LEAST_COUNTER_US: Final = 60_000_000
"""Four scrapes: a rate needs two, and one may be missed."""

UNKNOWN_PACE_US: Final = 3_000_000
"""Without data: a hundred batches in five minutes, as the bot's usual day has them."""


def pace_us(time_us: Times) -> int:
    """The usual time from one observation to the next, the median [µs]; 0 for fewer than two."""
    return int(np.median(np.diff(time_us))) if len(time_us) > 1 else 0


def step_of(rule: Rule, pace: int) -> int:
    """How often Prometheus judges the rule [µs]: at its grid, or as often as its gauge comes.

    Args:
        rule: a rule.
        pace: of its signal [µs].
    """
    if rule.step_us is not None:
        return rule.step_us
    return max(pace, STEP_US) if rule.signal == "value" else STEP_US


def gauge_width_us(rule: Rule, pace: int) -> int:
    """The rule's window as a length of time, for a series that comes at this pace [µs]."""
    return rule.window_us or (rule.window_count or 1) * max(pace, 1)


def counter_width_us(rule: Rule, pace: int) -> int:
    """The rule's window as a length of time that counters can tell of: whole scrapes, four or more.

    Args:
        rule: a rule on what attempts show.
        pace: from one observation to the next [µs].
    """
    asked_us = rule.window_us or (rule.window_count or 1) * pace
    return max(-(-asked_us // STEP_US) * STEP_US, LEAST_COUNTER_US)
