"""A program that raises bots which log, ends them, and tells what their log then holds.

It is a process of its own with one thread, so that it may fork. Each bot notes in shared
memory which lines it has logged; a line is acked when the call that logged it has returned.
"""

import json
import logging
import mmap
import os
import random
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from types import FrameType
from typing import Any

from simlab.events import Attempt
from simlab.telemetry import crashsafe
from simlab.telemetry.crashsafe import CrashSafeLog, recover

START_US = 1_767_571_200_000_000
TEN_MINUTES_US, FOUR_HOURS_US = 600_000_000, 14_400_000_000
LOG = "inventory.log"
Bot = Callable[[], None]


@dataclass
class Nursery:
    """Bots that follow each other on one log, and which of their lines must be there.

    Attributes:
        folder: the log's directory.
        acked: lines that must be there, once.
        open: lines that may be there, once, since their call had not returned.
        ended: how many bots there were.
    """

    folder: Path
    step_us: int = TEN_MINUTES_US
    acked: set[int] = field(default_factory=set)
    open: set[int] = field(default_factory=set)
    ended: int = 0
    _next: int = 0
    _ledger: mmap.mmap = field(default_factory=lambda: mmap.mmap(-1, 4096))

    def raise_bot(self, bot: Bot, end: Callable[[int], None]) -> int:
        """Let a bot log until it is ended; the status it left."""
        self._note(self._next)
        pid = os.fork()
        if not pid:
            bot()
            raise SystemExit  # the usual end, with all that is registered for it
        end(pid)
        status = os.waitpid(pid, 0)[1]
        reached = int.from_bytes(self._ledger[:8], "little")
        self.acked.update(range(self._next, reached))
        self.open.add(reached)
        self._next = reached + 1
        self.ended += 1
        return status

    def log_lines(self, log: CrashSafeLog, sizes: Iterable[int]) -> None:
        """What a bot does: log lines, every third as an event."""
        number = int.from_bytes(self._ledger[:8], "little")
        for size in sizes:
            log_line(log, number, size=size, time_us=START_US + self.step_us * number)
            number += 1
            self._note(number)

    def told(self) -> dict[str, Any]:
        """What is wrong with the log."""
        seen: Counter[int] = Counter()
        glued = torn = 0
        for path in self.folder.glob(f"{LOG}*"):
            *lines, rest = path.read_bytes().split(b"\n")
            torn += bool(rest)
            for line in lines:
                try:
                    seen[json.loads(line)["batch_id"]] += 1
                except ValueError:
                    glued += 1
        return {
            "ended": self.ended,
            "acked": len(self.acked),
            "lost": sorted(self.acked - set(seen)),
            "doubled": sorted(number for number in seen if seen[number] > 1),
            "unknown": sorted(set(seen) - self.acked - self.open),
            "glued": glued,
            "torn": torn,
            "files": sorted(path.name for path in self.folder.iterdir()),
        }

    def _note(self, number: int) -> None:
        self._ledger[:8] = number.to_bytes(8, "little")


def log_line(log: CrashSafeLog, number: int, *, size: int, time_us: int) -> None:
    """Log one line; every third is an event, which has the size it has."""
    if number % 3 == 0:
        log.emit(Attempt(time_us, 0.5, "success", 7, number, 1, 40, 0.25, None))
        return
    fields = {"batch_id": number, "padding": "x" * (min(size, 65_000) - 200)}
    log.handler.handle(logging.makeLogRecord({"created": time_us / 1e6, **fields}))


def sizes(seed: int) -> Iterator[int]:
    """From 200 B to 64 KiB, most of them small, without end."""
    rng = random.Random(seed)
    while True:
        yield int(200 * 320 ** (rng.random() ** 3))


def opened(folder: Path, **options: Any) -> CrashSafeLog:
    return CrashSafeLog(folder / LOG, run_id="r", capacity_bytes=1, kept_days=0, **options)


def kills(folder: Path, rounds: int) -> Nursery:
    """Bots killed at random moments, the moments of their start included."""
    nursery, rng = Nursery(folder), random.Random(rounds)
    for number in range(rounds):
        spill_every_s = rng.choice([0.0005, 0.005, 3600])
        wait_s = rng.choice([0.004, 0.04]) * rng.random()

        def bot(seed: int = number, every_s: float = spill_every_s) -> None:
            nursery.log_lines(opened(folder, spill_every_s=every_s), sizes(seed))

        def end(pid: int, wait_s: float = wait_s) -> None:
            time.sleep(wait_s)
            os.kill(pid, signal.SIGKILL)

        nursery.raise_bot(bot, end)
        if number % 4 == 3:
            recover(folder / LOG)
    recover(folder / LOG)
    return nursery


def steps(folder: Path, every: int) -> list[Nursery]:
    """Bots killed at each `every`-th line of the log's own code that they come to.

    Each has a log of its own, and a successor that is killed sooner.
    """
    nurseries: list[Nursery] = []
    killed = True
    while killed:
        at = 1 + every * len(nurseries)
        nursery = Nursery(folder / str(at), step_us=FOUR_HOURS_US)
        nursery.folder.mkdir()
        killed = nursery.raise_bot(stepping(nursery, at), lambda _: None) == signal.SIGKILL
        nursery.raise_bot(stepping(nursery, 1 + at * 7 % 500), lambda _: None)
        recover(nursery.folder / LOG)
        nurseries.append(nursery)
    return nurseries


def stepping(nursery: Nursery, at: int) -> Bot:
    """A bot that does all there is to do, until its so-manieth line."""

    def bot() -> None:
        sys.settrace(killer(at))
        log = opened(nursery.folder, spill_every_s=3600)
        nursery.log_lines(log, [300] * 5)
        log.flush()
        nursery.log_lines(log, [60_000] * 7)
        log.close()
        sys.settrace(None)

    return bot


def killer(at: int) -> Callable[[FrameType, str, Any], Any]:
    """A trace function that kills the process at the so-manieth line of the log's code."""
    home, left = str(Path(crashsafe.__file__).parent), [at]

    def trace(frame: FrameType, what: str, _: Any) -> Any:
        if not frame.f_code.co_filename.startswith(home):
            return None
        left[0] -= what == "line"
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        return trace

    return trace


def terms(folder: Path, rounds: int) -> Nursery:
    """Bots that exit by SIGTERM, without a word to their log."""
    nursery, rng = Nursery(folder), random.Random(rounds)

    def bot() -> None:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        nursery.log_lines(opened(folder), sizes(5))

    def end(pid: int) -> None:
        reached = nursery._next
        while int.from_bytes(nursery._ledger[:8], "little") < reached + 3:
            time.sleep(0.0005)
        time.sleep(0.01 * rng.random())
        os.kill(pid, signal.SIGTERM)

    statuses = {nursery.raise_bot(bot, end) for _ in range(rounds)}
    assert statuses == {0}, statuses
    return nursery


def ends(folder: Path, rounds: int) -> Nursery:
    """Bots that return, without a word to their log."""
    nursery = Nursery(folder)
    for number in range(rounds):

        def bot(seed: int = number) -> None:
            nursery.log_lines(opened(folder), islice(sizes(seed), 50))

        nursery.raise_bot(bot, lambda _: None)
    return nursery


KINDS: dict[str, Callable[[Path, int], Nursery | list[Nursery]]] = {
    "kills": kills,
    "steps": steps,
    "terms": terms,
    "ends": ends,
}


def main() -> None:
    kind, folder, number = sys.argv[1:]
    raised = KINDS[kind](Path(folder), int(number))
    nurseries = raised if isinstance(raised, list) else [raised]
    assert threading.active_count() == 1
    told = [nursery.told() for nursery in nurseries]
    sys.stdout.write(
        json.dumps({key: sum((each[key] for each in told[1:]), told[0][key]) for key in told[0]})
    )


if __name__ == "__main__":
    main()
