"""The bill: a line a stack, each figure with its interval, and what chance would do to a ratio."""

import math
from collections.abc import Sequence
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from simlab.bench.chance import Estimate, mean_of, ratio_of
from simlab.bench.job import Measured
from simlab.bench.rates import EATEN, WORK_S, rate_per_s, share_of
from simlab.bench.study import AGAIN, BASE, Study

Aspect: TypeAlias = Literal["called", "drained", "cpu", "paced"]
Verdict: TypeAlias = Literal["more", "less", "no difference"]

ASPECTS: Final[dict[Aspect, str]] = {
    "called": "called_mean_ns",
    "drained": "drained_ns",
    "cpu": "cpu_ns",
    "paced": "paced_mean_ns",
}
"""What is compared with the base, and the figure of `Measured` that it is."""

MOST_NOISE: Final = 1.25
"""Where the base may be more than so many times itself, the machine is too noisy to say much."""


class Ratio(Struct, frozen=True, kw_only=True):
    """A stack's figure against the base's.

    Attributes:
        times: how many times the base's it is.
        verdict: whether that is a difference: its interval has no 1 in it, and it lies beyond
            the noise floor.
    """

    times: Estimate
    verdict: Verdict


class Line(Struct, frozen=True, kw_only=True):
    """What one stack costs.

    Attributes:
        stack: its name.
        figures: by the names in `Measured`, means over the rounds.
        ratios: to the base, by aspect; empty for the base itself.
        shares: of a batch that works so many seconds, by that number; the caller's paced time.
        rates: events a second at which telemetry eats such a share of a core, by that share;
            infinite where it costs nothing that can be seen.
        dropped: lines that it knows it lost, in all rounds.
    """

    stack: str
    figures: dict[str, Estimate]
    ratios: dict[Aspect, Ratio]
    shares: dict[str, Estimate]
    rates: dict[str, Estimate]
    dropped: int


class Bill(Struct, frozen=True, kw_only=True):
    """What all stacks cost.

    Attributes:
        lines: a stack each; the base's second turn is the last.
        floors: by aspect, how many times itself the base may be, or the inverse, by the 95 %
            interval of its second turn: 1 or more.
        control: what the loop and the clock take by themselves, all processes together.
    """

    lines: list[Line]
    floors: dict[Aspect, float]
    control: dict[str, Estimate]

    @property
    def is_noisy(self) -> bool:
        """Whether the base differs from itself too much for anything to be said."""
        return self.floors["called"] > MOST_NOISE


def bill_of(study: Study) -> Bill:
    """What was measured, as figures with intervals."""
    base, again = study.stacks[BASE], study.stacks[AGAIN]
    floors = {
        aspect: _floor(column(again, name), column(base, name)) for aspect, name in ASPECTS.items()
    }
    lines = [_line(name, rounds, base, floors) for name, rounds in study.stacks.items()]
    return Bill(lines=lines, floors=floors, control=_control(list(study.stacks.values())))


def floor_told(floor: float) -> str:
    """A noise floor in words.

    >>> floor_told(1.054), floor_told(math.inf)
    ('1.05 times', 'any times')
    """
    return "any times" if math.isinf(floor) else f"{floor:.2f} times"


def column(rounds: Sequence[Measured], name: str) -> list[float]:
    """One figure of all rounds."""
    return [float(getattr(measured, name)) for measured in rounds]


def _line(
    name: str, rounds: Sequence[Measured], base: Sequence[Measured], floors: dict[Aspect, float]
) -> Line:
    figures = {
        field: mean_of(column(rounds, field))
        for field in Measured.__struct_fields__
        if field not in ("events", "dropped")
    }
    return Line(
        stack=name,
        figures=figures,
        ratios={} if rounds is base else _ratios(rounds, base, floors),
        shares={f"{work_s:g}": share_of(figures["paced_mean_ns"], work_s) for work_s in WORK_S},
        rates={f"{share:g}": rate_per_s(figures["cpu_ns"], share) for share in EATEN},
        dropped=sum(measured.dropped for measured in rounds),
    )


def _ratios(
    rounds: Sequence[Measured], base: Sequence[Measured], floors: dict[Aspect, float]
) -> dict[Aspect, Ratio]:
    told = {aspect: ratio_of(column(rounds, f), column(base, f)) for aspect, f in ASPECTS.items()}
    return {
        aspect: Ratio(times=times, verdict=verdict(times, floor=floors[aspect]))
        for aspect, times in told.items()
    }


def verdict(times: Estimate, *, floor: float) -> Verdict:
    """Whether a ratio is a difference at all, and which.

    Args:
        times: the ratio.
        floor: how many times itself the base may be, or the inverse.
    """
    if math.isnan(times.value) or times.holds(1.0) or 1 / floor <= times.value <= floor:
        return "no difference"
    return "more" if times.value > 1 else "less"


def _floor(again: Sequence[float], base: Sequence[float]) -> float:
    times = ratio_of(again, base)
    return max(times.high, 1 / times.low if times.low > 0 else math.inf, 1.0)


def _control(stacks: Sequence[Sequence[Measured]]) -> dict[str, Estimate]:
    """Means over the rounds; of each round, over its processes."""
    fields = [field for field in Measured.__struct_fields__ if field.startswith("control_")]
    together = {
        field: zip(*(column(one, field) for one in stacks), strict=True) for field in fields
    }
    return {
        field: mean_of([sum(values) / len(values) for values in rounds])
        for field, rounds in together.items()
    }
