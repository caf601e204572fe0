"""`simlab backtest`: what rules would have fired, and what of it was right."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simlab.cli.console import caution, say, show, show_json
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
    moment_us,
    read_source,
    rules_or_strategy,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from simlab.alerts.rule import Rule
    from simlab.dataset.parts import Parts
    from simlab.report.explained import Explanation
    from simlab.tuning.backtest import Backtest

MOST_SENTENCES = 100


def backtest(
    path: Source,
    rules: Rules = None,
    labels: Labels = None,
    since: Annotated[
        str | None, typer.Option("--from", metavar="WHEN", help="Judge from then on.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="WHEN", help="Judge until then, not included.")
    ] = None,
    episodes: Annotated[
        Path | None,
        typer.Option(metavar="OUT.csv", help="Write each episode: rule,start,end,peak_value,n."),
    ] = None,
    explain: Annotated[
        bool,
        typer.Option("--explain", help="Say why each incident was caught, late or missed."),
    ] = False,
    time: Time = None,
    mapping: Map = None,
    max_rejected: MaxRejected = 0.01,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Replay alert rules over a dataset, a run or a log, and judge them by its incidents."""
    from simlab.dataset.target import refuse_existing
    from simlab.report.explained import explain as look_into
    from simlab.report.judged import judged_tables
    from simlab.report.terminal import scores_table
    from simlab.tuning.backtest import backtest as judge
    from simlab.tuning.cautions import cautions_on_data
    from simlab.tuning.labels import cautions_on_labels
    from simlab.tuning.streamed import backtest_parts, ends_of, head_of

    judged_rules = rules_or_strategy(rules)
    if episodes is not None:
        refuse_existing(episodes, force=force)
    start_us, until_us = moment_us(since, "--from"), moment_us(until, "--until")
    parts = None if explain or time or mapping else _large(path, labels)
    if parts is None:
        dataset = read_source(
            path, time=time, maps=mapping, max_rejected=max_rejected, labels=labels
        )
        result = judge(dataset, judged_rules, start_us=start_us, until_us=until_us)
    else:
        dataset = head_of(parts, judged_rules)
        result = backtest_parts(parts, judged_rules, start_us=start_us, until_us=until_us)
    if episodes is not None:
        _write(result.episodes, episodes, force=force)
    told = (
        look_into(dataset, judged_rules, start_us=start_us, until_us=until_us) if explain else None
    )
    cautions = cautions_on_data(dataset, judged_rules)
    if labels is not None:
        cautions += cautions_on_labels(dataset if parts is None else ends_of(parts))
    if as_json:
        because = {} if told is None else {"explanation": _explained(told)}
        show_json({**_as_json(result), **because, "cautions": cautions})
        return
    show(
        scores_table(result.scores, rules=judged_rules, title=f"Backtest of {dataset.name}"),
        *judged_tables(result),
    )
    if told is not None:
        _show_explanation(told, judged_rules)
    caution(cautions)
    if episodes is not None:
        say(f"{episodes}: {len(result.episodes):,} episodes")


def _large(path: Path, labels: Path | None) -> "Parts | None":
    """A dataset directory that is better read part by part, with its labels; else None."""
    from dataclasses import replace

    from simlab.dataset.parts import parts_at
    from simlab.tuning.streamed import ends_of, is_large

    parts = parts_at(path)
    if parts is None or not is_large(parts):
        return None
    if labels is None:
        return parts
    return replace(parts, incidents=labels_within(labels, ends_of(parts)))


def _write(episodes: "pl.DataFrame", path: Path, *, force: bool) -> None:
    """The episodes in the contract's five columns."""
    from simlab.dataset.format import Format, write_frame
    from simlab.dataset.target import building, settle

    told = episodes.select("rule", "start", "end", "peak_value", "n")
    with building(path, force=force) as folder:
        made = folder / path.name
        write_frame(told, made, Format(kind="csv", compression="uncompressed", suffix=".csv"))
        settle(made, path)


def _show_explanation(told: "Explanation", rules: "Sequence[Rule]") -> None:
    from simlab.report.judged import false_alarms_table

    for why in told.incidents["why"].head(MOST_SENTENCES):
        say(f"- {why}")
    left = len(told.incidents) - MOST_SENTENCES
    if left > 0:
        say(f"{left:,} more incidents left out: ask for a shorter time, or --json")
    if not told.false_alarms.is_empty():
        show(false_alarms_table(told.false_alarms, [rule.name for rule in rules]))


def _explained(told: "Explanation") -> dict[str, object]:
    return {
        "incidents": told.incidents,
        "accounts": told.accounts,
        "false_alarms": told.false_alarms,
    }


def _as_json(result: "Backtest") -> dict[str, object]:
    from simlab.clock import iso

    return {
        "from": iso(result.start_us),
        "until": iso(result.until_us),
        "scores": result.scores,
        "by_kind": result.by_kind,
        "lookalikes": result.lookalikes,
        "episodes": len(result.episodes),
    }
