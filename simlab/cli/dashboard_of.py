"""The page that `simlab dashboard` draws, from each of its sources."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from simlab.cli.console import interruptible, progress
from simlab.cli.options import labels_within, length_s, moment_us, read_source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simlab.alerts.rule import Rule
    from simlab.dataset.parts import Parts
    from simlab.report.page import Page

LAST: Final = "6h"
FOR: Final = "60s"
_MANY_ROWS: Final = 500_000


def of_path(
    path: Path, rules: "Sequence[Rule]", *, labels: Path | None, title: str | None, **reading: Any
) -> "Page":
    """The page of what lies on disk; of much of it only what is shown is read."""
    from simlab.report.page import page_of, page_of_parts

    parts = None if reading["time"] or reading["maps"] else _large(path, labels)
    if parts is not None:
        return page_of_parts(parts, path, rules, title=title)
    return page_of(read_source(path, labels=labels, **reading), path, rules, title=title)


def of_prometheus(
    url: str,
    rules: "Sequence[Rule]",
    *,
    last: str | None,
    until: str | None,
    labels: Path | None,
    title: str | None,
    quiet: bool,
) -> "Page":
    """The page of what a Prometheus knows."""
    from simlab.clock import utc_now_us
    from simlab.dataset.labels import read_labels
    from simlab.report.sources.prometheus import told_by_prometheus
    from simlab.report.sources.shown import page_of_told

    last_s = length_s(last or LAST, "--last")
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
    facts = {"Prometheus": told.name, "Time": f"the last {last or LAST} until {until or 'now'}"}
    heading = title or "InventoryRPA"
    return page_of_told(told, rules, title=heading, facts=facts, incidents=incidents)


def of_endpoint(
    url: str,
    rules: "Sequence[Rule]",
    *,
    for_: str | None,
    labels: Path | None,
    title: str | None,
    quiet: bool,
) -> "Page":
    """The page of what an endpoint tells for a while."""
    from simlab.dataset.labels import read_labels
    from simlab.report.sources.endpoint import readings, told_by_endpoint
    from simlab.report.sources.shown import page_of_told

    for_s = length_s(for_ or FOR, "--for")
    incidents = None if labels is None else read_labels(labels)
    assert for_s is not None
    total = readings(for_s)
    with interruptible(), progress("Reading", total=total, unit="readings", quiet=quiet) as report:
        told = told_by_endpoint(url, for_s=for_s, report=report)
    facts = {"Endpoint": told.name, "Read for": for_ or FOR}
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
