"""`simlab dashboard`: one page of what a run did."""

from pathlib import Path
from typing import Annotated

import typer

from simlab.cli.console import say, show_json
from simlab.cli.options import (
    Force,
    Json,
    Labels,
    Map,
    MaxRejected,
    Rules,
    Source,
    Time,
    read_source,
    rules_or_strategy,
)


def dashboard(
    path: Source,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.html",
            help="The page. [default: dashboard.html in the run directory]",
            show_default=False,
        ),
    ] = None,
    rules: Rules = None,
    labels: Labels = None,
    title: Annotated[str | None, typer.Option(help="The page's heading.")] = None,
    time: Time = None,
    mapping: Map = None,
    max_rejected: MaxRejected = 0.01,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Draw one self-contained page of a run, a dataset or a log."""
    from simlab.dataset.target import refuse_existing
    from simlab.report.html import write_dashboard
    from simlab.report.page import page_of

    watched = rules_or_strategy(rules)
    target = out or (path / "dashboard.html" if path.is_dir() else Path("dashboard.html"))
    refuse_existing(target, force=force)
    dataset = read_source(path, time=time, maps=mapping, max_rejected=max_rejected, labels=labels)
    write_dashboard(page_of(dataset, path, watched, title=title), target)
    if as_json:
        show_json({"path": str(target), "bytes": target.stat().st_size})
    else:
        say(f"{target}: {target.stat().st_size / 1e6:.1f} MB, open it in a browser")
