"""What the family does on other series: what is known before a series has spoken for itself."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simlab.tuning.plain.caps import Caps, Expected, expected
from simlab.tuning.plain.evidence import Evidence

Floats = NDArray[np.float64]

LEAST_WEIGHT_DAYS: Final = 14.0
MOST_WEIGHT_DAYS: Final = 180.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Prior:
    """Rates over other series, an entry for each K of `simlab.tuning.plain.evidence.KS`.

    Attributes:
        false: false alarms a day.
        true: pages in labels a day: how many pages of an unlabelled series are no false alarm.
        firing: time firing outside of labels a day [d/d].
        firing_squares: the sum of squares of that time, page by page, a day [d²/d].
        inside: time firing inside of labels a day [d/d].
        normal: how much of a day there is a signal outside of labels, 0 to 1.
        weight_days: how many days of a series' own weigh as much as all this [d].
    """

    false: Floats
    true: Floats
    firing: Floats
    firing_squares: Floats
    inside: Floats
    normal: float
    weight_days: float


def pooled(files: Sequence[Evidence]) -> Expected:
    """What labelled series tell about the days after of all of them together."""
    return expected(
        false=_total([file.false for file in files]),
        days=sum(file.days for file in files),
        firing_days=_total([file.firing_days for file in files]),
        firing_squares=_total([file.firing_squares for file in files]),
        normal_days=sum(file.normal_days for file in files),
    )


def learn(files: Sequence[Evidence], *, caps: Caps) -> Prior:
    """What labelled series tell about others.

    The weight is that of a gamma prior for Poisson rates that differ from file to file: their
    mean by their variance, both by moments (Clayton and Kaldor 1987), at the K that the files
    together would choose; kept from two weeks to half a year.

    Args:
        files: what the family did on each, all of them labelled; one or more.
        caps: what that choice must keep.
    """
    days = sum(file.days for file in files)
    at = pooled(files).least(caps)
    return Prior(
        false=_total([file.false for file in files]) / days,
        true=_total([file.true for file in files]) / days,
        firing=_total([file.firing_days for file in files]) / days,
        firing_squares=_total([file.firing_squares for file in files]) / days,
        inside=_total([file.inside_days for file in files]) / days,
        normal=sum(file.normal_days for file in files) / days,
        weight_days=_weight_days(files, -1 if at is None else at),
    )


def updated(prior: Prior, files: Sequence[Evidence]) -> Prior:
    """The prior for one more file, after others of its kind; unlabelled ones tell nothing.

    The prior's centre moves as if it had seen its own weight in days. How much files differ
    from each other, and so its weight against one file, stays.
    """
    labelled = [file for file in files if file.labelled]
    if not labelled:
        return prior
    own = learn(labelled, caps=Caps())
    days = sum(file.days for file in labelled)
    share = days / (days + prior.weight_days)

    def mixed(before: Floats, after: Floats) -> Floats:
        return (1 - share) * before + share * after

    return replace(
        prior,
        false=mixed(prior.false, own.false),
        true=mixed(prior.true, own.true),
        firing=mixed(prior.firing, own.firing),
        firing_squares=mixed(prior.firing_squares, own.firing_squares),
        inside=mixed(prior.inside, own.inside),
        normal=(1 - share) * prior.normal + share * own.normal,
    )


def weighed(own: Evidence, prior: Prior) -> Expected:
    """What a series should do on the days after, by other series and its own first part.

    Other series speak as so many days of it as the prior weighs, its own days for themselves.
    Without labels as many pages, and as much time, are taken for true as the prior knows to be.
    """
    days = prior.weight_days
    false, firing, squares = _for_nothing(own, prior)
    return expected(
        false=days * prior.false + false,
        days=days + own.days,
        firing_days=days * prior.firing + firing,
        firing_squares=days * prior.firing_squares + squares,
        normal_days=days * prior.normal + own.normal_days,
    )


def _for_nothing(own: Evidence, prior: Prior) -> tuple[Floats, Floats, Floats]:
    """How many pages were false, how long they fired, and the squares of that."""
    if own.labelled:
        return own.false, own.firing_days, own.firing_squares
    false = np.maximum(own.false - prior.true * own.days, 0.0)
    firing = np.maximum(own.firing_days - prior.inside * own.days, 0.0)
    share = np.divide(firing, own.firing_days, out=np.zeros_like(firing), where=firing > 0)
    return false, firing, own.firing_squares * share


def _total(values: Sequence[Floats]) -> Floats:
    total: Floats = np.sum(values, axis=0, dtype=np.float64)
    return total


def _weight_days(files: Sequence[Evidence], at: int) -> float:
    count = np.array([file.false[at] for file in files])
    days = np.array([file.days for file in files])
    rate = count.sum() / days.sum()
    variance = float((np.square(count - rate * days) - count).sum() / np.square(days).sum())
    if variance <= 0 or rate == 0:
        return MOST_WEIGHT_DAYS
    return float(np.clip(rate / variance, LEAST_WEIGHT_DAYS, MOST_WEIGHT_DAYS))
