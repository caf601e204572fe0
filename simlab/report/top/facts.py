"""One look as plain values, for JSON."""

from typing import Any

from simlab.clock import iso
from simlab.report.top.kpi import limit_words
from simlab.report.top.standing import Standing
from simlab.report.words import condition


def facts_of(standing: Standing) -> dict[str, Any]:
    """What is shown, by names; times as ISO 8601 text in UTC, NaN for what is undefined."""
    return {
        "source": standing.source,
        "state": standing.state,
        "trouble": standing.is_trouble,
        "time": _when(standing.time_us),
        "kpis": {
            told.kpi.key: {
                "value": told.value,
                "limit": None if told.limit is None else limit_words(told.limit),
                "rule": None if told.limit is None else told.limit.name,
                "state": told.state,
            }
            for told in standing.kpis
        },
        "rules": [
            {
                "rule": told.name,
                "firing": told.fires,
                "since": _when(told.since_us),
                "value": told.value,
                "warehouse_id": told.warehouse_id,
                "severity": told.severity or None,
                "condition": None if told.rule is None else condition(told.rule),
            }
            for told in standing.rules
        ],
        "alerts": [
            {
                "time": _when(change.time_us),
                "rule": change.rule,
                "state": change.state,
                "value": change.value,
                "threshold": change.limit,
                "severity": change.severity or None,
                "warehouse_id": change.warehouse_id,
                "held": change.held,
            }
            for change in standing.changes
        ],
        "rates_per_minute": standing.rates_per_minute,
        "disk_bytes_per_s": standing.disk_bytes_per_s,
        "host_cpu_percent": standing.host_cpu_percent,
        "telemetry_dropped": standing.dropped,
    }


def _when(time_us: int | None) -> str | None:
    return None if time_us is None else iso(time_us)
