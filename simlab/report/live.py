"""What the page's script draws from: numbers as JSON, of which nothing can end its element."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import polars as pl
from markupsafe import Markup
from matplotlib import colormaps
from matplotlib.colors import to_hex
from msgspec.json import encode
from numpy.typing import NDArray

from simlab.report import style
from simlab.report.heat import Heat
from simlab.report.heat_chart import MAP, ends_of
from simlab.report.inert import visible
from simlab.report.panels import Panel

_DIGITS: Final = 4
_PALETTE: Final = 32
_MOST_INCIDENTS: Final = 2000
_US_PER_MS: Final = 1000
_RATIO_PERCENT: Final = 100.0
_ESCAPES: Final = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}
_INKS: Final = {
    "ink": style.INK,
    "muted": style.MUTED,
    "grid": style.GRID,
    "threshold": style.THRESHOLD,
    "incident": style.INCIDENT,
    "lookalike": style.LOOKALIKE,
    "caught": style.CAUGHT,
    "false": style.FALSE_ALARM,
}


def told(
    panels: Sequence[Panel],
    heats: Sequence[Heat],
    incidents: pl.DataFrame | None,
    names: Mapping[int, str],
) -> Markup:
    """The data of a page's charts, as a text that is whole JSON and holds no `<`, `>` or `&`.

    Times are milliseconds since 1970, values as they are shown (ratios in percent), to four
    digits, and null where nothing is known. Every ink is a pair, for a light and a dark ground.

    Args:
        panels: the charts over time.
        heats: the grids of warehouses.
        incidents: the truth; None when it is unknown.
        names: of warehouses, by their ids.
    """
    value = {
        "inks": {name: _pair(ink) for name, ink in _INKS.items()},
        "panels": [_panel(panel) for panel in panels],
        "heats": [_heat(heat, names) for heat in heats],
        "incidents": _incidents(incidents),
    }
    text = encode(value).decode()
    for raw, escaped in _ESCAPES.items():
        text = text.replace(raw, escaped)
    return Markup(text)  # noqa: S704 -- nothing in it that HTML knows


def _panel(panel: Panel) -> dict[str, Any]:
    return {
        "name": panel.name,
        "axis": panel.axis,
        "unit": panel.unit,
        "y": panel.y,
        "start": _ms(panel.frame["time"])[0],
        "step": panel.every_s * 1000,
        "lines": [
            {
                "label": line.label,
                "ink": _pair(line.ink),
                "values": _values(panel.frame[line.column].to_numpy() * panel.scale),
            }
            for line in panel.lines
        ],
        "limits": [
            {"value": _short(limit.value * panel.scale), "label": visible(limit.label)}
            for limit in panel.limits
        ],
        "marks": _marks(panel.marks),
    }


def _marks(marks: pl.DataFrame | None) -> list[dict[str, Any]]:
    if marks is None:
        return []
    return [
        {
            "rule": visible(str(rule), most=40),
            "at": _ms(found["time"]),
            "caught": found["caught"].to_list(),
            "count": found["episodes"].to_list(),
        }
        for (rule,), found in marks.partition_by("rule", as_dict=True, maintain_order=True).items()
    ]


def _heat(heat: Heat, names: Mapping[int, str]) -> dict[str, Any]:
    low, high = ends_of(heat)
    scale = _RATIO_PERCENT if heat.signal.endswith("_ratio") else 1.0
    return {
        "name": heat.name,
        "unit": "%" if heat.signal.endswith("_ratio") else "s",
        "start": int(heat.start[0].timestamp() * 1000),
        "step": heat.every_s * 1000,
        "rows": [
            visible(f"{warehouse_id} {names.get(warehouse_id, '')}".strip(), most=60)
            for warehouse_id in heat.warehouses
        ],
        "ids": list(heat.warehouses),
        "values": [_values(row * scale) for row in heat.value],
        "low": _short(low * scale),
        "high": _short(high * scale),
        "palette": [to_hex(colormaps[MAP](place)) for place in np.linspace(0, 1, _PALETTE)],
    }


def _incidents(incidents: pl.DataFrame | None) -> list[dict[str, Any]]:
    if incidents is None:
        return []
    length = pl.col("visible_end") - pl.col("visible_start")
    known = incidents.drop_nulls(["visible_start", "visible_end"])
    shown = known.sort(length, descending=True).head(_MOST_INCIDENTS).sort("visible_start")
    return [
        {
            "kind": visible(row["kind"].replace("_", " "), most=40),
            "from": int(row["visible_start"].timestamp() * 1000),
            "to": int(row["visible_end"].timestamp() * 1000),
            "lookalike": row["lookalike"],
        }
        for row in shown.iter_rows(named=True)
    ]


def _ms(time: pl.Series) -> list[int]:
    return (time.dt.epoch("us") // _US_PER_MS).to_list()


def _values(value: NDArray[np.float64]) -> list[float | None]:
    return [_short(each) if np.isfinite(each) else None for each in value.tolist()]


def _short(value: float) -> float:
    short = float(f"{value:.{_DIGITS}g}")
    return int(short) if short.is_integer() else short


def _pair(ink: str) -> tuple[str, str]:
    return ink, style.DARK.get(ink, ink)
