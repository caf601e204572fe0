"""`simlab bench`: what telemetry costs, with the noise floor, and what a crash would lose."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simlab.cli.bench_gate import hold_gate, written
from simlab.cli.console import caution, interruptible, progress, say, show, show_json
from simlab.cli.options import DEFAULT_SEED, Force, Json, fresh

if TYPE_CHECKING:
    from simlab.bench.findings import Findings
    from simlab.bench.rounds import Settings
    from simlab.bench.study import Extent, Study

_LEAST_EVENTS = 100


def bench(
    what: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="STACK",
            help="Stacks to measure, as with --stack; with --merge the reports.",
            show_default=False,
        ),
    ] = None,
    stack: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="A stack: off, plain, default, queue, python-json-logger, structlog, loguru, "
            "opentelemetry, an entry point's, or module:Class. May be repeated; by default all, "
            "with --quick off, plain and default.",
            show_default=False,
        ),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="In 20 s: fewer stacks and events, no parts, no kills.")
    ] = False,
    rounds: Annotated[
        int | None,
        typer.Option(help="A process a stack each; by default 5.", min=1),
    ] = None,
    events: Annotated[
        int | None,
        typer.Option(
            help="The fewest events in a tight loop; by default 10,000, with --quick 4,000.",
            min=_LEAST_EVENTS,
        ),
    ] = None,
    kills: Annotated[
        int | None,
        typer.Option(
            help="How often each stack is killed, fast and paced; by default 5, with --quick 0.",
            min=0,
        ),
    ] = None,
    on_the_bot: Annotated[
        bool, typer.Option("--on-the-bot", help="Also around real batches on SQLite.")
    ] = False,
    instructions: Annotated[
        bool, typer.Option("--instructions", help="Also count instructions, with valgrind.")
    ] = False,
    seed: Annotated[
        int, typer.Option(help="Of the order in which stacks are measured.", min=0)
    ] = DEFAULT_SEED,
    gate: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Hold ratios to plain against the bounds of a file."),
    ] = None,
    merge: Annotated[
        bool, typer.Option("--merge", help="Put reports of this command together.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="For the report; by default runs/bench-… by the time."),
    ] = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Bill telemetry by the event: several stacks, with intervals and the noise floor."""
    from simlab.bench.study import ALL, SPEED, Extent
    from simlab.dataset.target import refuse_existing, refuse_foreign
    from simlab.errors import ConfigError

    named = [*(what or ()), *(stack or ())]
    target = out or fresh("bench")
    refuse_existing(target, force=force)
    refuse_foreign(target)
    settings = _settings(quick=quick, rounds=rounds, events=events, seed=seed)
    usual = SPEED if quick else ALL
    extent = Extent(
        parts=usual.parts,
        kills=usual.kills if kills is None else kills,
        on_the_bot=on_the_bot,
        instructions=instructions,
    )
    if gate is not None and (named or merge):
        raise ConfigError("--gate: its file names the stacks; leave out --stack and --merge")
    with interruptible():
        if gate is not None:
            hold_gate(gate, settings, out, force=force, as_json=as_json)
            return
        if merge:
            told = _merged(named)
        else:
            told = _measured(named, settings, extent, quick=quick, quiet=as_json)
    found = written(told, target, force=force)
    if as_json:
        show_json({"out": str(target), **_as_json(told, found)})
        return
    _show(told, found)
    say(f"{target}: report.html, report.md, report.json")


def _settings(*, quick: bool, rounds: int | None, events: int | None, seed: int) -> "Settings":
    from msgspec.structs import replace

    from simlab.bench.chance import refuse_few
    from simlab.bench.rounds import FULL, QUICK

    usual = QUICK if quick else FULL
    wanted = usual.rounds if rounds is None else rounds
    refuse_few(wanted)
    return replace(usual, rounds=wanted, events=events or usual.events, seed=seed)


def _measured(
    named: list[str], settings: "Settings", extent: "Extent", *, quick: bool, quiet: bool
) -> "Study":
    from simlab.bench.catalogue import names
    from simlab.bench.study import steps, study

    stacks = named or (["off", "plain", "default"] if quick else names())
    total = steps(stacks, settings, extent=extent)
    with progress("Measuring", total=total, unit="steps", quiet=quiet) as report:
        return study(stacks, settings, extent=extent, report=report)


def _merged(named: list[str]) -> "Study":
    from simlab.bench.merge import merged, read_study
    from simlab.errors import ConfigError

    if len(named) < 2:
        raise ConfigError(f"--merge: found {len(named)} reports, expected two or more")
    return merged([read_study(Path(name)) for name in named], named)


def _show(told: "Study", found: "Findings") -> None:
    from simlab.report.bill.tables import bill_tables
    from simlab.report.terminal import text_table

    for title, table in bill_tables(told, found):
        show(
            text_table(table.columns, table.rows, set(table.numeric), title=title, note=table.note)
        )
    caution(found.cautions)


def _as_json(told: "Study", found: "Findings") -> dict[str, object]:
    return {
        "machine": told.machine,
        "settings": told.settings,
        "bill": found.bill,
        "parts": found.parts,
        "losses": told.losses,
        "on_the_bot": told.on_the_bot,
        "instructions": told.instructions,
        "missing": told.missing,
        "cautions": found.cautions,
    }
