"""Processes killed at random moments: `python -m simlab.bench.kills STACK PACE KILLS SEED FOLDER`.

It is a process of its own, for one that forks must have no other threads. Tells the loss as JSON.
"""

import shutil
import sys
from pathlib import Path
from typing import Final

import numpy as np

from simlab.bench.apart import answer
from simlab.bench.catalogue import stack_of
from simlab.bench.doomed import Doomed
from simlab.bench.loss import Loss
from simlab.bench.stack import StackOf
from simlab.clock import sleep_until_ns, timer_ns
from simlab.rng import uniforms

RATE_PER_S: Final = 200.0
"""Of paced events."""
LATEST_S: Final = {"full": 0.1, "paced": 2.0}
"""So long after it got to work a process is killed at the latest."""
_SIDE_BY_SIDE: Final = {"full": 1, "paced": 10}
_GAP_NS: Final = {"full": 0, "paced": round(1e9 / RATE_PER_S)}


def lost(made: StackOf, folder: Path, *, pace: str, kills: int, seed: int) -> Loss:
    """What so many kills cost all together."""
    moments = uniforms(seed, f"bench.kill.{pace}", np.arange(kills, dtype=np.int64))
    waits_s = (moments * LATEST_S[pace]).tolist()
    total = Loss(0, 0, 0)
    for first in range(0, kills, _SIDE_BY_SIDE[pace]):
        total += _together(made, folder, pace, waits_s[first : first + _SIDE_BY_SIDE[pace]])
    return total


def _together(made: StackOf, folder: Path, pace: str, waits_s: list[float]) -> Loss:
    """Some processes side by side, each killed so long after all were at work."""
    places = [folder / str(number) for number in range(len(waits_s))]
    doomed = [Doomed(made, place, gap_ns=_GAP_NS[pace]) for place in places]
    for each in doomed:
        each.await_work()
    begun_ns = timer_ns()
    for wait_s, each in sorted(zip(waits_s, doomed, strict=True), key=lambda pair: pair[0]):
        sleep_until_ns(begun_ns + round(wait_s * 1e9))
        each.kill()
    total = sum((each.loss() for each in doomed), Loss(0, 0, 0))
    for place in places:
        shutil.rmtree(place)
    return total


def main() -> None:
    """Do it, and say what was lost."""
    stack, pace, kills, seed, folder = sys.argv[1:]
    answer(lambda: lost(stack_of(stack), Path(folder), pace=pace, kills=int(kills), seed=int(seed)))


if __name__ == "__main__":
    main()
