"""What is wrong with a rule: each setting that cannot be, or not beside the others."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, TypeAlias

from simlab.alerts.rule import (
    COUNT,
    DAY_US,
    NAME,
    RATIO_SIGNALS,
    SAMPLE_SIGNALS,
    duration_us,
)
from simlab.config import duration_s
from simlab.errors import ConfigError

if TYPE_CHECKING:
    from simlab.alerts.rule import Rule, Search

Faults: TypeAlias = Iterator[tuple[str, str]]
"""Keys, and what was found there and expected."""

_SCALED: Final = frozenset({"zscore", "robust_z", "seasonal_z"})
_UNSMOOTHED: Final = frozenset({"ratio", "count", "absent"})
_TIME_ONLY: Final = frozenset({"count", "absent", "rate"})
_SHORTEST_STEP_US: Final = 1_000_000


def faults(rule: "Rule") -> Faults:
    """Each setting that cannot be: its key, and what was found and expected."""
    if not NAME.fullmatch(rule.name):
        yield "name", f"found {rule.name!r}, expected a letter, then letters, digits, _ . or -"
    if rule.group is not None and not NAME.fullmatch(rule.group):
        yield "group", f"found {rule.group!r}, expected a letter, then letters, digits, _ . or -"
    yield from _duration_faults(rule)
    yield from _aggregate_faults(rule)
    yield from _window_faults(rule)
    yield from _limit_faults(rule)
    yield from _option_faults(rule)
    if rule.search:
        yield from _search_faults(rule.search)


def _duration_faults(rule: "Rule") -> Faults:
    tried = rule.search.for_ or () if rule.search else ()
    texts = [
        ("for", rule.for_),
        ("keep_firing_for", rule.keep_firing_for),
        ("stale_after", rule.stale_after),
        ("cooldown", rule.cooldown),
        ("smooth", rule.smooth or "1s"),
        ("evaluate", "1s" if rule.evaluate == "row" else rule.evaluate),
        *((f"search.for[{index}]", text) for index, text in enumerate(tried)),
    ]
    for key, text in texts:
        try:
            duration_s(text)
        except ConfigError as error:
            yield key, str(error)


def _aggregate_faults(rule: "Rule") -> Faults:
    is_ratio = rule.signal in RATIO_SIGNALS
    if is_ratio and rule.aggregate not in ("ratio", "absent"):
        yield "aggregate", f"found {rule.aggregate!r}, expected 'ratio' for {rule.signal}"
    if rule.aggregate == "ratio" and not is_ratio:
        ratios = " or ".join(sorted(RATIO_SIGNALS))
        yield "aggregate", f"found 'ratio' of {rule.signal}, expected it of {ratios} alone"
    if rule.signal == "throughput" and rule.aggregate != "mean":
        yield "aggregate", f"found {rule.aggregate!r}, expected 'mean' for throughput"


def _limit_faults(rule: "Rule") -> Faults:
    if rule.aggregate == "record":
        yield from _margin_faults(rule)
        return
    if rule.margin is not None:
        yield "margin", f"found {rule.margin:g}, expected none: it is for the aggregate 'record'"
    if rule.aggregate == "absent":
        if rule.threshold is not None:
            yield "threshold", f"found {rule.threshold:g}, expected none: the window says it all"
        return
    if rule.threshold is None:
        yield "threshold", "found none, expected what the value is held against"
    elif not math.isfinite(rule.threshold):
        yield "threshold", f"found {rule.threshold}, expected a finite number"
    elif rule.aggregate == "ratio" and not 0 <= rule.threshold <= 1:
        yield "threshold", f"found {rule.threshold:g}, expected a share from 0 to 1: 5 % is 0.05"
    elif rule.direction == "outside" and rule.threshold < 0:
        yield "threshold", f"found {rule.threshold:g}, expected 0 or more: outside is both sides"


def _margin_faults(rule: "Rule") -> Faults:
    if rule.threshold is not None:
        found = f"found {rule.threshold:g}"
        yield "threshold", f"{found}, expected none: a record is held against its margin"
    if rule.margin is None or not 0 <= rule.margin < math.inf:
        yield "margin", f"found {rule.margin}, expected a share of the window's range, 0 or more"


def _window_faults(rule: "Rule") -> Faults:
    unit = "batches" if rule.signal == "error_ratio" else "rows"
    counted = COUNT.fullmatch(rule.window)
    if counted and counted[2][:3] != unit[:3]:
        yield "window", f"found {rule.window!r}, expected such as '100 {unit}' for {rule.signal}"
    elif not counted and not _is_duration(rule.window):
        yield "window", f"found {rule.window!r}, expected such as '100 {unit}' or '10m'"
    elif counted and (rule.aggregate in _TIME_ONLY or rule.signal == "throughput"):
        what = rule.aggregate if rule.aggregate in _TIME_ONLY else rule.signal
        yield "window", f"found {rule.window!r}, expected a time such as '10m' for {what}"
    elif counted and rule.needed_count > int(counted[1]):
        yield "min_count", f"found {rule.min_count}, expected at most the window's {counted[1]}"
    elif not counted and duration_us(rule.window) == 0:
        yield "window", f"found {rule.window!r}, expected a time above 0"
    yield from _short_window_faults(rule, counted=bool(counted))


def _short_window_faults(rule: "Rule", *, counted: bool) -> Faults:
    short = rule.short_window
    if short is None:
        return
    if rule.aggregate != "ratio" or rule.direction != "above" or counted:
        yield "short_window", f"found {short!r}, expected it beside a ratio's window of time, above"
    elif not _is_duration(short) or not 0 < duration_us(short) < duration_us(rule.window):
        yield "short_window", f"found {short!r}, expected a time shorter than {rule.window}"


def _option_faults(rule: "Rule") -> Faults:
    if rule.floor is not None:
        if rule.aggregate not in _SCALED:
            yield "floor", f"found {rule.floor:g}, expected it with {', '.join(sorted(_SCALED))}"
        elif not 0 <= rule.floor < math.inf:
            yield "floor", f"found {rule.floor}, expected 0 or more"
    if rule.by is not None and (rule.signal in SAMPLE_SIGNALS or rule.signal == "value"):
        yield "by", f"found {rule.by!r}, expected none: {rule.signal} is of no one warehouse"
    if rule.smooth is not None:
        if rule.aggregate in _UNSMOOTHED or rule.signal == "throughput":
            yield "smooth", f"found {rule.smooth!r}, expected none for {rule.aggregate}"
        elif duration_us(rule.smooth) == 0:
            yield "smooth", f"found {rule.smooth!r}, expected a time above 0"
    if rule.evaluate != "row":
        yield from _grid_faults(rule)
    elif rule.aggregate == "absent" and duration_us(rule.keep_firing_for):
        yield "keep_firing_for", f"found {rule.keep_firing_for!r}, expected none: a row ends it"


def _grid_faults(rule: "Rule") -> Faults:
    """On a grid the moments looked back to must be on the grid too, as recorded series are."""
    step_us = duration_us(rule.evaluate)
    if step_us < _SHORTEST_STEP_US:
        yield "evaluate", f"found {rule.evaluate!r}, expected 'row' or a step of 1s or more"
    elif rule.aggregate == "seasonal_z" and DAY_US % step_us:
        yield "evaluate", f"found {rule.evaluate!r}, expected a step that divides a day"
    elif rule.aggregate == "rate" and rule.window_us is not None and rule.window_us % step_us:
        yield "window", f"found {rule.window!r}, expected a multiple of the step {rule.evaluate}"


def _search_faults(search: "Search") -> Faults:
    tried = search.threshold
    if tried and not -math.inf < tried.low < tried.high < math.inf:
        found = f"low {tried.low}, high {tried.high}"
        yield "search.threshold", f"found {found}, expected finite low < high"


def _is_duration(text: str) -> bool:
    try:
        duration_s(text)
    except ConfigError:
        return False
    return True
