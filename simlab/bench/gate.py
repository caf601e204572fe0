"""Bounds on ratios to the base, held against what was measured in the same run."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta, Struct

from simlab.bench.bill import Aspect, Bill, bill_of
from simlab.bench.chance import Estimate
from simlab.bench.merge import merged
from simlab.bench.rounds import Settings
from simlab.bench.study import BASE, Study, study
from simlab.config import as_record, read_toml
from simlab.errors import ConfigError

Word: TypeAlias = Literal["passed", "failed", "inconclusive"]


class Bound(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many times what the base costs a stack may.

    Attributes:
        stack: its name, as the command line takes it.
        aspect: of what: `called`, `drained`, `cpu`, `paced`.
        at_most: the bound.
    """

    stack: str
    aspect: Aspect
    at_most: Annotated[float, Meta(gt=0)]


class Gate(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file of bounds."""

    schema: Literal[1]
    bound: Annotated[tuple[Bound, ...], Meta(min_length=1)]

    @property
    def stacks(self) -> list[str]:
        """The stacks that it is about, each once."""
        return list(dict.fromkeys(bound.stack for bound in self.bound))


class Held(Struct, frozen=True, kw_only=True):
    """A bound and what was found.

    Attributes:
        bound: it.
        times: the ratio.
        floor: how many times itself the base may be, or the inverse.
        word: `passed` when all of the ratio's interval keeps the bound and the ratio is further
            from it than the noise floor, `failed` when none of it does and likewise, else
            `inconclusive`, as it is wherever the machine is too noisy.
    """

    bound: Bound
    times: Estimate
    floor: float
    word: Word


def load_gate(path: Path) -> Gate:
    """The bounds of a file.

    Raises:
        ConfigError: it cannot be read, or a key or value in it is not as it should be.
    """
    gate = as_record(read_toml(path), Gate, where=str(path))
    for nth, bound in enumerate(gate.bound):
        if bound.stack == BASE:
            raise ConfigError(
                f"{path}: $.bound[{nth}].stack: found {BASE!r}, which all others are held "
                "against; expected another"
            )
    return gate


def hold(
    gate: Gate, settings: Settings, *, report: Callable[[int], None] | None = None
) -> tuple[Study, list[Held]]:
    """Measure the stacks of a gate and hold them against its bounds.

    Where a bound is inconclusive, as many rounds are measured once more and put to the first.

    Args:
        gate: the bounds.
        settings: how to measure.
        report: told how many processes have ended in the present try.

    Raises:
        ConfigError: a stack is unknown or missing, or there are too few rounds.
        InputError: a stack failed.
    """
    found = _measured(gate, settings, report)
    held = judged(gate, bill_of(found))
    if any(each.word == "inconclusive" for each in held):
        again = msgspec.structs.replace(settings, seed=settings.seed + 1)
        found = merged([found, _measured(gate, again, report)])
        held = judged(gate, bill_of(found))
    return found, held


def judged(gate: Gate, bill: Bill) -> list[Held]:
    """Each bound held against a bill that has its stack."""
    lines = {line.stack: line for line in bill.lines}
    told = []
    for bound in gate.bound:
        times, floor = lines[bound.stack].ratios[bound.aspect].times, bill.floors[bound.aspect]
        word = word_of(times, floor=floor, at_most=bound.at_most)
        told.append(Held(bound=bound, times=times, floor=floor, word=word))
    return told


def word_of(times: Estimate, *, floor: float, at_most: float) -> Word:
    """What a ratio says of a bound, given the noise floor; of one that is NaN nothing."""
    if times.high <= at_most and times.value * floor <= at_most:
        return "passed"
    if times.low > at_most and times.value > at_most * floor:
        return "failed"
    return "inconclusive"


def _measured(gate: Gate, settings: Settings, report: Callable[[int], None] | None) -> Study:
    found = study(gate.stacks, settings, report=report)
    if found.missing:  # what is not measured must not pass
        raise ConfigError("; ".join(found.missing.values()))
    return found
