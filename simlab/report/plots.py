"""Every chart by its name: functions from frames to matplotlib axes, of their own or yours.

Gathered here so that a notebook needs one import, `from simlab.report import plots`, and imported
when first used, so that a page of a few charts does not wait for all of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from simlab.report.bill.titled import at_rates as telemetry_at_rates
    from simlab.report.bill.titled import costs as telemetry_costs
    from simlab.report.bill.titled import parts as telemetry_parts
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

_HOMES: Final = {
    "as_metrics_show": "metrics_view",
    "caught_by_kind": "caught",
    "drift_distances": "drift_plot",
    "front": "fronts",
    "kinds_paired": "pairs",
    "latency_by": "groups",
    "latency_distribution": "curves",
    "latency_ecdf": "curves",
    "latency_heat_map": "spread",
    "latency_with_intervals": "spread",
    "paired_over_time": "pairs",
    "plan_figure": "plan_plot",
    "telemetry_at_rates": "bill.titled",
    "telemetry_costs": "bill.titled",
    "telemetry_parts": "bill.titled",
    "waiting_and_working": "spread",
}
"""Where a chart is, if it is not among those over time."""


def __getattr__(name: str) -> Any:
    """Import a chart when it is first asked for."""
    if name not in __all__:
        raise AttributeError(f"module 'simlab.report.plots' has no attribute {name!r}")
    home = import_module(f"simlab.report.{_HOMES.get(name, 'over_time')}")
    return getattr(home, name.removeprefix("telemetry_"))


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
