"""All stacks measured in turn, a process each, in an order drawn anew for each round."""

import os
import random
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import msgspec
from msgspec import Struct

from simlab.bench.apart import ran
from simlab.bench.job import Job, Measured
from simlab.errors import InputError, SimlabError


class Settings(Struct, frozen=True, kw_only=True):
    """How stacks are measured.

    Attributes:
        rounds: how often each; 5 or more.
        events: the fewest in a tight loop, which quick stacks get more of.
        paced_events: how many come at a fixed rate.
        rate_per_s: that rate [events a second].
        seed: of the order.
    """

    rounds: int
    events: int
    paced_events: int
    rate_per_s: float = 500.0
    seed: int


QUICK: Final = Settings(rounds=5, events=4_000, paced_events=100, seed=7)
FULL: Final = Settings(rounds=5, events=10_000, paced_events=150, seed=7)


class Way(Struct, frozen=True, kw_only=True):
    """One way to measure one stack: two of one stack tell how far the machine lets figures stray.

    Attributes:
        stack: the stack's name.
        fails_every: one in so many events fails.
        options: more arguments of its constructor.
    """

    stack: str
    fails_every: int = 100
    options: dict[str, str | None] = {}


def in_rounds(
    ways: Mapping[str, Way], settings: Settings, *, report: Callable[[int], None] | None = None
) -> dict[str, list[Measured]]:
    """What each way came to in each round.

    Args:
        ways: by the names that they go by in what is returned.
        settings: how often, and how.
        report: told how many processes have ended.

    Raises:
        InputError: a stack failed; the message has its last words.
    """
    order = random.Random(settings.seed)  # noqa: S311  # chance, no secret
    found: dict[str, list[Measured]] = {name: [] for name in ways}
    with TemporaryDirectory(prefix="simlab-bench-") as place:
        for _ in range(settings.rounds):
            for name in order.sample(list(ways), len(ways)):
                found[name].append(_once(ways[name], settings, Path(place)))
                if report is not None:
                    report(sum(map(len, found.values())))
    return found


def _once(way: Way, settings: Settings, place: Path) -> Measured:
    with TemporaryDirectory(dir=place) as folder:
        job = Job(
            stack=way.stack,
            folder=folder,
            events=settings.events,
            paced_events=settings.paced_events,
            rate_per_s=settings.rate_per_s,
            fails_every=way.fails_every,
            options=way.options,
        )
        return msgspec.json.decode(_answer(job), type=Measured)


def _answer(job: Job) -> str:
    direct = [os.environ.get("NO_PROXY", ""), "127.0.0.1"]  # for the sink, which is on loopback
    told = msgspec.json.encode(job).decode()
    try:
        done = ran(
            "simlab.bench.worker", told, environment={"NO_PROXY": ",".join(filter(None, direct))}
        )
    except SimlabError as error:
        raise InputError(f"stack {job.stack!r}: failed: {error}") from None
    return done.stdout
