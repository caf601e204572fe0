"""What a study found, in sentences."""

from simlab.bench.bill import Bill, Line, floor_told
from simlab.bench.findings import Findings
from simlab.bench.study import AGAIN, BASE, Study
from simlab.report.bill.cells import NO_DIFFERENCE, with_half
from simlab.report.numbers import number, plural


def headline(bill: Bill) -> str:
    """What is to be known first."""
    if bill.is_noisy:
        return "This machine is too noisy now for small differences"
    shown = next((line for line in bill.lines if line.stack == "default"), bill.lines[0])
    cost = with_half(shown.figures["called_mean_ns"], unit=1e3)
    return f"{shown.stack}: {cost} µs of the caller's time an event"


def sentences(bill: Bill) -> list[str]:
    """For each stack how its caller's time compares with the base's, then the noise floor."""
    told = [_compared(line) for line in bill.lines if line.ratios and line.stack != AGAIN]
    return [*told, f"Plain against itself comes to {floor_told(bill.floors['called'])} at most."]


def facts(study: Study) -> dict[str, str]:
    """Where and how it was measured."""
    machine, settings = study.machine, study.settings
    return {
        "Processor": f"{machine.cpu}, {plural(machine.cores, 'core')}, {machine.memory_gb:g} GB",
        "System": machine.system,
        "Python": machine.python,
        "simlab": machine.simlab,
        "Libraries": ", ".join(f"{name} {told}" for name, told in machine.libraries.items()),
        "Rounds": f"{settings.rounds}, a process a stack each, in random order",
        "Events": f"{number(settings.events)} or more in a tight loop, "
        f"{number(settings.paced_events)} at {settings.rate_per_s:g} a second",
        "Seed": str(settings.seed),
    }


def span(study: Study, found: Findings) -> str:
    """How much was measured, in a line."""
    stacks = len(found.bill.lines) - 1
    return (
        f"{plural(stacks, 'stack')} in {plural(study.settings.rounds, 'round')} on "
        f"{study.machine.cpu}, {study.machine.python}"
    )


def _compared(line: Line) -> str:
    ratio = line.ratios["called"]
    if ratio.verdict == NO_DIFFERENCE:
        return f"{line.stack}: {NO_DIFFERENCE} from {BASE} in the caller's time."
    if ratio.times.holds(0.0):
        return f"{line.stack}: no time of the caller's can be seen."
    times = with_half(ratio.times)
    return f"{line.stack}: {times} times the caller's time of {BASE}."
