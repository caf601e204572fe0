"""The names that series have in Prometheus."""

import re
from typing import Final

from simlab.alerts.rule import Rule
from simlab.prometheus.promql import Matcher, Selector

STEP_US: Final = 15_000_000
"""How often Prometheus scrapes, and judges a rule that says nothing else."""

ATTEMPTS: Final = "inv_batch_duration_seconds_count"
BUCKETS: Final = "inv_batch_duration_seconds_bucket"
SECONDS: Final = "inv_batch_duration_seconds_sum"
BATCHES: Final = "inv_batches_total"
ERROR_RATIO: Final = "inv_error_ratio"
RULE_VALUE: Final = "inv_rule_value"
GAUGES: Final = frozenset({"value", "cpu_percent", "mem_usage_mb"})
"""Signals that are gauges of the same meaning."""

FINISHED: Final = Selector(BATCHES, (Matcher("status", "!=", "retry"),))


def recorded_name(what: str, rule: Rule) -> str:
    """The name of what is recorded for a rule, such as `simlab:mean:cpu_high`."""
    plain = re.sub("[^A-Za-z0-9_]", lambda found: f"_{ord(found[0]):x}_", rule.name)
    return f"simlab:{what}:{plain}"


def edge(threshold: float) -> str:
    """A bucket's edge as client libraries write it.

    >>> edge(2), edge(0.05)
    ('2.0', '0.05')
    """
    from prometheus_client.utils import floatToGoString  # noqa: PLC0415 -- slow to import

    return str(floatToGoString(threshold))
