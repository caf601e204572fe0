"""`simlab bench`: what telemetry costs, with the noise floor, and what a crash would lose."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simlab.cli.console import caution, interruptible, progress, say, show, show_json
from simlab.cli.options import DEFAULT_SEED, Force, Json, Seed, fresh

if TYPE_CHECKING:
    from simlab.bench.findings import Findings
    from simlab.bench.gate import Held
    from simlab.bench.rounds import Settings
    from simlab.bench.study import Study

_LEAST_EVENTS = 100


def bench(
    what: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[STACK]…",
            help="Stacks to measure, as with --stack; with --merge the reports.",
            show_default=False,
        ),
    ] = None,
    stack: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="A stack: off, plain, default, queue, python-json-logger, structlog, loguru, "
            "opentelemetry, an entry point's, or module:Class. May be repeated. [default: all, or "
            "off, plain and default with --quick]",
            show_default=False,
        ),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="In 20 s: fewer rounds, no parts, no kills.")
    ] = False,
    rounds: Annotated[
        int | None, typer.Option(help="A process a stack each. [default: 6, or 5]", min=1)
    ] = None,
    events: Annotated[
        int | None,
        typer.Option(
            help="The fewest events in a tight loop. [default: 10000, or 4000]", min=_LEAST_EVENTS
        ),
    ] = None,
    kills: Annotated[
        int | None,
        typer.Option(
            help="How often each stack is killed, fast and paced. [default: 5, or 0]", min=0
        ),
    ] = None,
    seed: Seed = DEFAULT_SEED,
    gate: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Hold ratios to plain against the bounds of a file."),
    ] = None,
    merge: Annotated[
        bool, typer.Option("--merge", help="Put reports of this command together.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="For the report. [default: runs/bench-… by the time]"),
    ] = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Bill telemetry by the event: several stacks, with intervals and the noise floor."""
    from simlab.dataset.target import refuse_existing, refuse_foreign
    from simlab.errors import ConfigError

    named = [*(what or ()), *(stack or ())]
    target = out or fresh("bench")
    refuse_existing(target, force=force)
    refuse_foreign(target)
    settings = _settings(quick=quick, rounds=rounds, events=events, seed=seed)
    if gate is not None and (named or merge):
        raise ConfigError("--gate: its file names the stacks; leave out --stack and --merge")
    with interruptible():
        if gate is not None:
            _hold(gate, settings, out, force=force, as_json=as_json)
            return
        if merge:
            told = _merged(named)
        else:
            told = _measured(named, settings, quick=quick, kills=kills, quiet=as_json)
    found = _written(told, target, force=force)
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
    named: list[str], settings: "Settings", *, quick: bool, kills: int | None, quiet: bool
) -> "Study":
    from simlab.bench.catalogue import names
    from simlab.bench.study import ALL, SPEED, Extent, steps, study

    usual = SPEED if quick else ALL
    extent = Extent(parts=usual.parts, kills=usual.kills if kills is None else kills)
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


def _hold(
    path: Path, settings: "Settings", out: Path | None, *, force: bool, as_json: bool
) -> None:
    from simlab.bench.gate import hold, load_gate
    from simlab.bench.study import steps
    from simlab.report.bill.gate import gate_table

    gate = load_gate(path)
    total = steps(gate.stacks, settings)
    with progress("Measuring", total=total, unit="processes", quiet=as_json) as report:
        told, held = hold(gate, settings, report=report)
    if out is not None:
        _written(told, out, force=force)
    if as_json:
        show_json({"bounds": held, "rounds": told.settings.rounds, "machine": told.machine})
    else:
        show(gate_table(held, rounds=told.settings.rounds, title=f"{path}: ratios to plain"))
    _refuse(path, held)


def _refuse(path: Path, held: "list[Held]") -> None:
    """End with the answer no unless every bound is surely kept.

    Raises:
        CheckFailedError: one is not.
    """
    from simlab.errors import CheckFailedError
    from simlab.report.bill.gate import complaint

    if text := complaint(held):
        raise CheckFailedError(f"{path}: {text}")


def _written(told: "Study", target: Path, *, force: bool) -> "Findings":
    from simlab.bench.findings import findings_of
    from simlab.report.bill.folder import write_bill

    found = findings_of(told)
    write_bill(told, found, target, force=force)
    return found


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
        "missing": told.missing,
        "cautions": found.cautions,
    }
