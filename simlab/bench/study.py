"""A whole study: what was measured in each round, where and how; all figures follow from it."""

from collections.abc import Callable, Sequence
from typing import Final

from msgspec import Struct

from simlab.bench.catalogue import missing, stack_of
from simlab.bench.chance import refuse_few
from simlab.bench.job import Measured
from simlab.bench.machine import Machine, this_machine
from simlab.bench.parts import measure_parts, part_processes
from simlab.bench.rounds import Settings, Way, in_rounds
from simlab.errors import ConfigError

BASE: Final = "plain"
AGAIN: Final = "plain, again"
"""The base once more, as if it were another stack: what it differs by is the noise floor."""


class Study(Struct, frozen=True, kw_only=True):
    """What was measured.

    Attributes:
        machine: where.
        settings: how.
        stacks: a list of rounds a stack, of equal length; the base is always among them, twice.
        parts: likewise of the default stack with all of its parts, and without each; maybe empty.
        missing: why stacks that were asked for were left out, by their names.
        schema: of this record.
    """

    machine: Machine
    settings: Settings
    stacks: dict[str, list[Measured]]
    parts: dict[str, list[Measured]] = {}
    missing: dict[str, str] = {}
    schema: int = 1


def study(
    stacks: Sequence[str],
    settings: Settings,
    *,
    with_parts: bool = False,
    report: Callable[[int], None] | None = None,
) -> Study:
    """Measure stacks, and the base twice beside them.

    Args:
        stacks: names as `simlab.bench.catalogue.stack_of` takes them; one whose library is not
            installed is left out, and `missing` says why.
        settings: how.
        with_parts: whether to measure the default stack's parts, too.
        report: told how many processes have ended, of `processes(…)`.

    Raises:
        ConfigError: a name is unknown, all are missing, or there are too few rounds for an
            interval.
        InputError: a stack failed.
    """
    refuse_few(settings.rounds)
    lacking = {name: why for name in stacks if (why := missing(name))}
    there = [name for name in dict.fromkeys(stacks) if name not in lacking]
    for name in there:
        stack_of(name)  # refused before anything is measured
    if not there:
        raise ConfigError("; ".join(lacking.values()) or "no stack is named")
    told = in_rounds(_ways(there), settings, report=report)
    so_far = settings.rounds * len(told)
    parts = measure_parts(settings, report=_from(report, so_far)) if with_parts else {}
    return Study(
        machine=this_machine(), settings=settings, stacks=told, parts=parts, missing=lacking
    )


def processes(stacks: Sequence[str], settings: Settings, *, with_parts: bool = False) -> int:
    """How many processes a study takes."""
    ways = _ways([name for name in stacks if not missing(name)])
    return settings.rounds * len(ways) + (part_processes(settings) if with_parts else 0)


def _from(report: Callable[[int], None] | None, so_far: int) -> Callable[[int], None] | None:
    return None if report is None else lambda done: report(so_far + done)


def _ways(stacks: Sequence[str]) -> dict[str, Way]:
    """Each stack once and the base twice, the base where it was named or first."""
    names = stacks if BASE in stacks else [BASE, *stacks]
    return {name: Way(stack=name) for name in names} | {AGAIN: Way(stack=BASE)}
