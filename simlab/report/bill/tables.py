"""The bill's tables: each fits 80 columns, and each figure stands with its interval."""

from collections.abc import Sequence
from typing import Final

from simlab.bench.bill import ASPECTS, Aspect, Bill, Line, floor_told
from simlab.bench.findings import Findings
from simlab.bench.rates import EATEN, WORK_S
from simlab.bench.study import AGAIN, Study
from simlab.report.bill.beside import bot_table, instructions_table, lost_table, parts_table
from simlab.report.bill.cells import NO_DIFFERENCE, between, in_percent, table_of, times, with_half
from simlab.report.numbers import human_s, number, percent
from simlab.report.tables import Table

_US: Final = 1e3
_HEADS: Final[dict[Aspect, str]] = {
    "called": "Caller", "drained": "Drained", "cpu": "CPU", "paced": "Caller, paced",
}  # fmt: skip
CONTROL: Final = "no-op control"


def bill_tables(study: Study, found: Findings) -> list[tuple[str, Table]]:
    """All tables there is something for, each with its title, in reading order."""
    told = [
        ("Against plain: times what plain costs", _against(found.bill)),
        ("An event in a tight loop [µs]", _tight(found.bill)),
        (f"An event at {study.settings.rate_per_s:g} a second [µs]", _paced(found.bill)),
        ("Telemetry's share of a batch that works so long [%]", _shares(found.bill)),
        ("Events a second at which telemetry takes so much", _rates(found.bill)),
        ("Room", _room(found.bill)),
    ]
    if study.losses:
        told.append(
            ("Lines that a crash loses, of those whose call had returned", lost_table(study.losses))
        )
    if study.on_the_bot:
        told.append(("Around real batches on SQLite", bot_table(study.on_the_bot)))
    if study.instructions:
        told.append(("Instructions an event", instructions_table(study.instructions)))
    if found.parts is not None:
        told.append(("The default stack by its parts [ns an event]", parts_table(found.parts)))
    return told


def _against(bill: Bill) -> Table:
    heads = ["Stack", *_HEADS.values()]
    rows = [(line.stack, *_ratios(line)) for line in bill.lines if line.ratios]
    floors = [floor_told(bill.floors[aspect]) for aspect in ASPECTS]
    return table_of(
        heads,
        [*rows, ("noise floor", *floors)],
        "± is half a 95 % interval. Plain is measured twice; what it differs from itself is the "
        f"noise floor, and what is within it, or may be 1, is {NO_DIFFERENCE}.",
    )


def _ratios(line: Line) -> list[str]:
    return [times(line.ratios[aspect]) for aspect in ASPECTS]


def _tight(bill: Bill) -> Table:
    columns = {
        "Caller": "called_mean_ns", "median": "called_median_ns", "P99": "called_p99_ns",
        "Drained": "drained_ns", "CPU": "cpu_ns",
    }  # fmt: skip
    control = {
        "Caller": "control_mean_ns", "median": "control_median_ns", "P99": "control_p99_ns"
    }  # fmt: skip
    return table_of(
        ["Stack", *columns],
        [*_rows(bill, columns), _control(bill, columns, control)],
        "Caller: mean, but for stalls. Drained: until all is in the file and the metrics. CPU: of "
        "all threads until then. The control's median, the loop's own time, is taken off.",
    )


def _paced(bill: Bill) -> Table:
    columns = {
        "Caller": "paced_mean_ns", "P99": "paced_p99_ns", "Late": "late_median_ns",
        "Late P99": "late_p99_ns",
    }  # fmt: skip
    control = {"Late": "control_late_median_ns", "Late P99": "control_late_p99_ns"}
    return table_of(
        ["Stack", *columns],
        [*_rows(bill, columns), _control(bill, columns, control)],
        "Late: from when an event was due until it was told, with what the system's timer is late "
        "by itself, which the control shows.",
    )


def _shares(bill: Bill) -> Table:
    rows = [
        (line.stack, *(in_percent(line.shares[f"{work_s:g}"]) for work_s in WORK_S))
        for line in _stacks(bill)
    ]
    heads = [f"of {human_s(work_s)}" for work_s in WORK_S]
    return table_of(["Stack", *heads], rows, "One event a batch; by the caller's paced time.")


def _rates(bill: Bill) -> Table:
    rows = [
        (line.stack, *(between(line.rates[f"{share:g}"]) for share in EATEN))
        for line in _stacks(bill)
    ]
    return table_of(
        ["Stack", *(f"{percent(share)} of a core" for share in EATEN)],
        rows,
        "By the CPU time of the tight loop, 95 % interval; ∞ where none can be seen.",
    )


def _room(bill: Bill) -> Table:
    rows = [
        (
            line.stack,
            with_half(line.figures["bytes_per_event"]),
            with_half(line.figures["memory_mb"]),
            number(line.dropped),
        )
        for line in _stacks(bill)
    ]
    return table_of(
        ["Stack", "Bytes an event", "Memory [MB]", "Dropped"],
        rows,
        "Memory: the most the process held beyond what it held before the stack was made. "
        "Dropped: lines the stack knows it lost.",
    )


def _rows(bill: Bill, columns: dict[str, str]) -> list[tuple[str, ...]]:
    return [
        (line.stack, *(with_half(line.figures[name], unit=_US) for name in columns.values()))
        for line in _stacks(bill)
    ]


def _control(bill: Bill, columns: dict[str, str], control: dict[str, str]) -> tuple[str, ...]:
    cells = [
        with_half(bill.control[control[head]], unit=_US) if head in control else ""
        for head in columns
    ]
    return (CONTROL, *cells)


def _stacks(bill: Bill) -> Sequence[Line]:
    """All but the base's second turn."""
    return [line for line in bill.lines if line.stack != AGAIN]
