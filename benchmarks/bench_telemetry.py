"""What a full event costs: a line of nine fields, an observation, three counters, three rules.

The strategy's plain stack and the default one, each in a process of its own, in random order,
paired. What a kill loses is in tests/faults.
"""

import json
import os
import random
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from paired import Figure, measured
from pytest_benchmark.fixture import BenchmarkFixture

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 5
EVENTS = {"plain": 10_000, "default": 20_000}
ASPECTS = {"called_ns": "the caller's time", "drained_ns": "until drained", "cpu_ns": "CPU"}
AIMS = {"called_ns": 15.0, "drained_ns": 10.0, "cpu_ns": 10.0}
LEAST = {"called_ns": 4.0, "drained_ns": 4.0, "cpu_ns": 4.0}
"""Guards against falling back, well below what is reached on a quiet machine."""


def one(stack: str, folder: Path) -> dict[str, float]:
    """One process's figures [ns an event]."""
    command = [sys.executable, "benchmarks/one_stack.py", stack, str(EVENTS[stack]), str(folder)]
    ran = subprocess.run(  # noqa: S603 - our own words
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True,
        text=True, check=True, timeout=120,
    )  # fmt: skip
    told: dict[str, float] = json.loads(ran.stdout)
    assert told["dropped"] == 0
    return told


def ratios(folder: Path) -> dict[str, float]:
    """How many times what the default stack costs the plain one does: medians of pairs."""
    found: dict[str, list[float]] = {aspect: [] for aspect in ASPECTS}
    order = random.Random(1)
    for number in range(ROUNDS):
        pair = order.sample(["plain", "default"], 2)
        told = {stack: one(stack, folder / f"{number}-{stack}") for stack in pair}
        for aspect, list_ in found.items():
            list_.append(told["plain"][aspect] / told["default"][aspect])
    return {aspect: statistics.median(each) for aspect, each in found.items()}


def test_a_full_event_costs_a_fraction_of_the_plain_stacks(
    benchmark: BenchmarkFixture, tmp_path: Path, figure: Figure
) -> None:
    """Log, metrics and rules together, by the caller's clock, the drained clock and CPU."""
    benchmark.group = "telemetry"
    benchmark.pedantic(lambda: one("default", tmp_path / "timed"), rounds=1)
    tries: list[dict[str, float]] = []

    def worst() -> float:
        tries.append(ratios(tmp_path / str(len(tries))))
        return min(tries[-1][aspect] / LEAST[aspect] for aspect in LEAST)

    assert measured(worst, at_least=1.0) >= 1.0
    figure(_told(tries))


def _told(tries: Sequence[dict[str, float]]) -> str:
    best = {aspect: max(each[aspect] for each in tries) for aspect in ASPECTS}
    parts = [
        f"{ASPECTS[aspect]} {best[aspect]:.1f} times less (aim {AIMS[aspect]:g}, at least "
        f"{LEAST[aspect]:g})"
        for aspect in ASPECTS
    ]
    return f"a full event, default against plain: {', '.join(parts)}"
