"""`simlab kpi`: the strategy's six figures."""

from typing import Annotated

import typer

from simlab.cli.console import show, show_json
from simlab.cli.options import (
    Json,
    Map,
    MaxRejected,
    Source,
    Time,
    length_s,
    read_source,
)


def kpi(
    path: Source,
    every: Annotated[
        str | None,
        typer.Option(metavar="DURATION", help="Also over time, such as every 1h."),
    ] = None,
    time: Time = None,
    mapping: Map = None,
    max_rejected: MaxRejected = 0.01,
    as_json: Json = False,
) -> None:
    """Tell the six KPIs of a dataset, a run or a log, as a whole or over time."""
    from simlab.dataset.kpis import kpis, kpis_over_time
    from simlab.report.terminal import kpis_over_time_table, kpis_table

    every_s = length_s(every, "--every")
    dataset = read_source(path, time=time, maps=mapping, max_rejected=max_rejected)
    figures = kpis(dataset)
    over_time = None if every_s is None else kpis_over_time(dataset, every_s=every_s)
    if as_json:
        show_json({"path": str(path), "kpis": figures, "over_time": over_time})
        return
    show(kpis_table(figures, title=f"KPIs of {dataset.name}, {len(dataset.rows):,} rows"))
    if over_time is not None:
        show(kpis_over_time_table(over_time, title=f"every {every}"))
