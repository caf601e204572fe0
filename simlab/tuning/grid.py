"""Which thresholds and `for`s to try for a rule."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simlab.alerts.rule import Rule, duration_us

FORS = ("0s", "30s", "1m", "2m", "5m")
FACTORS: NDArray[np.float64] = np.geomspace(0.25, 4.0, 17)
TAIL = (0.5, 0.25, 0.1, 0.05, 0.025, 0.01, 0.005, 0.0025, 0.001, 0.0005, 0.0001, 0.0)
"""Shares of the observations that lie beyond the thresholds tried; 0 silences a rule."""


@dataclass(frozen=True, kw_only=True)
class Grid:
    """The values to try, each distinct and ascending, the rule's own among them.

    Attributes:
        threshold: thresholds, in the signal's unit.
        for_: the texts of the `for`s.
        for_us: what they say [µs].
        threshold_at: the position of the rule's own threshold.
        for_at: the position of the rule's own `for`.
    """

    threshold: NDArray[np.float64]
    for_: tuple[str, ...]
    for_us: NDArray[np.int64]
    threshold_at: int
    for_at: int


def grid(rule: Rule, value: NDArray[np.float64]) -> Grid:
    """What to try for a rule: what its `search` says, and for what that leaves open, a default.

    The default thresholds lie from a quarter to four times the rule's own, when that is above
    0, and at quantiles of the observations on the side where the rule fires. All but the
    rule's own are rounded to 6 significant digits. `absent` has no threshold but its own.

    Args:
        rule: the rule.
        value: the windowed values of its signal on the training part; what is not
            finite is left out.
    """
    tried = np.empty(0) if rule.aggregate == "absent" else _rounded(_thresholds(rule, value))
    low, high = _allowed(rule)
    threshold = np.unique(np.append(tried[(tried >= low) & (tried <= high)], rule.limit))
    fors = _fors(rule)
    return Grid(
        threshold=threshold,
        for_=tuple(fors.values()),
        for_us=np.array(list(fors), dtype=np.int64),
        threshold_at=int(np.searchsorted(threshold, rule.limit)),
        for_at=list(fors).index(rule.for_us),
    )


def _thresholds(rule: Rule, value: NDArray[np.float64]) -> NDArray[np.float64]:
    if rule.search and (tried := rule.search.threshold):
        return np.linspace(tried.low, tried.high, tried.steps)
    around = rule.limit * FACTORS if rule.limit > 0 else np.empty(0)
    return np.concatenate((around, _tail(value, above=rule.side == "above")))


def _allowed(rule: Rule) -> tuple[float, float]:
    """Between which limits the rule can be held."""
    if rule.aggregate == "ratio":
        return 0.0, 1.0
    if rule.aggregate == "record" and rule.side == "below":
        return -np.inf, 0.0
    folded = rule.aggregate == "record" or rule.direction == "outside"
    return (0.0, np.inf) if folded else (-np.inf, np.inf)


def _tail(value: NDArray[np.float64], *, above: bool) -> NDArray[np.float64]:
    known = value[np.isfinite(value)]
    if not known.size:
        return known
    shares = np.array(TAIL)
    tail: NDArray[np.float64] = np.quantile(known, 1 - shares if above else shares)
    # Outward by more than rounding can take back, so that the extreme itself stays silent.
    return tail + np.abs(tail) * (1e-5 if above else -1e-5)


def _rounded(threshold: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.array([float(f"{value:.6g}") for value in threshold])


def _fors(rule: Rule) -> dict[int, str]:
    """The texts of the `for`s by their length, ascending; the rule's own text where it is one."""
    listed = rule.search.for_ if rule.search and rule.search.for_ else FORS
    texts = {duration_us(text): text for text in (*listed, rule.for_)}
    return dict(sorted(texts.items()))
