"""The panels of the dashboard: what each asks Prometheus, in which unit, and how large it is."""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Kind: TypeAlias = Literal["stat", "timeseries", "state-timeline"]

_RATE: Final = "[$__rate_interval]"
"""Grafana puts four scrapes in, or the step of the chart where that is longer."""


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One panel.

    Attributes:
        title: above it.
        targets: PromQL, each with its legend.
        kind: Grafana's name of its type.
        unit: Grafana's name of its unit.
        signal: of the rules whose limits are drawn.
        alarms_above: what is red where no rule has a limit; None is nothing.
        from_0: whether the axis begins at 0.
        description: what one should know to read it.
        width: of 24 columns.
        height: in Grafana's rows.
    """

    title: str
    targets: tuple[tuple[str, str], ...]
    kind: Kind = "timeseries"
    unit: str = "short"
    signal: str = ""
    alarms_above: float | None = None
    from_0: bool = True
    description: str = ""
    width: int = 12
    height: int = 8


def _stat(title: str, expression: str, *, unit: str = "short", signal: str = "",
          alarms_above: float | None = None, description: str = "") -> Panel:  # fmt: skip
    return Panel(
        title=title, targets=((expression, ""),), kind="stat", unit=unit, signal=signal,
        alarms_above=alarms_above, description=description, width=4, height=4,
    )  # fmt: skip


def _quantile(share: str) -> str:
    return f'inv_batch_seconds{{quantile="{share}"}}'


def _of_histogram(share: str) -> str:
    return (
        f"histogram_quantile({share}, sum by (le) (rate(inv_batch_duration_seconds_bucket{_RATE})))"
    )


def _mean(metric: str) -> str:
    return f"rate({metric}_sum{_RATE}) / rate({metric}_count{_RATE})"


def _a_minute(metric: str, by: str = "") -> str:
    summed = f"sum by ({by}) " if by else "sum"
    return f"60 * {summed}(rate({metric}{_RATE}))"


PANELS: Final = (
    _stat("Rules firing", "sum(inv_alert_firing)", alarms_above=1, description="By the bot."),
    _stat("inv_batch_seconds P95", _quantile("0.95"), unit="s", signal="duration"),
    _stat("inv_batch_seconds P99", _quantile("0.99"), unit="s", signal="duration"),
    _stat("Error ratio, last 100", "inv_error_ratio", unit="percentunit", signal="error_ratio",
          description="Undefined until 100 batches have finished."),
    _stat("batch_success_rate", "batch_success_rate", unit="percentunit",
          description="Of this run; undefined before the first batch has finished."),
    _stat("inv_error_count", "inv_error_count", description="Failed batches in the last hour."),
    _stat("retry_count", "retry_count", description="Retries in this run."),
    _stat("cpu_percent", "cpu_percent", unit="percent", signal="cpu_percent",
          description="Of the bot's process; 100 is one core."),
    _stat("mem_usage_mb", "mem_usage_mb", unit="decmbytes", signal="mem_usage_mb"),
    _stat("Finished batches a minute", _a_minute('inv_batches_total{status!="retry"}')),
    _stat("Bot answers", 'up{job="inventory_rpa"}', description="1 when the last scrape worked."),
    _stat("Telemetry lost", "sum(inv_telemetry_dropped_total)", alarms_above=1),
    Panel(title="Batch latency, as the bot tells it", unit="s", signal="duration",
          targets=((_quantile("0.5"), "P50"), (_quantile("0.95"), "P95"),
                   (_quantile("0.99"), "P99")),
          description="Over the last 10 minutes, within 1 %."),
    Panel(title="Batch latency, from the histogram", unit="s", signal="duration",
          targets=((_of_histogram("0.5"), "P50"), (_of_histogram("0.95"), "P95"),
                   (_of_histogram("0.99"), "P99"), (_mean("inv_batch_duration_seconds"), "mean")),
          description="Interpolated between the histogram's edges."),
    Panel(title="Attempts a minute", targets=((_a_minute("inv_batches_total", "status"),
                                               "{{status}}"),)),
    Panel(title="Error ratio", unit="percentunit", signal="error_ratio",
          targets=(("inv_error_ratio", "last 100 batches"),
                   (('sum(rate(inv_batches_total{status="error"}[5m])) '
                    '/ sum(rate(inv_batches_total{status!="retry"}[5m]))'), "last 5 minutes"))),
    Panel(title="Failed attempts a minute, by error",
          targets=((_a_minute("inv_errors_total", "error_type"), "{{error_type}}"),)),
    Panel(title="Retries and slow batches a minute",
          targets=((_a_minute("inv_retries_total"), "retries"),
                   (_a_minute("inv_slow_batches_total"), "slow batches"))),
    Panel(title="CPU", unit="percent", signal="cpu_percent",
          targets=(("cpu_percent", "bot, 100 is one core"),
                   ("host_cpu_percent", "machine, 100 is all cores"))),
    Panel(title="Memory", unit="decmbytes", signal="mem_usage_mb",
          targets=(("mem_usage_mb", "bot"), ("inv_mem_limit_bytes / 1e6", "limit"))),
    Panel(title="Disk", unit="Bps",
          targets=((f"rate(inv_disk_read_bytes_total{_RATE})", "read"),
                   (f"rate(inv_disk_write_bytes_total{_RATE})", "written"))),
    Panel(title="What rules are judged by", from_0=False,
          targets=(("inv_rule_value", "{{rule}} {{warehouse_id}}"),),
          description="Each in its own unit; nothing where it is undefined."),
    Panel(title="Firing rules, by the bot", kind="state-timeline", alarms_above=1,
          targets=(("inv_alert_firing", "{{rule}}"),)),
    Panel(title="Firing alerts, by Prometheus", kind="state-timeline", alarms_above=1,
          targets=(('ALERTS{alertstate="firing"}', "{{alertname}}"),),
          description="Empty while none fires."),
    Panel(title="Telemetry about telemetry", unit="s",
          targets=((_mean("inv_telemetry_flush_seconds"), "a flush of the log takes"),)),
    Panel(title="Telemetry lost a minute",
          targets=((_a_minute("inv_telemetry_dropped_total", "reason"), "{{reason}}"),)),
)  # fmt: skip
"""All panels, in the order in which they fill the rows."""
