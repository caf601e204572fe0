"""What telemetry adds to the bot's real work, by stack."""

import random
from collections.abc import Callable, Sequence
from statistics import median
from tempfile import TemporaryDirectory

import msgspec
from msgspec import Struct

from simlab.bench.apart import ran
from simlab.bench.at_work import BLOCK, Spent, Taken
from simlab.bench.chance import Estimate, mean_of, refuse_few
from simlab.errors import ConfigError


class BotShare(Struct, frozen=True, kw_only=True):
    """What a stack adds to the work of a bot that never rests, medians over pairs of blocks.

    Attributes:
        batch_us: how long a batch takes without telemetry [us].
        wall: what the stack adds to that, as a share of it; below 0 where it measured faster.
        cpu: likewise for CPU time over all threads.
    """

    batch_us: Estimate
    wall: Estimate
    cpu: Estimate


def on_the_bot(
    stacks: Sequence[str],
    *,
    batches: int,
    rounds: int,
    seed: int,
    report: Callable[[int], None] | None = None,
) -> dict[str, BotShare]:
    """Have the bot work in wall time on SQLite, told of by a stack and not, turn about.

    A process a stack a round, stacks in random order; within a process blocks of 250 batches with
    the stack and without follow each other in random order, so that what the machine does
    meanwhile falls on both alike. A batch has 40 items, and all are due at once: one worker never
    rests, and what telemetry does beside it shows in CPU time sooner than in wall time. `off`
    makes the events and does nothing with them; it is the floor.

    Args:
        stacks: names of the catalogue's, or `module:Class`.
        batches: with the stack and as many without, a process; 1 or more, rounded up to 250.
        rounds: 5 or more, for the interval.
        seed: of all orders and of what is in the batches.
        report: told how many processes have ended, of `rounds * len(stacks)`.

    Raises:
        ConfigError: no batch, too few rounds, an unknown stack, or a library that is missing.
        SimlabError: a stack failed.
    """
    refuse_few(rounds)
    if batches < 1:
        raise ConfigError(f"batches: found {batches}, expected 1 or more")
    chance = random.Random(seed)  # noqa: S311  # no secret
    found: dict[str, list[Taken]] = {name: [] for name in stacks}
    for number in range(rounds):
        for name in chance.sample(list(found), len(found)):
            found[name].append(_once(name, batches, seed + number))
            if report is not None:
                report(sum(map(len, found.values())))
    return {name: _share(each) for name, each in found.items()}


def _once(name: str, batches: int, seed: int) -> Taken:
    with TemporaryDirectory(prefix="simlab-bot-") as folder:
        done = ran("simlab.bench.at_work", name, str(batches), str(seed), folder)
        return msgspec.json.decode(done.stdout, type=Taken)


def _share(rounds: Sequence[Taken]) -> BotShare:
    return BotShare(
        batch_us=mean_of(
            [median(spent.wall_ns for spent in each.off) / BLOCK / 1000 for each in rounds]
        ),
        wall=mean_of([_added(each, lambda spent: spent.wall_ns) for each in rounds]),
        cpu=mean_of([_added(each, lambda spent: spent.cpu_ns) for each in rounds]),
    )


def _added(taken: Taken, of: Callable[[Spent], int]) -> float:
    """A stall of the machine's falls on one block of a pair, and moves no median."""
    pairs = zip(taken.on, taken.off, strict=True)
    return median(of(on) / of(off) - 1 for on, off in pairs)
