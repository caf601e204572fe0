"""A fitted profile's tables: its figures, the families that were tried, how close it is."""

import math
from dataclasses import replace

from rich.console import RenderableType
from rich.text import Text

from simlab.report.numbers import UNDEFINED, number, percent
from simlab.report.tables import Table
from simlab.report.terminal import Fitting, text_table
from simlab.workload.fit.distances import Distance
from simlab.workload.fit.estimate import Estimate
from simlab.workload.fit.fitted import Fitted

_QUANTITIES = {
    "duration": "duration [s]",
    "gap": "gap [s]",
    "batch_size": "batch size",
}


def fit_tables(fitted: Fitted) -> list[RenderableType]:
    """What was fitted, among which families, and how close drawn data are."""
    judged = f"Drawn data, against {fitted.held_out:,} attempts that were held out"
    told = distances_table(fitted)
    wide = replace(told, note="")  # a note can be broken, so it is no reason for the narrow form
    learned = f"Fitted to {fitted.attempts:,} attempts of {fitted.source}"
    return [
        _rendered(estimates_table(fitted), title=learned),
        _rendered(families_table(fitted), title="Families of service times"),
        Fitting(_rendered(wide, title=judged), _rendered(without_counts(wide), title=judged)),
        Text(told.note, style="dim"),
    ]


def estimates_table(fitted: Fitted) -> Table:
    """Each parameter with its interval; one of each family of factors a line."""
    rows = tuple(map(_estimate_cells, fitted.estimates))
    note = "The intervals take attempts for independent; those of a real log are wider."
    return Table(
        columns=("Parameter", "Fitted", "95 % interval"),
        numeric=frozenset({1}),
        rows=rows,
        note=note,
    )


def families_table(fitted: Fitted) -> Table:
    """The families of service times by the likelihood of what was held out, best first."""
    rows = tuple(
        (
            candidate.dist,
            _signed(candidate.log_likelihood),
            f"{number(candidate.behind)} ± {number(candidate.behind_error)}",
            "chosen" if candidate.chosen else "",
        )
        for candidate in fitted.candidates
    )
    return Table(
        columns=("Service times", "Log likelihood", "Behind the best", ""),
        numeric=frozenset({1, 2}),
        rows=rows,
        note="Mean log density [1/s] of the attempts held out, ± one standard error.",
    )


def distances_table(fitted: Fitted) -> Table:
    """How far drawn data are from what was held out."""
    note = (
        "Gaps are between batches falling due. KS is the greatest distance between two "
        "distribution functions; two samples of one distribution exceed 'Chance' 5 times in 100, "
        "and 'Rare' once in 1,000. P50 to P99: by how much the drawn quantile is greater."
    )
    return Table(
        columns=("", "Held out", "Drawn", "KS", "Chance", "Rare", "P50", "P95", "P99", ""),
        numeric=frozenset(range(1, 9)),
        rows=tuple(map(_distance_cells, fitted.distances)),
        note=note,
    )


def without_counts(table: Table) -> Table:
    """The table of distances for where there is little room: how many there were is left out."""
    kept = [0, *range(3, len(table.columns))]
    return replace(
        table,
        columns=tuple(table.columns[index] for index in kept),
        numeric=frozenset(range(1, len(kept) - 1)),
        rows=tuple(tuple(row[index] for index in kept) for row in table.rows),
    )


def _rendered(table: Table, *, title: str) -> RenderableType:
    return text_table(table.columns, table.rows, table.numeric, title=title, note=table.note)


def _estimate_cells(estimate: Estimate) -> tuple[str, str, str]:
    path = estimate.path.removeprefix("$.")
    return path, number(estimate.value), f"{number(estimate.low)} to {number(estimate.high)}"


def _distance_cells(distance: Distance) -> tuple[str, ...]:
    if distance.ks <= distance.chance:
        verdict = "within chance"
    else:
        verdict = "near" if distance.explained else "differs"
    return (
        _QUANTITIES[distance.quantity],
        number(distance.held),
        number(distance.drawn),
        f"{distance.ks:.3f}",
        f"{distance.chance:.3f}",
        f"{distance.rare:.3f}",
        *(_change(error) for error in (distance.p50, distance.p95, distance.p99)),
        verdict,
    )


def _change(relative: float) -> str:
    if not math.isfinite(relative):
        return UNDEFINED
    if abs(relative) < 0.001:
        return percent(abs(relative))
    return f"{'+' if relative > 0 else '-'}{percent(abs(relative))}"


def _signed(value: float) -> str:
    return f"{value:.4f}" if math.isfinite(value) else UNDEFINED
