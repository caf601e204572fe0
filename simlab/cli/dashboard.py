"""`simlab dashboard`: one page of what a run did, or what a bot's metrics tell."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from simlab.cli.console import interruptible, progress, say, show_json
from simlab.cli.options import (
    Force,
    Json,
    Labels,
    Map,
    MaxRejected,
    Rules,
    Time,
    labels_within,
    length_s,
    moment_us,
    read_source,
    rules_or_strategy,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simlab.alerts.rule import Rule
    from simlab.dataset.parts import Parts
    from simlab.report.page import Page

_MANY_ROWS: Final = 500_000
_LAST, _FOR = "6h", "60s"


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
            help=f"With --prometheus: how long back, 5m to 366d. [default: {_LAST}]",
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
            "--for", metavar="DURATION", help=f"With --scrape: how long. [default: {_FOR}]"
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
        page = _of_prometheus(
            prometheus, watched, last=last, until=until, labels=labels, title=title, quiet=as_json
        )
    elif scrape is not None:
        page = _of_endpoint(scrape, watched, for_=for_, labels=labels, title=title, quiet=as_json)
    else:
        assert path is not None
        page = _of_path(
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


def _of_path(
    path: Path, rules: "Sequence[Rule]", *, labels: Path | None, title: str | None, **reading: Any
) -> "Page":
    from simlab.report.page import page_of, page_of_parts

    parts = None if reading["time"] or reading["maps"] else _large(path, labels)
    if parts is not None:
        return page_of_parts(parts, path, rules, title=title)
    return page_of(read_source(path, labels=labels, **reading), path, rules, title=title)


def _of_prometheus(
    url: str,
    rules: "Sequence[Rule]",
    *,
    last: str | None,
    until: str | None,
    labels: Path | None,
    title: str | None,
    quiet: bool,
) -> "Page":
    from simlab.clock import utc_now_us
    from simlab.dataset.labels import read_labels
    from simlab.report.sources.prometheus import told_by_prometheus
    from simlab.report.sources.shown import page_of_told

    last_s = length_s(last or _LAST, "--last")
    until_us = moment_us(until, "--until")
    incidents = None if labels is None else read_labels(labels)
    assert last_s is not None
    with interruptible(), progress("Asking", total=None, unit="queries", quiet=quiet) as report:
        told = told_by_prometheus(
            url,
            last_s=last_s,
            until_us=utc_now_us() if until_us is None else until_us,
            report=report,
        )
    facts = {"Prometheus": told.name, "Time": f"the last {last or _LAST} until {until or 'now'}"}
    heading = title or "InventoryRPA"
    return page_of_told(told, rules, title=heading, facts=facts, incidents=incidents)


def _of_endpoint(
    url: str,
    rules: "Sequence[Rule]",
    *,
    for_: str | None,
    labels: Path | None,
    title: str | None,
    quiet: bool,
) -> "Page":
    from simlab.dataset.labels import read_labels
    from simlab.report.sources.endpoint import readings, told_by_endpoint
    from simlab.report.sources.shown import page_of_told

    for_s = length_s(for_ or _FOR, "--for")
    incidents = None if labels is None else read_labels(labels)
    assert for_s is not None
    total = readings(for_s)
    with interruptible(), progress("Reading", total=total, unit="readings", quiet=quiet) as report:
        told = told_by_endpoint(url, for_s=for_s, report=report)
    facts = {"Endpoint": told.name, "Read for": for_ or _FOR}
    heading = title or "InventoryRPA"
    return page_of_told(told, rules, title=heading, facts=facts, incidents=incidents)


def _large(path: Path, labels: Path | None) -> "Parts | None":
    """A dataset directory of so many rows that only what is shown is read; else None."""
    from dataclasses import replace

    from simlab.dataset.parquet import height
    from simlab.dataset.parts import parts_at
    from simlab.tuning.streamed import ends_of

    parts = parts_at(path)
    if parts is None or sum(map(height, parts.files)) < _MANY_ROWS:
        return None
    if labels is None:
        return parts
    return replace(parts, incidents=labels_within(labels, ends_of(parts)))
