"""What a rule means in PromQL: a condition, and what must be recorded for it first."""

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from simlab.prometheus.promql import Both, Compare, Expression, OverTime, Selector

Kind: TypeAlias = Literal["bot", "promql"]


@dataclass(frozen=True)
class Recording:
    """A recording rule: the name of the series that it makes, and of what."""

    metric: str
    expression: Expression


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """One meaning of a rule.

    Attributes:
        kind: `bot` reads the value that the bot computed itself; `promql` computes it from
            counters and gauges.
        condition: what gives something while the rule's condition holds.
        recordings: what it needs recorded, in this order.
        is_exact: whether it means what the rule does, judged at the same moments, on series whose
            times are whole milliseconds and never the same twice.
    """

    kind: Kind
    condition: Expression
    recordings: tuple[Recording, ...] = ()
    is_exact: bool = False

    def judged_if(self, enough: Expression | None) -> "Meaning":
        """The same, judged only where another expression gives something."""
        if enough is None:
            return self
        return replace(self, condition=Both(self.condition, enough))


def held(side: Literal["above", "below"], value: Expression, limit: float) -> Compare:
    """Where a value is beyond a limit, strictly."""
    return Compare(">" if side == "above" else "<", value, limit)


def enough(selector: Selector, width_us: int, needed: int) -> Expression | None:
    """Where a window holds so many samples; None when one is enough, which all values need."""
    if needed <= 1:
        return None
    return Compare(">=", OverTime("count", selector, width_us), float(needed))
