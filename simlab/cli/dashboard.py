"""`simlab dashboard`: one page of what a run did, or what a bot's metrics tell."""

from pathlib import Path
from typing import Annotated

import typer

from simlab.cli.console import say, show_json
from simlab.cli.dashboard_of import FOR, LAST, of_endpoint, of_path, of_prometheus
from simlab.cli.options import (
    Force,
    Json,
    Labels,
    Map,
    MaxRejected,
    Rules,
    Time,
    rules_or_strategy,
)


def dashboard(
    path: Annotated[
        Path | None,
        typer.Argument(
            metavar="[PATH]",
            help="A run directory, a dataset, a directory of logs, or a file "
            "(.jsonl, .json, .csv, .parquet, .log).",
            show_default=False,
        ),
    ] = None,
    prometheus: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Ask a Prometheus that scrapes the bot instead."),
    ] = None,
    last: Annotated[
        str | None,
        typer.Option(
            metavar="DURATION",
            help=f"With --prometheus: how long back, 5m to 366d. [default: {LAST}]",
        ),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(metavar="WHEN", help="With --prometheus: until then. [default: now]"),
    ] = None,
    scrape: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Read the bot's own endpoint for a while instead."),
    ] = None,
    for_: Annotated[
        str | None,
        typer.Option(
            "--for", metavar="DURATION", help=f"With --scrape: how long. [default: {FOR}]"
        ),
    ] = None,
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
    """Draw one self-contained page of a run, a dataset, a log, or a bot's metrics."""
    from simlab.dataset.target import refuse_existing
    from simlab.report.html import write_dashboard

    _refuse_mixed(
        {"PATH": path, "--prometheus": prometheus, "--scrape": scrape},
        {
            "PATH": {"--time": time, "--map": mapping},
            "--prometheus": {"--last": last, "--until": until},
            "--scrape": {"--for": for_},
        },
    )
    watched = rules_or_strategy(rules)
    target = out or (path / "dashboard.html" if path and path.is_dir() else Path("dashboard.html"))
    refuse_existing(target, force=force)
    if prometheus is not None:
        page = of_prometheus(
            prometheus, watched, last=last, until=until, labels=labels, title=title, quiet=as_json
        )
    elif scrape is not None:
        page = of_endpoint(scrape, watched, for_=for_, labels=labels, title=title, quiet=as_json)
    else:
        assert path is not None
        page = of_path(
            path, watched, labels=labels, title=title, time=time, maps=mapping,
            max_rejected=max_rejected,
        )  # fmt: skip
    write_dashboard(page, target)
    if as_json:
        show_json({"path": str(target), "bytes": target.stat().st_size})
    else:
        say(f"{target}: {target.stat().st_size / 1e6:.1f} MB, open it in a browser")


def _refuse_mixed(sources: dict[str, object], belonging: dict[str, dict[str, object]]) -> None:
    """Refuse no source, two of them, or an option of another one.

    Raises:
        ConfigError: that is so.
    """
    from simlab.errors import ConfigError

    named = [name for name, value in sources.items() if value is not None]
    if len(named) != 1:
        found = " and ".join(named) or "none"
        raise ConfigError(f"found {found}, expected one of PATH, --prometheus URL, --scrape URL")
    for source, options in belonging.items():
        for name, value in options.items():
            if value and source != named[0]:
                raise ConfigError(f"{name} goes with {source}, not with {named[0]}")
