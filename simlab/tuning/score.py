"""How well a rule did: one small function a metric, and the record that holds them."""

import math

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from simlab.tuning.match import Match, Truth

S_PER_DAY = 86_400.0


class Score(Struct, frozen=True, kw_only=True):
    """One rule, or any of several, over a judged interval.

    Every number that is unknown or undefined is NaN: what needs the truth where there are no
    labels, and all of them where the rule could not be judged, for which `note` has the reason.

    Attributes:
        rule: its name.
        episodes: how many started in the judged interval.
        incidents: how many began to show in it.
        caught: of these, how many an episode started in.
        true_episodes: episodes that started in an incident.
        false_episodes: the others: the false alarms.
        precision: `true_episodes` / `episodes`, 0 to 1.
        recall: `caught` / `incidents`, 0 to 1.
        f1: the harmonic mean of the two.
        delay_median_s: from an incident's `visible_start` to its first episode, the median
            over those caught [s].
        delay_p90_s: the same, the 0.9 quantile [s].
        resolve_median_s: from an incident's `visible_end` to the end of the episode that caught
            it and still fires then, the median [s]; see `resolve.resolve_s`.
        resolve_p90_s: the same, the 0.9 quantile [s].
        false_alarms_per_day: false alarms by the judged interval's days, the time inside of
            incidents left in.
        pages_per_day: episodes by the judged interval's days, whatever their severity.
        held: firings that were held back, since their group had raised its alert. They are no
            episodes here, and catch nothing.
        firing_ratio: the share of the judged interval spent firing, what was held back
            included, 0 to 1.
        fooled: false alarms that started in a look-alike.
        note: why the rule could not be judged; None when it was.
    """

    rule: str
    episodes: float = math.nan
    incidents: float = math.nan
    caught: float = math.nan
    true_episodes: float = math.nan
    false_episodes: float = math.nan
    precision: float = math.nan
    recall: float = math.nan
    f1: float = math.nan
    delay_median_s: float = math.nan
    delay_p90_s: float = math.nan
    resolve_median_s: float = math.nan
    resolve_p90_s: float = math.nan
    false_alarms_per_day: float = math.nan
    pages_per_day: float = math.nan
    firing_ratio: float = math.nan
    held: float = math.nan
    fooled: float = math.nan
    note: str | None = None


def precision(*, true_episodes: int, episodes: int) -> float:
    """The share of episodes that were true, 0 to 1; NaN with no episode."""
    return _ratio(true_episodes, episodes)


def recall(*, caught: int, incidents: int) -> float:
    """The share of incidents that were caught, 0 to 1; NaN with no incident."""
    return _ratio(caught, incidents)


def f1(*, precision: float, recall: float) -> float:
    """The harmonic mean of the two, 0 to 1: 0 when both are 0, NaN when either is NaN.

    >>> f1(precision=0.5, recall=1.0)
    0.6666666666666666
    """
    total = precision + recall
    return 2 * precision * recall / total if total else 0.0


def delay_quantile_s(delay_s: NDArray[np.float64], *, quantile: float) -> float:
    """A quantile of delays, or of times to resolve [s]; NaN when there is none.

    NaN among `delay_s` is an incident not caught, and left out. Between two delays the value is
    interpolated linearly, numpy's default.
    """
    caught = delay_s[~np.isnan(delay_s)]
    return float(np.quantile(caught, quantile)) if caught.size else math.nan


def per_day(count: int, *, span_s: float) -> float:
    """So many in a span, as a rate [1/day]; NaN for a span of nothing."""
    return _ratio(count * S_PER_DAY, span_s)


def firing_ratio(*, firing_s: float, span_s: float) -> float:
    """The share of a span spent firing, 0 to 1; NaN for a span of nothing."""
    return _ratio(firing_s, span_s)


def score(
    rule: str,
    *,
    episodes: int,
    firing_s: float,
    span_s: float,
    held: int = 0,
    truth: Truth | None = None,
    matched: Match | None = None,
    resolve_s: NDArray[np.float64] | None = None,
) -> Score:
    """All the metrics of one rule.

    Args:
        rule: its name.
        episodes: how many started in the judged interval, without those held back.
        firing_s: how long it fired in the judged interval [s].
        span_s: the length of the judged interval [s].
        held: how many firings that started in it were held back.
        truth: the windows; None when there are no labels.
        matched: those episodes against `truth`; None when there are no labels.
        resolve_s: for each incident how long it took to resolve; None when that is unknown.
    """
    known = Score(
        rule=rule,
        episodes=episodes,
        pages_per_day=per_day(episodes, span_s=span_s),
        firing_ratio=firing_ratio(firing_s=firing_s, span_s=span_s),
        held=held,
    )
    if resolve_s is not None and truth is not None:
        known = _with_resolving(known, resolve_s[truth.incidents.judged])
    if truth is None or matched is None:
        return known
    return _with_truth(known, truth, matched, span_s)


def _with_truth(known: Score, truth: Truth, matched: Match, span_s: float) -> Score:
    delay_s = matched.delay_s[truth.incidents.judged]
    caught, incidents = int(np.count_nonzero(~np.isnan(delay_s))), delay_s.size
    episodes = matched.incident.size
    true_episodes = int(np.count_nonzero(matched.incident >= 0))
    share_true = precision(true_episodes=true_episodes, episodes=episodes)
    share_caught = recall(caught=caught, incidents=incidents)
    return replace(
        known,
        incidents=incidents,
        caught=caught,
        true_episodes=true_episodes,
        false_episodes=episodes - true_episodes,
        precision=share_true,
        recall=share_caught,
        f1=f1(precision=share_true, recall=share_caught),
        delay_median_s=delay_quantile_s(delay_s, quantile=0.5),
        delay_p90_s=delay_quantile_s(delay_s, quantile=0.9),
        false_alarms_per_day=per_day(episodes - true_episodes, span_s=span_s),
        fooled=int(np.count_nonzero(matched.lookalike >= 0)),
    )


def _with_resolving(known: Score, resolve_s: NDArray[np.float64]) -> Score:
    return replace(
        known,
        resolve_median_s=delay_quantile_s(resolve_s, quantile=0.5),
        resolve_p90_s=delay_quantile_s(resolve_s, quantile=0.9),
    )


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else math.nan
