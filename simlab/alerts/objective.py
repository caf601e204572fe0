"""Objectives, such as that 99.5 % of batches succeed, as the burn-rate rules that guard them."""

from typing import Annotated, Final, Literal, NamedTuple

from msgspec import Meta, Struct

from simlab.alerts.rule import NAME, Rule, Severity
from simlab.errors import ConfigError


class Burn(NamedTuple):
    """One burn rate: how many times faster than allowed errors come, and over which windows."""

    rate: float
    window: str
    short_window: str
    severity: Severity


BURNS: Final = (
    Burn(14.4, "1h", "5m", "page"),  # 2 % of 30 days' errors in an hour
    Burn(6.0, "6h", "30m", "page"),  # 5 % in 6 hours
    Burn(3.0, "1d", "2h", "ticket"),  # 10 % in a day
    Burn(1.0, "3d", "6h", "ticket"),  # 10 % in three days
)
"""Recommended for an objective over 30 days by The Site Reliability Workbook (Beyer et al., 2018),
chapter 5: multiwindow, multi-burn-rate alerts."""

LEAST_TARGET: Final = 1 - 1 / max(burn.rate for burn in BURNS)
"""Below it even nothing but errors does not burn fast enough for the fastest rule."""


class Objective(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The share of batches that must go well.

    `name` begins the names of its rules. `target` is the share, such as 0.995. `signal` says what
    goes wrong: `error_ratio`, or `retry_ratio`. `min_count` is how many batches a window needs to
    be judged: a few errors at night are no fast burn.

    Raises:
        ConfigError: the target cannot be guarded.
    """

    name: str
    target: float
    signal: Literal["error_ratio", "retry_ratio"] = "error_ratio"
    min_count: Annotated[int, Meta(ge=1)] = 1

    def __post_init__(self) -> None:
        """Refuse what no rule can guard."""
        if not NAME.fullmatch(self.name):
            raise ConfigError(f"$.name: found {self.name!r}, expected letters, digits, _ . or -")
        if not LEAST_TARGET <= self.target < 1:
            raise ConfigError(
                f"$.target: found {self.target:g}, expected a share from {LEAST_TARGET:.3f} to "
                "below 1: 99.5 % is 0.995"
            )

    def rules(self) -> tuple[Rule, ...]:
        """A rule a burn rate; those of one severity are one alert."""
        return tuple(self._rule(burn) for burn in BURNS)

    def _rule(self, burn: Burn) -> Rule:
        return Rule(
            name=f"{self.name}_{burn.window}",
            signal=self.signal,
            aggregate="ratio",
            window=burn.window,
            short_window=burn.short_window,
            threshold=round(burn.rate * (1 - self.target), 12),
            severity=burn.severity,
            min_count=self.min_count,
            group=f"{self.name}_{burn.severity}",
        )
