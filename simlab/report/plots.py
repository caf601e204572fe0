"""Every chart by its name: functions from frames to matplotlib axes, of their own or yours.

Gathered here so that a notebook needs one import: `from simlab.report import plots`.
"""

from simlab.report.bill.plots import at_rates as telemetry_at_rates
from simlab.report.bill.plots import costs as telemetry_costs
from simlab.report.bill.plots import parts as telemetry_parts
from simlab.report.caught import caught_by_kind
from simlab.report.curves import latency_distribution, latency_ecdf
from simlab.report.drift_plot import drift_distances
from simlab.report.fronts import front
from simlab.report.groups import latency_by
from simlab.report.metrics_view import as_metrics_show
from simlab.report.over_time import (
    cpu_over_time,
    error_ratio_over_time,
    latency_over_time,
    load_over_time,
    memory_over_time,
    resources_over_time,
    signal_with_threshold,
    values_over_time,
)
from simlab.report.pairs import kinds_paired, paired_over_time
from simlab.report.plan_plot import plan_figure
from simlab.report.spread import latency_heat_map, latency_with_intervals, waiting_and_working

__all__ = [
    "as_metrics_show",
    "caught_by_kind",
    "cpu_over_time",
    "drift_distances",
    "error_ratio_over_time",
    "front",
    "kinds_paired",
    "latency_by",
    "latency_distribution",
    "latency_ecdf",
    "latency_heat_map",
    "latency_over_time",
    "latency_with_intervals",
    "load_over_time",
    "memory_over_time",
    "paired_over_time",
    "plan_figure",
    "resources_over_time",
    "signal_with_threshold",
    "telemetry_at_rates",
    "telemetry_costs",
    "telemetry_parts",
    "values_over_time",
    "waiting_and_working",
]
