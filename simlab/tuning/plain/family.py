"""The family of rules that serves all plain series, with one number to choose: K."""

import math
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from simlab.alerts.rule import DAY_US, Rule, duration_us
from simlab.tuning.plain.spacing import Spacing

GROUP: Final = "value"
"""The rules are one alert: any of them."""

Kind: TypeAlias = Literal["zscore", "seasonal_z"]


@dataclass(frozen=True, kw_only=True)
class Family:
    """What is the same for all series.

    Where a setting says "measured", it was fixed by earlier measurements on the whole of the
    series of docs/background/real-series.md, not only on their first halves.

    Attributes:
        kinds: which z-scores of the smoothed signal are held against K. Chosen on the first
            halves, with `window` and `for_`.
        window: over which the z-scores take their scale.
        for_: how long they must last.
        smooth_s: the signal is averaged over so long first [s]: over an hour or so very
            different series come to nearly the same K. Measured.
        record_window: a record is beyond all of it. Measured.
        cooldown: no second page for so long after the last firing. Measured.
    """

    kinds: tuple[Kind, ...] = ("zscore", "seasonal_z")
    window: str = "28d"
    for_: str = "0s"
    smooth_s: int = 75 * 60
    record_window: str = "28d"
    cooldown: str = "3h"


FAMILY: Final = Family()


@dataclass(frozen=True, kw_only=True)
class Frozen:
    """What is measured on the first part of a series and then stays.

    Attributes:
        spacing: of the first part's times.
        step: the grid on which rules are judged, a duration.
        smooth: over how long the signal is averaged, a duration.
        floor: the standard deviation of the averaged signal, in its unit; 0 for a constant one.
        seasonal_floor: that of the averaged signal's distance from what is usual at the time of
            day; NaN where the part is too short to tell.
        longest_flat_s: the longest stretch over which the value did not change [s].
    """

    spacing: Spacing
    step: str
    smooth: str
    floor: float
    seasonal_floor: float
    longest_flat_s: float


def z_rules(frozen: Frozen, *, k: float, family: Family = FAMILY) -> tuple[Rule, ...]:
    """The rules that K moves, as many as the first part can tell a scale for.

    They are `abs(x - usual) > K * max(scale, floor)` on x, the averaged signal. The floor keeps
    quiet stretches quiet. A part that never changed tells no scale, and one of less than four
    days no time of day.
    """
    return tuple(
        _z_rule(kind, floor, frozen, k, family)
        for kind, floor in (("zscore", frozen.floor), ("seasonal_z", frozen.seasonal_floor))
        if kind in family.kinds and floor > 0
    )


def record_rule(frozen: Frozen, *, family: Family = FAMILY) -> Rule:
    """The rule for a value beyond all of its last four weeks, which catches spikes at once."""
    days = min(frozen.spacing.days, 28.0)
    return Rule(
        name="value_record",
        signal="value",
        aggregate="record",
        window=family.record_window,
        direction="outside",
        margin=margin(days),
        min_count=max(1, round(frozen.spacing.rows_per_day * days / 2)),
        evaluate=frozen.step,
        stale_after=_stale_after(frozen.spacing),
        group=GROUP,
        cooldown=family.cooldown,
    )


def absent_rule(frozen: Frozen) -> Rule:
    """The rule for silence: nothing for twice as long as the longest gap of the first part.

    It stands outside of the group: that nothing is told is an alert of its own.
    """
    silence_s = max(2 * frozen.spacing.longest_gap_s, 3 * frozen.spacing.step_s)
    return Rule(
        name="value_absent",
        signal="value",
        aggregate="absent",
        window=duration_text(silence_s),
        evaluate=frozen.step,
    )


def flat_rules(frozen: Frozen) -> tuple[Rule, ...]:
    """The rule for a flat line: no change for twice as long as the first part's longest.

    Two hours at least, and three steps, of which half the rows must be there: a gap is no flat
    line. It stands outside of the group, as `absent` does. There is none for a value that never
    changed.
    """
    if frozen.floor == 0:
        return ()
    step_s = frozen.spacing.step_s
    flat_s = max(2 * frozen.longest_flat_s, 2 * 3600, 3 * step_s)
    return (
        Rule(
            name="value_flat",
            signal="value",
            aggregate="range",
            window=duration_text(flat_s),
            direction="below",
            threshold=float(f"{1e-6 * frozen.floor:.6g}"),  # 0 is below it, and nothing else
            min_count=max(2, round(flat_s / step_s / 2)),
            evaluate=frozen.step,
        ),
    )


def smoothed_rule(step: str, smooth: str) -> Rule:
    """No alert: it is judged by the averaged signal on the grid, as the z-scores see it."""
    return Rule(
        name="value_smoothed",
        signal="value",
        aggregate="mean",
        window=smooth,
        threshold=0.0,
        evaluate=step,
    )


def margin(days: float) -> float:
    """How far beyond the range of `days` of history a record must lie, as a share of it.

    The shorter the history, the less of the range it has seen. Measured.

    >>> margin(28.0)
    0.05
    """
    return round(max(0.05, 0.1 * math.log(1 / (0.05 * days))), 4)


def rules(frozen: Frozen, *, k: float, family: Family = FAMILY) -> tuple[Rule, ...]:
    """All the rules for a series."""
    return (
        *z_rules(frozen, k=k, family=family),
        record_rule(frozen, family=family),
        *flat_rules(frozen),
        absent_rule(frozen),
    )


def _z_rule(kind: Kind, floor: float, frozen: Frozen, k: float, family: Family) -> Rule:
    return Rule(
        name={"zscore": "value_shift", "seasonal_z": "value_season"}[kind],
        signal="value",
        aggregate=kind,
        window=family.window,
        direction="outside",
        threshold=k,
        for_=family.for_,
        floor=float(f"{floor:.6g}"),
        smooth=frozen.smooth,
        min_count=_evaluations_a_day(frozen.step),
        evaluate=frozen.step,
        group=GROUP,
        cooldown=family.cooldown,
    )


def duration_text(duration_s: float) -> str:
    """A duration as rules have it, to the next whole second.

    >>> duration_text(4500.0), duration_text(90.2)
    ('75m', '91s')
    """
    seconds = math.ceil(duration_s)
    return f"{seconds}s" if seconds % 60 else f"{seconds // 60}m"


def _stale_after(spacing: Spacing) -> str:
    """Long enough that the usual step never looks like a silence."""
    return duration_text(max(300, 2 * spacing.step_s))


def _evaluations_a_day(step: str) -> int:
    return DAY_US // duration_us(step)
