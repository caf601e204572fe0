"""What is scraped: each metric's name and what it means, for both stacks of metrics."""

from typing import Final

QUANTILES: Final = (0.5, 0.95, 0.99)
EDGES_S: Final = (0.05, 0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 7.5, 10.0, 30.0)
STATUSES: Final = ("success", "error", "retry")
MOST_SERIES: Final = 1000
"""How many series one metric may have, `_other` among them."""
_MOST_EDGES: Final = 900

HELP: Final = {
    "inv_batch_seconds": "How long attempts worked [s]; quantiles of the last 10 min.",
    "inv_batch_duration_seconds": "How long attempts worked [s].",
    "inv_batches": "Attempts by how they ended.",
    "inv_errors": "Failed attempts by error.",
    "inv_error_count": "Failed batches in the last hour.",
    "inv_retries": "Attempts that are tried again.",
    "retry_count": "Retries in this run.",
    "batch_success_rate": "Successful / finished batches, this run.",
    "inv_error_ratio": "Errors among the last 100 finished batches.",
    "inv_slow_batches": "Attempts above the slow-batch threshold.",
    "cpu_percent": "CPU of the bot's process [%], 100 being one core.",
    "mem_usage_mb": "Memory of the bot's process [MB].",
    "host_cpu_percent": "CPU of the machine [%], 100 being all cores.",
    "inv_cpu_limit_cores": "Cores that a control group lets the bot use; NaN without a limit.",
    "inv_mem_limit_bytes": "Memory that a control group lets the bot use; NaN without a limit.",
    "inv_disk_read_bytes": "Bytes read from disk.",
    "inv_disk_write_bytes": "Bytes written to disk.",
    "inv_alert_firing": "Whether a rule fires.",
    "inv_rule_value": "What a rule is judged by now; NaN until it is defined.",
    "inv_telemetry_dropped": "What telemetry lost, by reason.",
    "inv_telemetry_flush_seconds": "How long flushes of the log took [s].",
}
"""Of each metric, in the order of an exposition; counters without the `_total` of their samples."""


def edges_of(slow_s: float, more_s: tuple[float, ...]) -> list[float]:
    """The histogram's edges [s]: the usual ones, the slow-batch threshold, and the rules' own.

    So many at most that the histogram keeps within `MOST_SERIES`.
    """
    return sorted({*EDGES_S, slow_s, *more_s[:_MOST_EDGES]})
