"""What the rules for a plain series freeze: measured once, on its first part."""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simlab.alerts.rule import Rule
from simlab.alerts.signal import observations
from simlab.clock import US_PER_S
from simlab.dataset.schema import Dataset
from simlab.errors import InputError
from simlab.tuning.plain.family import FAMILY, Family, Frozen, duration_text, smoothed_rule
from simlab.tuning.plain.spacing import Spacing, spacing

LEAST_DAYS: Final = 2.0
"""A first part shorter than this is refused: it has not even seen one day twice."""

SEASON_PART_DAYS: Final = 4.0
"""Three days before, for what is usual at a time of day, and one to measure the distance on."""

_STEPS: Final = ((300, "5m"), (60, "1m"), (30, "30s"), (15, "15s"))
"""Grids that divide a day, as Prometheus is usually set [s], longest first."""


def frozen(part: Dataset, *, family: Family = FAMILY) -> Frozen:
    """What is measured on the first part of a series.

    Args:
        part: the rows of the first part, with `value`.
        family: which rules.

    Raises:
        InputError: there is no `value`, none is known, or the part is shorter than two days.
    """
    time_us, value = observations(_last(), part)
    known = time_us[np.isfinite(value)]
    spaced = spacing(known, name=part.name)
    _check_length(spaced, part.name)
    step = _step(spaced)
    smooth = duration_text(max(family.smooth_s, 1.25 * spaced.step_s))
    return Frozen(
        spacing=spaced,
        step=step,
        smooth=smooth,
        floor=_deviation(observations(smoothed_rule(step, smooth), part)[1]),
        longest_flat_s=_longest_flat_s(time_us, value),
        seasonal_floor=_seasonal_deviation(part, spaced, step, smooth),
    )


def _last() -> Rule:
    return Rule(name="value", signal="value", threshold=0.0)


def _check_length(spaced: Spacing, name: str) -> None:
    if spaced.days < LEAST_DAYS:
        raise InputError(
            f"{name}: found a first part of {spaced.days:.3g} days, expected {LEAST_DAYS:g} or "
            "more, to see what is usual; give a later --train-until, or more data"
        )


def _step(spaced: Spacing) -> str:
    """The longest grid that passes over no usual step; else the shortest."""
    return next((step for step_s, step in _STEPS if step_s <= spaced.step_s), _STEPS[-1][1])


def _seasonal_deviation(part: Dataset, spaced: Spacing, step: str, smooth: str) -> float:
    if spaced.days < SEASON_PART_DAYS:
        return math.nan
    # A floor that no scale reaches divides all distances alike: multiplied again, it gives them.
    floor = _widest(part)
    if not floor > 0:
        return 0.0
    rule = Rule(
        name="season", signal="value", aggregate="seasonal_z", window="1d", threshold=0.0,
        floor=floor, smooth=smooth, evaluate=step,
    )  # fmt: skip
    return _deviation(observations(rule, part)[1] * floor)


def _widest(part: Dataset) -> float:
    """Twice the range of the values: no spread of distances between averages is as wide."""
    _, value = observations(_last(), part)
    known = value[np.isfinite(value)]
    return 2 * float(np.ptp(known))


def _deviation(value: NDArray[np.float64]) -> float:
    """The standard deviation of what is defined; NaN where nothing is."""
    known = value[np.isfinite(value)]
    return float(known.std()) if known.size else math.nan


def _longest_flat_s(time_us: NDArray[np.int64], value: NDArray[np.float64]) -> float:
    """The longest stretch over which the value did not change [s]."""
    changes = np.flatnonzero(np.diff(value) != 0)
    first, last = np.append(0, changes + 1), np.append(changes, value.size - 1)
    return float((time_us[last] - time_us[first]).max()) / US_PER_S
