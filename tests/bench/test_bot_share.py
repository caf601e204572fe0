"""What telemetry adds to real work is what it was built to add."""

from pathlib import Path
from statistics import median

import pytest

from simlab.bench.at_work import BLOCK, taken
from simlab.bench.bot_share import on_the_bot
from simlab.bench.stacks.off import Off
from simlab.clock import timer_ns
from simlab.errors import ConfigError
from simlab.events import Attempt

ADDED_NS = 400_000
"""About what a batch takes."""


class Noting(Off):
    """Keeps what it is told."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.told: list[Attempt] = []

    def emit(self, event: Attempt) -> None:
        self.told.append(event)


class Burning(Off):
    """Goes round and round for a while, at each event and each time it has something to drain."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.turns, self.waiting = turns_in(ADDED_NS // 2), 0

    def emit(self, event: Attempt) -> None:
        sum(range(self.turns))
        self.waiting += 1

    def drain(self) -> None:
        sum(range(3 * self.turns))  # whether or not there is anything
        sum(range(self.waiting * self.turns))
        self.waiting = 0


def turns_in(span_ns: int) -> int:
    """How often it goes round meanwhile."""
    took = []
    for _ in range(50):
        start_ns = timer_ns()
        sum(range(10_000))
        took.append(timer_ns() - start_ns)
    return round(10_000 * span_ns / median(took))


def test_the_stack_is_told_of_every_other_block_and_of_each_batch_once(tmp_path: Path) -> None:
    stack = Noting(tmp_path)
    found = taken(stack, tmp_path, batches=BLOCK + 1, seed=1)
    assert (len(found.on), len(found.off)) == (2, 2)
    numbers = [event.batch_id for event in stack.told]
    assert len(set(numbers)) == len(numbers) == 3 * BLOCK  # the block that warms up is the third
    assert {event.status for event in stack.told} == {"success"}


def test_a_known_cost_at_events_and_while_draining_is_found(tmp_path: Path) -> None:
    """Within a third, in CPU time; a drain with nothing to drain is not billed."""
    found = taken(Burning(tmp_path), tmp_path, batches=3 * BLOCK, seed=2)
    added = [on.cpu_ns - off.cpu_ns for on, off in zip(found.on, found.off, strict=True)]
    assert median(added) / BLOCK == pytest.approx(ADDED_NS, rel=1 / 3)


def test_no_telemetry_adds_nothing_that_could_be_told_from_nothing() -> None:
    """By a process a round, each with a stack that makes the events and leaves them."""
    share = on_the_bot(["off"], batches=2 * BLOCK, rounds=5, seed=3)["off"]
    assert abs(share.cpu.value) < max(0.1, share.cpu.half)
    assert share.batch_us.value > 50


def test_what_would_have_no_interval_or_no_batch_is_refused() -> None:
    with pytest.raises(ConfigError, match="--rounds 4: too few for an interval"):
        on_the_bot(["off"], batches=1, rounds=4, seed=1)
    with pytest.raises(ConfigError, match="found 0, expected 1 or more"):
        on_the_bot(["off"], batches=0, rounds=5, seed=1)
    with pytest.raises(ConfigError, match="'nonesuch': unknown"):
        on_the_bot(["nonesuch"], batches=1, rounds=5, seed=1)
