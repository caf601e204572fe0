"""What a full event costs: a line of nine fields, an observation, three counters, three rules.

The strategy's plain stack and the default one, as `simlab bench` measures them: each in a process
of its own, in random order, paired. What a kill loses is in tests/faults.
"""

from typing import Final

import msgspec
from paired import Figure, measured
from pytest_benchmark.fixture import BenchmarkFixture

from simlab.bench.bill import Aspect, Line, bill_of
from simlab.bench.rounds import QUICK, Way, in_rounds
from simlab.bench.study import study

ASPECTS: Final[dict[Aspect, str]] = {
    "called": "the caller's time",
    "drained": "until drained",
    "cpu": "CPU",
}
AIMS: Final[dict[Aspect, float]] = {"called": 15.0, "drained": 10.0, "cpu": 10.0}
LEAST: Final = 4.0
"""A guard against falling back, well below what is reached on a quiet machine."""


def compared(seed: int) -> Line:
    """What the default stack costs, with its ratios to the plain one."""
    found = study(["default"], msgspec.structs.replace(QUICK, seed=seed))
    return next(line for line in bill_of(found).lines if line.stack == "default")


def test_a_full_event_costs_a_fraction_of_the_plain_stacks(
    benchmark: BenchmarkFixture, figure: Figure
) -> None:
    """Log, metrics and rules together, by the caller's clock, the drained clock and CPU."""
    benchmark.group = "telemetry"
    once = msgspec.structs.replace(QUICK, rounds=1)
    benchmark.pedantic(lambda: in_rounds({"default": Way(stack="default")}, once), rounds=1)
    tries: list[dict[Aspect, float]] = []

    def worst() -> float:
        ratios = compared(seed=len(tries)).ratios
        tries.append({aspect: 1 / ratios[aspect].times.value for aspect in ASPECTS})
        return min(tries[-1].values())

    assert measured(worst, at_least=LEAST) >= LEAST
    figure(_told(tries))


def _told(tries: list[dict[Aspect, float]]) -> str:
    best = {aspect: max(each[aspect] for each in tries) for aspect in ASPECTS}
    parts = [
        f"{name} {best[aspect]:.1f} times less (aim {AIMS[aspect]:g}, at least {LEAST:g})"
        for aspect, name in ASPECTS.items()
    ]
    return f"a full event, default against plain: {', '.join(parts)}"
