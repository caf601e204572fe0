"""A Grafana dashboard over the contract's metrics, with the rules' limits in it."""

from collections.abc import Sequence
from typing import Any, Final

from simlab.alerts.rule import Rule
from simlab.prometheus.panels import PANELS, Panel

JOB: Final = "inventory_rpa"
"""The name under which Prometheus scrapes the bot."""

_SCHEMA: Final = 39
"""Of Grafana 10.4 and 11; newer ones migrate it as they load it."""
_COLUMNS: Final = 24
_SOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}
_LINES: Final = {
    "drawStyle": "line", "lineWidth": 1, "fillOpacity": 5, "showPoints": "never",
    "spanNulls": False,
}  # fmt: skip


def dashboard(rules: Sequence[Rule]) -> dict[str, Any]:
    """The dashboard as Grafana imports it; it lets one choose which Prometheus to look at."""
    return {
        "uid": "simlab-inventory-rpa",
        "title": "InventoryRPA",
        "description": "KPIs, latency, errors, resources and alerts of one bot. Made by simlab.",
        "tags": ["simlab"],
        "schemaVersion": _SCHEMA,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "timezone": "utc",
        "refresh": "15s",
        "time": {"from": "now-1h", "to": "now"},
        "templating": {"list": [_choice()]},
        "annotations": {"list": [_firing()]},
        "panels": _placed(rules),
    }


def _placed(rules: Sequence[Rule]) -> list[dict[str, Any]]:
    """The panels in rows, from left to right, each row as high as its first panel."""
    placed: list[dict[str, Any]] = []
    x = y = height = 0
    for nth, panel in enumerate(PANELS, start=1):
        if x + panel.width > _COLUMNS:
            x, y = 0, y + height
        height = panel.height
        position = {"x": x, "y": y, "w": panel.width, "h": panel.height}
        placed.append({"id": nth, "gridPos": position, **_panel(panel, rules)})
        x += panel.width
    return placed


def _panel(panel: Panel, rules: Sequence[Rule]) -> dict[str, Any]:
    limits = _limits(panel, rules)
    custom: dict[str, Any] = dict(_LINES) if panel.kind == "timeseries" else {}
    if custom and limits:
        custom["thresholdsStyle"] = {"mode": "line"}
    return {
        "type": panel.kind,
        "title": panel.title,
        "description": panel.description,
        "datasource": _SOURCE,
        "targets": [
            {
                "refId": chr(ord("A") + nth),
                "datasource": _SOURCE,
                "expr": expression,
                "legendFormat": legend,
                "range": panel.kind != "stat",
                "instant": panel.kind == "stat",
            }
            for nth, (expression, legend) in enumerate(panel.targets)
        ],
        "fieldConfig": {
            "defaults": {
                "unit": panel.unit,
                "min": 0 if panel.from_0 else None,
                "custom": custom,
                "thresholds": {"mode": "absolute", "steps": _steps(limits, panel)},
            },
            "overrides": [],
        },
        "options": _options(panel),
    }


def _limits(panel: Panel, rules: Sequence[Rule]) -> list[float]:
    """Where the rules on the panel's signal have their limits, in its unit."""
    return sorted({
        rule.limit
        for rule in rules
        if panel.signal and rule.signal == panel.signal and rule.in_unit
        and rule.direction == "above" and rule.by is None
    })  # fmt: skip


def _steps(limits: Sequence[float], panel: Panel) -> list[dict[str, Any]]:
    base = "green" if limits or panel.alarms_above is not None else "blue"
    above = limits or ([] if panel.alarms_above is None else [panel.alarms_above])
    return [{"color": base, "value": None}, *({"color": "red", "value": at} for at in above)]


def _options(panel: Panel) -> dict[str, Any]:
    if panel.kind == "stat":
        reduced = {"calcs": ["lastNotNull"], "fields": "", "values": False}
        return {"reduceOptions": reduced, "colorMode": "value", "graphMode": "none"}
    legend = {"displayMode": "list", "placement": "bottom", "showLegend": True}
    if panel.kind == "state-timeline":
        return {"legend": legend, "mergeValues": True, "showValue": "never"}
    return {"legend": legend, "tooltip": {"mode": "multi", "sort": "desc"}}


def _choice() -> dict[str, Any]:
    return {
        "name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus",
        "refresh": 1, "hide": 0, "current": {}, "options": [], "regex": "", "multi": False,
        "includeAll": False,
    }  # fmt: skip


def _firing() -> dict[str, Any]:
    """Marks in all panels from when an alert that people are told of began to fire."""
    return {
        "name": "Alerts", "datasource": _SOURCE, "enable": True, "hide": False,
        "iconColor": "red", "expr": FIRING, "titleFormat": "{{alertname}}", "tagKeys": "severity",
        "step": "15s",
    }  # fmt: skip


FIRING: Final = 'ALERTS{alertstate="firing",notify="yes"}'
"""What Prometheus fires and people are told of."""
