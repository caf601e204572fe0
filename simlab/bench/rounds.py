"""All stacks measured in turn, a process each, in an order drawn anew for each round."""

import os
import random
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import msgspec
from msgspec import Struct

import simlab
from simlab.bench.job import Job, Measured
from simlab.errors import InputError

_LONGEST_S: Final = 300
_HOME: Final = Path(simlab.__file__).resolve().parent.parent


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
FULL: Final = Settings(rounds=7, events=10_000, paced_events=250, seed=7)


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


def _answer(job: Job) -> bytes:
    command = [sys.executable, "-P", "-m", "simlab.bench.worker"]
    try:
        ran = subprocess.run(  # noqa: S603  # our own words
            command, input=msgspec.json.encode(job), capture_output=True, check=False,
            env=environment(), timeout=_LONGEST_S,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise InputError(
            f"stack {job.stack!r}: not done after {_LONGEST_S} s; try fewer --events"
        ) from None
    if ran.returncode != 0:
        raise InputError(f"stack {job.stack!r}: failed: {_last_words(ran.stderr, ran.returncode)}")
    return ran.stdout


def environment() -> dict[str, str]:
    """This process's environment, in which a child finds the same simlab and the same stacks."""
    known = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    direct = [os.environ.get("NO_PROXY", ""), "127.0.0.1"]  # for the sink, which is on loopback
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(_HOME), *filter(None, known)]),
        "NO_PROXY": ",".join(filter(None, direct)),
    }


def _last_words(stderr: bytes, code: int) -> str:
    lines = stderr.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else f"it ended with {code} and said nothing"
