"""`simlab dashboard`: one page of what a run did."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

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
    labels_within,
    read_source,
    rules_or_strategy,
)

if TYPE_CHECKING:
    from simlab.dataset.parts import Parts

_MANY_ROWS: Final = 500_000


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
    from simlab.report.page import page_of, page_of_parts

    watched = rules_or_strategy(rules)
    target = out or (path / "dashboard.html" if path.is_dir() else Path("dashboard.html"))
    refuse_existing(target, force=force)
    parts = None if time or mapping else _large(path, labels)
    if parts is None:
        dataset = read_source(
            path, time=time, maps=mapping, max_rejected=max_rejected, labels=labels
        )
        page = page_of(dataset, path, watched, title=title)
    else:
        page = page_of_parts(parts, path, watched, title=title)
    write_dashboard(page, target)
    if as_json:
        show_json({"path": str(target), "bytes": target.stat().st_size})
    else:
        say(f"{target}: {target.stat().st_size / 1e6:.1f} MB, open it in a browser")


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
