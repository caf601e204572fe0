"""How a rule did at an incident, in words."""

from collections.abc import Callable
from typing import Final

from simlab.alerts.rule import Rule
from simlab.report.numbers import UNDEFINED, human_s, percent
from simlab.report.words import subject, value_words
from simlab.tuning.account import Account, Verdict


def _gap_words(rule: Rule, gap: float) -> str:
    """A difference of two values; of two percentages in points, not to be read as a share."""
    words = value_words(rule, gap)
    if not words.endswith(" %"):
        return words
    points = words.removesuffix(" %")
    return f"{points} point" if points == "1" else f"{points} points"


def firing_words(account: Account, rule: Rule) -> str:
    """Where the lateness of an alert came from: the crossing, and `for`."""
    if rule.aggregate == "absent":
        return f"when no row had come for {rule.window}"
    waited_s = account.delay_s - account.crossed_s
    parts = [_crossed(account, rule, waited_s=waited_s)]
    if account.first_crossed_s < account.crossed_s:
        parts.append(f"having crossed it first {_when(account.first_crossed_s)} and fallen back")
    if waited_s > 0:
        parts.append(f"and `for` {rule.for_} took {human_s(waited_s)}")
    return ", ".join(parts)


def clause(account: Account, rule: Rule) -> str:
    """Why the rule raised no alert for the incident, with figures; or that it did."""
    where = f" at warehouse {account.warehouse_id}" if account.warehouse_id is not None else ""
    return f"{account.rule}{where}: {_CLAUSES[account.verdict](account, rule)}"


def _caught(account: Account, rule: Rule) -> str:
    return f"fired after {human_s(account.delay_s)}, {firing_words(account, rule)}"


def _held(account: Account, rule: Rule) -> str:
    group = f"the group {rule.group}" if rule.group else "its cooldown"
    return f"fired after {human_s(account.delay_s)}, and {group} held the alert back"


def _firing(account: Account, rule: Rule) -> str:
    del rule
    since = human_s(account.firing_since_s)
    return f"had been firing already for {since} when it began, and did not begin anew"


def _late(account: Account, rule: Rule) -> str:
    after = human_s(account.delay_s)
    return f"fired only after {after}, when it was over: {firing_words(account, rule)}"


def _short(account: Account, rule: Rule) -> str:
    held = "for one moment" if account.longest_s == 0 else f"for {human_s(account.longest_s)}"
    return f"{subject(rule)} held {_beyond(rule)} {held} of the {human_s(account.for_s)} it needs"


def _below(account: Account, rule: Rule) -> str:
    if rule.aggregate == "absent":
        return f"no silence as long as {rule.window}"
    peak, limit = value_words(rule, account.peak_value), value_words(rule, account.limit)
    if account.short_by == 0:
        return f"{subject(rule)} reached {limit} and must be {rule.side} it"
    gap = _gap_words(rule, account.short_by)
    share = percent(account.short_by_ratio)
    away = gap if share in (UNDEFINED, gap) else f"{gap} ({share})"
    verb, side = ("peaked at", "below") if rule.side == "above" else ("fell only to", "above")
    return f"{subject(rule)} {verb} {peak}, {away} {side} {limit}"


def _undefined(account: Account, rule: Rule) -> str:
    del account
    needed = rule.needed_count
    return f"{subject(rule)} was undefined all the time: its window {rule.window} needs {needed}"


def _silent(account: Account, rule: Rule) -> str:
    del account
    return f"no {rule.signal} was observed while it showed"


def _unjudged(account: Account, rule: Rule) -> str:
    del account
    return f"the data do not tell {rule.signal}"


_CLAUSES: Final[dict[Verdict, Callable[[Account, Rule], str]]] = {
    "caught": _caught,
    "held": _held,
    "firing": _firing,
    "late": _late,
    "short": _short,
    "below": _below,
    "undefined": _undefined,
    "silent": _silent,
    "unjudged": _unjudged,
}


def _crossed(account: Account, rule: Rule, *, waited_s: float) -> str:
    if account.crossed_s < 0:
        return f"{subject(rule)} was {_beyond(rule)} {_when(account.crossed_s)}"
    if waited_s == 0:
        return f"when {subject(rule)} went {_beyond(rule)}"
    return f"{subject(rule)} went {_beyond(rule)} {_when(account.crossed_s)}"


def _when(after_s: float) -> str:
    if after_s == 0:
        return "at once"
    return f"after {human_s(after_s)}" if after_s > 0 else f"{human_s(-after_s)} before it showed"


def _beyond(rule: Rule) -> str:
    """Where its condition is true."""
    side = "outside ±" if rule.direction == "outside" else f"{rule.side} "
    return f"{side}{value_words(rule, rule.limit)}"
