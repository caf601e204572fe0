"""What a study found, ready to be told: the bill, the bill by part, and what to know before."""

from msgspec import Struct

from simlab.bench.bill import MOST_NOISE, Bill, bill_of, floor_told
from simlab.bench.parts import PartsBill, parts_bill
from simlab.bench.study import Study


class Findings(Struct, frozen=True, kw_only=True):
    """Everything that follows from a study.

    Attributes:
        bill: a line a stack.
        parts: the default stack's bill by part; None where it was not measured.
        cautions: what to know before believing the figures, a sentence each.
    """

    bill: Bill
    parts: PartsBill | None
    cautions: list[str]


def findings_of(study: Study) -> Findings:
    """What a study found."""
    bill = bill_of(study)
    return Findings(
        bill=bill,
        parts=parts_bill(study.parts) if study.parts else None,
        cautions=[*study.missing.values(), *_on_noise(bill), *_on_drops(bill)],
    )


def _on_noise(bill: Bill) -> list[str]:
    if not bill.is_noisy:
        return []
    floor = floor_told(bill.floors["called"])
    told = (
        f"this machine is too noisy now: plain against plain comes to {floor}, more than "
        f"{MOST_NOISE:g}; smaller differences cannot be told. End what else runs, or add --rounds"
    )
    return [told]


def _on_drops(bill: Bill) -> list[str]:
    return [
        f"stack {line.stack!r} dropped {line.dropped:,} lines, so it did less work than the others"
        for line in bill.lines
        if line.dropped
    ]
