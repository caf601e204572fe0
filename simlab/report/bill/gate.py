"""What a gate found, as a table and in words."""

from collections.abc import Sequence

from rich.console import RenderableType

from simlab.bench.bill import floor_told
from simlab.bench.gate import Held
from simlab.report.bill.cells import with_half
from simlab.report.numbers import number
from simlab.report.terminal import text_table


def gate_table(held: Sequence[Held], *, rounds: int, title: str) -> RenderableType:
    """A row a bound."""
    rows = [
        (
            each.bound.stack,
            each.bound.aspect,
            with_half(each.times),
            number(each.bound.at_most),
            floor_told(each.floor),
            each.word,
        )
        for each in held
    ]
    columns = ("Stack", "Of", "Times plain", "At most", "Noise", "")
    note = f"{rounds} rounds; ± is half a 95 % interval; noise: plain is so many times itself."
    return text_table(columns, rows, {2, 3, 4}, title=title, note=note)


def complaint(held: Sequence[Held]) -> str:
    """Why the answer is no, in a line; empty when it is yes."""
    failed = [_told(each) for each in held if each.word == "failed"]
    unsure = [_told(each) for each in held if each.word == "inconclusive"]
    told = [f"failed: {'; '.join(failed)}"] if failed else []
    if unsure:
        told.append(f"inconclusive, and measured twice: {'; '.join(unsure)}")
    return "; ".join(told)


def _told(held: Held) -> str:
    bound = held.bound
    return (
        f"{bound.stack} {bound.aspect} is {with_half(held.times)} times plain, at most "
        f"{bound.at_most:g}; plain is up to {floor_told(held.floor)} itself"
    )
