"""How logs differ from a reference, in tables."""

from typing import Final

from rich.console import RenderableType
from rich.text import Text

from simlab.report.numbers import UNDEFINED, human_s, number, per_day, percent
from simlab.report.tables import Table
from simlab.report.terminal import Fitting, text_table
from simlab.tuning.alarms import Alarms
from simlab.tuning.apart import Apart
from simlab.tuning.drift import Drift, Judged

_NAMES: Final = {
    "gap": "gap between batches",
    "arrivals": "batches due a minute",
    "warehouses": "mix of warehouses",
    "mem_usage_mb": "memory [MB]",
    "cpu_percent": "CPU [%]",
    "queue_wait": "queue wait",
    "batch_size": "batch size",
    "error_ratio": "error ratio",
    "retry_ratio": "retry ratio",
}
_IN_SECONDS: Final = frozenset({"duration", "queue_wait", "gap"})
_SHARES: Final = frozenset({"error_ratio", "retry_ratio"})
_WORDS: Final = {"alike": "within chance", "near": "near", "drifted": "drifted"}
_MOST_NARROW: Final = (0, 3, 4, 7)

NOTE: Final = (
    "Distance: KS, the greatest distance of two distribution functions, 0 to 1; for a mix the share "
    "that went elsewhere; with a sign, the relative change. Two samples of one workload exceed "
    "'Chance' 5 times in 100, and 'Rare' once in 1,000. Before and now are medians, shares, rates."
)


def drift_tables(found: Drift) -> list[RenderableType]:
    """The quantities, and what the rules raise where any were tried."""
    title = f"{found.logs} against {found.reference}"
    table = quantities_table(found)
    # A note can be broken, so it is no reason for the narrow form.
    tables: list[RenderableType] = [
        Fitting(_rendered(table, title=title), _rendered(_narrow(table), title=title)),
        Text(NOTE, style="dim"),
    ]
    if found.alarms is not None:
        tables.append(_rendered(alarms_table(found.alarms), title="The rules on these logs"))
    return tables


def quantities_table(found: Drift) -> Table:
    """How far each quantity is from the reference, and whether chance explains it."""
    return Table(
        columns=("", "Before", "Now", "Distance", "95 % interval", "Chance", "Rare", ""),
        numeric=frozenset(range(1, 7)),
        rows=tuple(map(_cells, found.quantities)),
    )


def alarms_table(alarms: Alarms) -> Table:
    """What rules raise on the logs, against their budget."""
    row = (
        number(alarms.count),
        per_day(alarms.per_day),
        f"{per_day(alarms.low)} to {per_day(alarms.high)}",
        per_day(alarms.reference_per_day),
        per_day(alarms.most_per_day),
        alarms.verdict,
    )
    what = alarms.counted.capitalize()
    columns = (what, "A day", "95 % interval", "In the reference", "Budget", "")
    note = "" if alarms.counted == "false alarms" else "Without labels all pages count."
    return Table(columns=columns, numeric=frozenset(range(5)), rows=(row,), note=note)


def _cells(judged: Judged) -> tuple[str, ...]:
    apart = judged.apart
    return (
        _NAMES.get(apart.quantity, apart.quantity),
        _figure(apart.quantity, apart.there),
        _figure(apart.quantity, apart.here),
        _distance(apart, apart.distance),
        f"{_distance(apart, apart.low)} to {_distance(apart, apart.high)}",
        _distance(apart, apart.chance).removeprefix("+"),
        _distance(apart, apart.rare).removeprefix("+"),
        _WORDS[judged.verdict],
    )


def _figure(quantity: str, value: float) -> str:
    if quantity in _IN_SECONDS:
        return human_s(value)
    return percent(value) if quantity in _SHARES else number(value)


def _distance(apart: Apart, value: float) -> str:
    if apart.measure != "change":
        return f"{value:.3f}"
    return f"{value * 100:+.1f} %" if abs(value) < 1e4 else UNDEFINED


def _narrow(table: Table) -> Table:
    """What is needed most, for where there is little room."""
    return Table(
        columns=tuple(table.columns[place] for place in _MOST_NARROW),
        numeric=frozenset({1, 2}),
        rows=tuple(tuple(row[place] for place in _MOST_NARROW) for row in table.rows),
    )


def _rendered(table: Table, *, title: str) -> RenderableType:
    return text_table(table.columns, table.rows, table.numeric, title=title, note=table.note)
