"""How one rule did at one incident, and how near it came."""

import math
from collections.abc import Sequence
from typing import Final, Literal, TypeAlias

import numpy as np
from msgspec import Struct

from simlab.clock import US_PER_S
from simlab.tuning.watched import Watched

Verdict: TypeAlias = Literal[
    "caught", "held", "firing", "late", "short", "below", "undefined", "silent", "unjudged"
]
VERDICTS: Final[tuple[Verdict, ...]] = (
    "caught",  # an alert began while the incident showed
    "held",  # the rule fired, but its group or its cooldown held the alert back
    "firing",  # it was firing already when the incident began to show, and did not begin anew
    "late",  # its condition held while the incident showed, and it fired after that
    "short",  # its condition held, and not for as long as `for`
    "below",  # its value was never beyond the limit
    "undefined",  # its value was never defined: its window did not hold enough
    "silent",  # it was not judged at any moment while the incident showed
    "unjudged",  # the data do not tell its signal at all
)
"""From the nearest to the farthest."""


class Account(Struct, frozen=True, kw_only=True):
    """How one rule did at one incident. What does not apply is NaN.

    Attributes:
        rule: its name.
        incident: the incident's id.
        verdict: one of `VERDICTS`.
        warehouse_id: of a rule that tells warehouses apart, the one that came nearest.
        delay_s: from when the incident began to show until the rule fired [s]: for `caught`,
            `held` and `late`.
        crossed_s: from when the incident began to show until the condition began to hold [s],
            for the firing, or else for the longest stretch; below 0 when that was before.
        first_crossed_s: the same for the first stretch of all.
        firing_since_s: how long the rule had been firing already [s]: for `firing`.
        peak_value: the windowed value farthest to the limit's side while the incident showed, in
            the signal's unit.
        limit: what it is held against.
        short_by: how far the peak stayed away from the limit, 0 or more; below 0 is how far
            beyond it went.
        short_by_ratio: the same as a share of the limit; NaN for a limit of 0.
        longest_s: how long the condition held at the longest, up to when the incident ceased to
            show [s]; 0 when that was one moment.
        for_s: how long it must hold [s].
        by_chance: how likely one of the rule's false alarms would have fallen into so long an
            incident, 0 to 1, if they came at random; near 1 a catch says little. NaN where the
            rule was not judged.
        note: why the rule could not be judged.
    """

    rule: str
    incident: str
    verdict: Verdict
    warehouse_id: int | None = None
    delay_s: float = math.nan
    crossed_s: float = math.nan
    first_crossed_s: float = math.nan
    firing_since_s: float = math.nan
    peak_value: float = math.nan
    limit: float = math.nan
    short_by: float = math.nan
    short_by_ratio: float = math.nan
    longest_s: float = math.nan
    for_s: float = math.nan
    by_chance: float = math.nan
    note: str | None = None

    @property
    def nearness(self) -> tuple[int, float]:
        """Sorts accounts, the nearest to an alert in time first."""
        within = {
            "caught": self.delay_s,
            "held": self.delay_s,
            "firing": self.firing_since_s,
            "late": self.delay_s,
            "short": -self.longest_s / self.for_s if self.for_s else 0.0,
            "below": math.inf if math.isnan(self.short_by_ratio) else self.short_by_ratio,
        }
        return VERDICTS.index(self.verdict), within.get(self.verdict, 0.0)


def account(watched: Watched, *, incident: str, start_us: int, end_us: int) -> Account:
    """How a rule did while an incident showed, from `start_us` to `end_us`, both included."""
    low, high = _within(watched.series.time_us, start_us, end_us)
    peak = _peak(watched, low, high)
    limit = watched.rule.limit
    short_by = limit - peak if watched.rule.side == "above" else peak - limit
    longest_us, longest_from_us, first_from_us = _stretches(watched, start_us, end_us, high)
    verdict, episode = _verdict(watched, start_us, end_us)
    if verdict is None:
        verdict = _quiet(watched, low, high, crossed=longest_from_us is not None)
    crossed_us = longest_from_us
    if episode is not None and verdict != "firing":
        crossed_us = int(watched.series.time_us[watched.crossed(episode)])
    fired_us = None if episode is None else int(watched.fired.start_us[episode])
    return Account(
        rule=watched.rule.name,
        incident=incident,
        verdict=verdict,
        warehouse_id=watched.series.warehouse_id,
        delay_s=math.nan if verdict == "firing" else _after_s(fired_us, start_us),
        crossed_s=_after_s(crossed_us, start_us),
        first_crossed_s=_after_s(first_from_us, start_us),
        firing_since_s=-_after_s(fired_us, start_us) if verdict == "firing" else math.nan,
        peak_value=peak,
        limit=limit,
        short_by=short_by,
        short_by_ratio=short_by / abs(limit) if limit else math.nan,
        longest_s=longest_us / US_PER_S,
        for_s=watched.rule.for_us / US_PER_S,
    )


def nearest(accounts: Sequence[Account]) -> Account:
    """The account that came nearest to an alert in time; the first of equals."""
    return min(accounts, key=lambda each: each.nearness)


def _within(
    time_us: np.ndarray[tuple[int], np.dtype[np.int64]], start_us: int, end_us: int
) -> tuple[int, int]:
    low, high = np.searchsorted(time_us, start_us), np.searchsorted(time_us, end_us, side="right")
    return int(low), int(high)


def _peak(watched: Watched, low: int, high: int) -> float:
    """The value farthest to the limit's side; NaN without a defined one."""
    farthest = np.fmax if watched.rule.side == "above" else np.fmin
    return float(farthest.reduce(watched.series.value[low:high], initial=np.nan))


def _verdict(watched: Watched, start_us: int, end_us: int) -> tuple[Verdict | None, int | None]:
    """What the episodes say, and the episode that says it; None when they say nothing."""
    fired = watched.fired
    first, stop = _within(fired.start_us, start_us, end_us)
    alerts = np.flatnonzero(~watched.held[first:stop])
    if alerts.size:
        return "caught", first + int(alerts[0])
    if stop > first:
        return "held", first
    if first and fired.end_us[first - 1] > start_us:
        return "firing", first - 1
    if stop < fired.start_us.size and (watched.series.time_us[watched.crossed(stop)] <= end_us):
        return "late", stop
    return None, None


def _quiet(watched: Watched, low: int, high: int, *, crossed: bool) -> Verdict:
    """Why a rule did not fire at all."""
    if crossed:
        return "short"
    if low == high:
        return "silent"
    return "undefined" if np.isnan(watched.series.value[low:high]).all() else "below"


def _stretches(
    watched: Watched, start_us: int, end_us: int, high: int
) -> tuple[float, int | None, int | None]:
    """Of the stretches beyond the limit: how long the longest is [µs], its start, the first's."""
    time_us, beyond = watched.series.time_us, watched.beyond
    low = np.searchsorted(time_us[beyond.last], start_us)
    stop = np.searchsorted(time_us[beyond.first], end_us, side="right")
    if low >= stop:
        return math.nan, None, None
    begin_us = time_us[beyond.first[low:stop]]
    length_us = time_us[np.minimum(beyond.last[low:stop], high - 1)] - begin_us
    longest = int(length_us.argmax())
    return float(length_us[longest]), int(begin_us[longest]), int(begin_us[0])


def _after_s(moment_us: int | None, start_us: int) -> float:
    return math.nan if moment_us is None else (moment_us - start_us) / US_PER_S
