"""The bill of the default stack by its parts: each switched off in turn."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from importlib.util import find_spec
from typing import Final

import msgspec
from msgspec import Struct

from simlab.bench.chance import Estimate, difference_of, mean_of
from simlab.bench.job import Measured
from simlab.bench.rounds import Settings, Way, in_rounds
from simlab.bench.stacks.whole import PARTS

WHOLE: Final = "whole"
AGAIN: Final = "whole, again"
FAILS_EVERY: Final = 1000
"""Reports take far longer than events: so many go into one second that none is lost."""
_STACK: Final = "simlab.bench.stacks.whole:Whole"
_PACED: Final = 5


class Part(Struct, frozen=True, kw_only=True):
    """What one part adds to an event.

    Attributes:
        part: its name.
        cpu_ns: CPU time of all threads: the whole less the whole without it.
        called_ns: the caller's time, likewise.
        is_seen: whether the CPU time is a difference at all: its interval has no 0 in it, and it
            is more than the whole differs from itself.
    """

    part: str
    cpu_ns: Estimate
    called_ns: Estimate
    is_seen: bool


class PartsBill(Struct, frozen=True, kw_only=True):
    """What the parts add, and what they come to together.

    Attributes:
        parts: a line each.
        whole_ns: CPU time of an event with all of them.
        together_ns: the sum of the parts.
        rest_ns: the whole less that sum: what they share, or keep each other from.
        floor_ns: how far the whole is from itself at most, by the 95 % interval.
    """

    parts: list[Part]
    whole_ns: Estimate
    together_ns: Estimate
    rest_ns: Estimate
    floor_ns: float


def measure_parts(
    settings: Settings, *, report: Callable[[int], None] | None = None
) -> dict[str, list[Measured]]:
    """The default stack with all its parts, twice, and without each in turn, in rounds.

    Sentry is among them where its SDK is installed; it reports to a server of this process.

    Raises:
        InputError: it failed.
    """
    from simlab.bench.sink import sink  # noqa: PLC0415  # a server that few need

    with ExitStack() as stack:
        dsn = stack.enter_context(sink()) if _has_sentry() else None
        ways = {name: _way(without, dsn) for name, without in _ways().items()}
        few = msgspec.structs.replace(settings, paced_events=_PACED)
        return in_rounds(ways, few, report=report)


def part_processes(settings: Settings) -> int:
    """How many processes that takes."""
    return settings.rounds * len(_ways())


def parts_bill(rounds: Mapping[str, Sequence[Measured]]) -> PartsBill:
    """What each part adds, with its interval."""
    whole = _cpu(rounds[WHOLE])
    floor = difference_of(_cpu(rounds[AGAIN]), whole)
    floor_ns = max(abs(floor.low), abs(floor.high))
    names = [name for name in PARTS if f"without {name}" in rounds]
    added = [_less(whole, _cpu(rounds[f"without {name}"])) for name in names]
    together = [sum(each) for each in zip(*added, strict=True)]
    return PartsBill(
        parts=[_part(name, rounds, floor_ns) for name in names],
        whole_ns=mean_of(whole),
        together_ns=mean_of(together),
        rest_ns=difference_of(whole, together),
        floor_ns=floor_ns,
    )


def _part(name: str, rounds: Mapping[str, Sequence[Measured]], floor_ns: float) -> Part:
    whole, without = rounds[WHOLE], rounds[f"without {name}"]
    cpu = difference_of(_cpu(whole), _cpu(without))
    called = difference_of(
        [one.called_mean_ns for one in whole], [one.called_mean_ns for one in without]
    )
    seen = not cpu.holds(0.0) and abs(cpu.value) > floor_ns
    return Part(part=name, cpu_ns=cpu, called_ns=called, is_seen=seen)


def _cpu(rounds: Sequence[Measured]) -> list[float]:
    return [one.cpu_ns for one in rounds]


def _less(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    return [one - other for one, other in zip(ours, theirs, strict=True)]


def _ways() -> dict[str, str | None]:
    """What is left out in each way."""
    parts = [part for part in PARTS if part != "sentry" or _has_sentry()]
    return {WHOLE: None, AGAIN: None} | {f"without {part}": part for part in parts}


def _way(without: str | None, dsn: str | None) -> Way:
    options = {"without": without, "sentry_dsn": dsn}
    return Way(stack=_STACK, fails_every=FAILS_EVERY, options=options)


def _has_sentry() -> bool:
    return find_spec("sentry_sdk") is not None
