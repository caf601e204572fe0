"""A whole study: what was measured in each round, where and how; all figures follow from it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from msgspec import Struct

from simlab.bench.catalogue import missing, stack_of
from simlab.bench.chance import refuse_few
from simlab.bench.crashes import Losses, keepers, measure_losses
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
        losses: what a crash would lose, a stack; maybe empty.
        missing: why stacks that were asked for were left out, by their names.
        schema: of this record.
    """

    machine: Machine
    settings: Settings
    stacks: dict[str, list[Measured]]
    parts: dict[str, list[Measured]] = {}
    losses: dict[str, Losses] = {}
    missing: dict[str, str] = {}
    schema: int = 1


class Extent(Struct, frozen=True, kw_only=True):
    """What is measured beside the stacks' speed.

    Attributes:
        parts: whether the default stack is measured part by part.
        kills: how often each stack is killed, at full speed and again paced; 0 for never.
    """

    parts: bool = False
    kills: int = 0


SPEED: Final = Extent()
ALL: Final = Extent(parts=True, kills=5)


def study(
    stacks: Sequence[str],
    settings: Settings,
    *,
    extent: Extent = SPEED,
    report: Callable[[int], None] | None = None,
) -> Study:
    """Measure stacks, and the base twice beside them.

    Args:
        stacks: names as `simlab.bench.catalogue.stack_of` takes them; one whose library is not
            installed is left out, and `missing` says why.
        settings: how.
        extent: what beside their speed.
        report: told how many steps are done, of `steps(…)`.

    Raises:
        ConfigError: a name is unknown, all are missing, or there are too few rounds for an
            interval.
        InputError: a stack failed.
    """
    refuse_few(settings.rounds)
    lacking = {name: why for name in stacks if (why := missing(name))}
    there = _there(stacks)
    for name in there:
        stack_of(name)  # refused before anything is measured
    if not there:
        raise ConfigError("; ".join(lacking.values()) or "no stack is named")
    ways = _ways(there)
    told = in_rounds(ways, settings, report=report)
    done = settings.rounds * len(ways)
    parts = measure_parts(settings, report=_from(report, done)) if extent.parts else {}
    done += part_processes(settings) if extent.parts else 0
    return Study(
        machine=this_machine(),
        settings=settings,
        stacks=told,
        parts=parts,
        losses=_losses(ways, settings, extent, _from(report, done)),
        missing=lacking,
    )


def steps(stacks: Sequence[str], settings: Settings, *, extent: Extent = SPEED) -> int:
    """How many steps a study takes, each about as long as the next but for kills."""
    ways = _ways(_there(stacks))
    kills = len(_keepers(ways)) if extent.kills else 0
    return settings.rounds * len(ways) + (part_processes(settings) if extent.parts else 0) + kills


def _there(stacks: Sequence[str]) -> list[str]:
    """Each once, but for those that are missing."""
    return [name for name in dict.fromkeys(stacks) if not missing(name)]


def _losses(
    ways: Mapping[str, Way],
    settings: Settings,
    extent: Extent,
    report: Callable[[int], None] | None,
) -> dict[str, Losses]:
    if not extent.kills:
        return {}
    return measure_losses(_keepers(ways), kills=extent.kills, seed=settings.seed, report=report)


def _keepers(ways: Mapping[str, Way]) -> list[str]:
    return keepers([name for name in ways if name != AGAIN])


def _from(report: Callable[[int], None] | None, so_far: int) -> Callable[[int], None] | None:
    return None if report is None else lambda done: report(so_far + done)


def _ways(stacks: Sequence[str]) -> dict[str, Way]:
    """Each stack once and the base twice, the base where it was named or first."""
    names = stacks if BASE in stacks else [BASE, *stacks]
    return {name: Way(stack=name) for name in names} | {AGAIN: Way(stack=BASE)}
