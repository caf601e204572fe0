"""What `simlab bench --gate` does, and how a study is written."""

from pathlib import Path
from typing import TYPE_CHECKING

from simlab.cli.console import progress, show, show_json

if TYPE_CHECKING:
    from simlab.bench.findings import Findings
    from simlab.bench.gate import Held
    from simlab.bench.rounds import Settings
    from simlab.bench.study import Study


def hold_gate(
    path: Path, settings: "Settings", out: Path | None, *, force: bool, as_json: bool
) -> None:
    """Measure what a gate is about, tell what was found, and say no unless all bounds are kept.

    Raises:
        CheckFailedError: a bound is broken, or cannot be said to be kept.
    """
    from simlab.bench.gate import hold, load_gate
    from simlab.bench.study import steps
    from simlab.report.bill.gate import gate_table

    gate = load_gate(path)
    total = steps(gate.stacks, settings)
    with progress("Measuring", total=total, unit="processes", quiet=as_json) as report:
        told, held = hold(gate, settings, report=report)
    if out is not None:
        written(told, out, force=force)
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


def written(told: "Study", target: Path, *, force: bool) -> "Findings":
    """What a study found, once it is written to a directory."""
    from simlab.bench.findings import findings_of
    from simlab.report.bill.folder import write_bill

    found = findings_of(told)
    write_bill(told, found, target, force=force)
    return found
