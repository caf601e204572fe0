"""A whole study: what was measured in each round, where and how; all figures follow from it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from msgspec import Struct

from simlab.bench.bot_share import BotShare, on_the_bot
from simlab.bench.catalogue import missing, stack_of
from simlab.bench.chance import refuse_few
from simlab.bench.crashes import Losses, keepers, measure_losses
from simlab.bench.instructions import Instructions, instructions_of
from simlab.bench.job import Measured
from simlab.bench.machine import Machine, this_machine
from simlab.bench.parts import measure_parts, part_processes
from simlab.bench.rounds import Settings, Way, in_rounds
from simlab.errors import ConfigError

BASE: Final = "plain"
BATCHES: Final = 500
"""On the bot, with a stack and as many without, a process."""
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
        on_the_bot: what a stack adds to the bot's real work; maybe empty.
        instructions: of an event; maybe empty.
        missing: why stacks that were asked for were left out, by their names.
        schema: of this record.
    """

    machine: Machine
    settings: Settings
    stacks: dict[str, list[Measured]]
    parts: dict[str, list[Measured]] = {}
    losses: dict[str, Losses] = {}
    on_the_bot: dict[str, BotShare] = {}
    instructions: dict[str, Instructions] = {}
    missing: dict[str, str] = {}
    schema: int = 1


class Extent(Struct, frozen=True, kw_only=True):
    """What is measured beside the stacks' speed.

    Attributes:
        parts: whether the default stack is measured part by part.
        kills: how often each stack is killed, at full speed and again paced; 0 for never.
        on_the_bot: whether stacks are also measured around real batches on SQLite.
        instructions: whether instructions are counted, by valgrind.
    """

    parts: bool = False
    kills: int = 0
    on_the_bot: bool = False
    instructions: bool = False


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
        ConfigError: a name is unknown, all are missing, there are too few rounds for an
            interval, or instructions are to be counted and valgrind is not installed.
        InputError: a stack failed.
    """
    refuse_few(settings.rounds)
    lacking = {name: why for name in stacks if (why := missing(name))}
    there = _there(stacks)
    for name in there:
        stack_of(name)  # refused before anything is measured
    if not there:
        raise ConfigError("; ".join(lacking.values()) or "no stack is named")
    return _measured(there, settings, extent, _Counting(report), lacking)


def steps(stacks: Sequence[str], settings: Settings, *, extent: Extent = SPEED) -> int:
    """How many steps a study takes; those of kills and of instructions are longer than others."""
    ways = _ways(_there(stacks))
    kept = len(_kept(ways))
    return (
        settings.rounds * len(ways)
        + extent.parts * part_processes(settings)
        + (kept if extent.kills else 0)
        + extent.on_the_bot * settings.rounds * kept
        + extent.instructions * kept
    )


def _there(stacks: Sequence[str]) -> list[str]:
    """Each once, but for those that are missing."""
    return [name for name in dict.fromkeys(stacks) if not missing(name)]


def _measured(
    stacks: Sequence[str],
    settings: Settings,
    extent: Extent,
    counting: "_Counting",
    lacking: dict[str, str],
) -> Study:
    ways = _ways(stacks)
    kept = _kept(ways)
    return Study(
        machine=this_machine(),
        settings=settings,
        instructions=_instructions(kept, counting.piece()) if extent.instructions else {},
        stacks=in_rounds(ways, settings, report=counting.piece()),
        parts=measure_parts(settings, report=counting.piece()) if extent.parts else {},
        losses=_losses(kept, settings, extent.kills, counting.piece()),
        on_the_bot=_on_the_bot(kept, settings, counting.piece()) if extent.on_the_bot else {},
        missing=lacking,
    )


def _instructions(stacks: Sequence[str], report: Callable[[int], None]) -> dict[str, Instructions]:
    told = {}
    for nth, name in enumerate(stacks, start=1):
        told[name] = instructions_of(name)
        report(nth)
    return told


def _losses(
    stacks: Sequence[str], settings: Settings, kills: int, report: Callable[[int], None]
) -> dict[str, Losses]:
    if not kills:
        return {}
    return measure_losses(stacks, kills=kills, seed=settings.seed, report=report)


def _on_the_bot(
    stacks: Sequence[str], settings: Settings, report: Callable[[int], None]
) -> dict[str, BotShare]:
    return on_the_bot(
        stacks, batches=BATCHES, rounds=settings.rounds, seed=settings.seed, report=report
    )


def _kept(ways: Mapping[str, Way]) -> list[str]:
    """The stacks that keep anything, each once."""
    return keepers([name for name in ways if name != AGAIN])


class _Counting:
    """Counts the steps of one piece of work after the other for who is told of all."""

    def __init__(self, report: Callable[[int], None] | None) -> None:
        self._report = report
        self._before = self._done = 0

    def piece(self) -> Callable[[int], None]:
        """To be told how many steps of the next piece are done."""
        self._before = self._done
        return self._tell

    def _tell(self, done: int) -> None:
        self._done = self._before + done
        if self._report is not None:
            self._report(self._done)


def _ways(stacks: Sequence[str]) -> dict[str, Way]:
    """Each stack once and the base twice, the base where it was named or first."""
    names = stacks if BASE in stacks else [BASE, *stacks]
    return {name: Way(stack=name) for name in names} | {AGAIN: Way(stack=BASE)}
