"""What a full event costs: a line of nine fields, an observation, three counters, three rules.

The strategy's plain stack and the default one, as `simlab bench` measures them: each in a process
of its own, in random order, paired. What a kill loses is in tests/faults.
"""

from statistics import median
from typing import Final

import msgspec
from paired import Figure, measured
from pytest_benchmark.fixture import BenchmarkFixture

from simlab.bench.bill import Aspect, bill_of
from simlab.bench.rounds import QUICK, Way, in_rounds
from simlab.bench.study import study

ASPECTS: Final[dict[Aspect, str]] = {
    "called": "the caller's time in a loop without end",
    "drained": "until drained",
    "cpu": "CPU",
}
AIMS: Final[dict[Aspect, float]] = {"called": 15.0, "drained": 10.0, "cpu": 10.0}
LEAST: Final[dict[Aspect, float]] = {"called": 6.0, "drained": 5.0, "cpu": 6.0}
"""Guards against falling back, below what is reached on a quiet machine."""


def compared(seed: int) -> dict[str, float]:
    """How many times what the default stack costs the plain one does, by aspect."""
    found = study(["default"], msgspec.structs.replace(QUICK, seed=seed))
    line = next(line for line in bill_of(found).lines if line.stack == "default")
    pairs = zip(found.stacks["plain"], found.stacks["default"], strict=True)
    calls = [plain.called_median_ns / default.called_median_ns for plain, default in pairs]
    told: dict[str, float] = {aspect: 1 / line.ratios[aspect].times.value for aspect in ASPECTS}
    return told | {"call": median(calls)}


def test_a_full_event_costs_a_fraction_of_the_plain_stacks(
    benchmark: BenchmarkFixture, figure: Figure
) -> None:
    """Log, metrics and rules together, by the caller's clock, the drained clock and CPU."""
    benchmark.group = "telemetry"
    once = msgspec.structs.replace(QUICK, rounds=1)
    benchmark.pedantic(lambda: in_rounds({"default": Way(stack="default")}, once), rounds=1)
    tries: list[dict[str, float]] = []

    def worst() -> float:
        tries.append(compared(seed=len(tries)))
        return min(tries[-1][aspect] / LEAST[aspect] for aspect in ASPECTS)

    assert measured(worst, at_least=1.0) >= 1.0
    figure(_told(tries))


def _told(tries: list[dict[str, float]]) -> str:
    best = {aspect: max(each[aspect] for each in tries) for aspect in ASPECTS}
    parts = [
        f"{name} {best[aspect]:.1f} times less (aim {AIMS[aspect]:g}, at least {LEAST[aspect]:g})"
        for aspect, name in ASPECTS.items()
    ]
    call = max(each["call"] for each in tries)
    parts.append(f"the median call {call:.1f} times less")
    return f"a full event, default against plain: {', '.join(parts)}"
