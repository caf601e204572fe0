"""What incidents did, for a terminal."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.console import RenderableType

from simlab.report.numbers import UNDEFINED, human_s, number, percent
from simlab.report.terminal import Fitting, text_table

if TYPE_CHECKING:
    import polars as pl

_COLUMNS = (
    "Incident", "Batches", "Latency", "P95", "Failed", "Retries", "CPU [%]", "Elsewhere",
    "Together with",
)  # fmt: skip
_NARROW = ("Incident", "Latency", "Failed", "Retries", "CPU [%]")
_NOTE = (
    "Each figure: without the incident → with it. Latency: mean from due to done. Elsewhere: batches "
    "of other warehouses that it slowed."
)


def effect_table(effects: "pl.DataFrame", *, title: str) -> RenderableType:
    """The effect of each incident, as `effect` gives it, a row an incident."""
    rows = [_cells(row) for row in effects.to_dicts()]
    wide = [tuple(row[name] for name in _COLUMNS) for row in rows]
    narrow = [tuple(row[name] for name in _NARROW) for row in rows]
    return Fitting(
        text_table(_COLUMNS, wide, set(range(1, 8)), title=title, note=_NOTE),
        text_table(_NARROW, narrow, set(range(1, 5)), title=title, note=_NOTE),
    )


def _cells(row: Mapping[str, Any]) -> dict[str, str]:
    return {
        "Incident": row["id"],
        "Batches": f"{row['batches']:,}",
        "Latency": _change(row, "latency_s", human_s),
        "P95": _change(row, "latency_p95_s", human_s),
        "Failed": _change(row, "error_ratio", percent),
        "Retries": f"{row['retries_added']:+,}",
        "CPU [%]": _change(row, "cpu_percent", number),
        "Elsewhere": f"{row['slowed_elsewhere']:,}",
        "Together with": ", ".join(row["overlaps"]) or UNDEFINED,
    }


def _change(row: Mapping[str, Any], name: str, unit: Any) -> str:
    return f"{unit(row[f'{name}_without'])} → {unit(row[name])}"
