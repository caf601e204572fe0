"""Why incidents were caught or missed, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import polars as pl

from simlab.alerts.rule import Rule
from simlab.dataset.schema import TIMESTAMP, Dataset
from simlab.report.accounts import clause, firing_words
from simlab.report.numbers import human_s, percent
from simlab.tuning.account import Account
from simlab.tuning.explain import Told, examine
from simlab.tuning.false_alarm import FalseAlarm

MOST_RULES: Final = 3
"""A sentence tells of so many rules that missed; the others are in the table."""

LIKELY: Final = 0.5
"""From there on a catch may as well be luck."""

INCIDENTS: Final = pl.Schema(
    {
        "incident": pl.String(),
        "kind": pl.String(),
        "visible_start": TIMESTAMP,
        "visible_end": TIMESTAMP,
        "outcome": pl.String(),
        "rule": pl.String(),  # the first to catch it, or the one that came nearest
        "delay_s": pl.Float64(),
        "why": pl.String(),
    }
)
ALARMS: Final = pl.Schema(
    {
        "rule": pl.String(),
        "warehouse_id": pl.Int64(),
        "start": TIMESTAMP,
        "end": TIMESTAMP,
        "lay": pl.String(),
        "label": pl.String(),
        "apart_s": pl.Float64(),
    }
)
_ACCOUNTS: Final = pl.Schema(
    {
        field.name: {str: pl.String(), float: pl.Float64()}.get(field.type, pl.String())
        for field in msgspec.structs.fields(Account)
    }
    | {"warehouse_id": pl.Int64()}
)


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Why incidents were caught or missed; printed, it is a sentence an incident.

    Attributes:
        incidents: those judged, in the order in which they showed: `incident`, `kind`,
            `visible_start`, `visible_end`, `outcome` (`caught` or `missed`), `rule` (the first
            to catch it, or the one that came nearest), `delay_s` (NaN when missed), and `why`, a
            sentence.
        accounts: a row for each incident and rule, the columns of `account.Account`.
        false_alarms: `rule`, `warehouse_id`, `start`, `end`, `lay` (what lay there, one of
            `false_alarm.LAYS`), `label` (its id) and `apart_s`, as `FalseAlarm` has them.
    """

    incidents: pl.DataFrame
    accounts: pl.DataFrame
    false_alarms: pl.DataFrame

    def __str__(self) -> str:
        return "\n".join(self.incidents["why"])


def explain(
    dataset: Dataset,
    rules: Sequence[Rule],
    *,
    start_us: int | None = None,
    until_us: int | None = None,
) -> Explanation:
    """Say why each incident was caught or missed, and what lay where false alarms were raised.

    It judges as `backtest` does. For each rule it tells how near it came: the peak of what it is
    judged by and how far that is from the limit, how long the condition held against `for`,
    whether the rule was firing already, or was held back by its group.

    Args:
        dataset: what to replay, with its labels.
        rules: what to judge.
        start_us: the judged interval's start [µs since 1970], included; the first record's time
            by default.
        until_us: its end [µs since 1970], not included; by default just after the last record.

    Raises:
        InputError: the dataset holds nothing or has no labels, or a label ends before it starts.
        ConfigError: the interval is empty.
    """
    found = examine(dataset, rules, start_us=start_us, until_us=until_us)
    by_name = {rule.name: rule for rule in rules}
    accounts = [msgspec.structs.asdict(each) for told in found.incidents for each in told.accounts]
    return Explanation(
        incidents=pl.DataFrame(
            [_row(told, by_name) for told in found.incidents], schema=INCIDENTS, orient="row"
        ),
        accounts=pl.DataFrame(accounts, schema=_ACCOUNTS),
        false_alarms=pl.DataFrame(
            list(map(_alarm_row, found.false_alarms)), schema=ALARMS, orient="row"
        ),
    )


def sentence(told: Told, rules: Mapping[str, Rule]) -> str:
    """Why an incident was caught, and how late, or why it was missed.

    Args:
        told: what is known of it.
        rules: the rules by their names.
    """
    what = f"{told.incident} ({told.kind}, {human_s((told.end_us - told.start_us) / 1e6)})"
    if not told.accounts:
        return f"{what}: missed, there was no rule."
    first, *others = told.accounts
    if told.outcome == "caught":
        also = [
            f"{each.rule} after {human_s(each.delay_s)}"
            for each in others
            if each.verdict == "caught"
        ]
        then = f" Then {', '.join(also)}." if also else ""
        how = firing_words(first, rules[first.rule])
        after = human_s(first.delay_s)
        where = "" if first.warehouse_id is None else f" at warehouse {first.warehouse_id}"
        return f"{what}: caught by {first.rule}{where} after {after}, {how}.{then}{_luck(first)}"
    clauses = [clause(each, rules[each.rule]) for each in told.accounts[:MOST_RULES]]
    left = len(told.accounts) - len(clauses)
    more = f"; and {left} more" if left > 0 else ""
    return f"{what}: missed. Nearest: {'; '.join(clauses)}{more}."


def _luck(account: Account) -> str:
    """That the rule fires so often that catching this says little."""
    if account.by_chance < LIKELY:
        return ""
    chance = percent(account.by_chance)
    return (
        f" Maybe by luck: a false alarm of {account.rule} falls into so long a time with a chance "
        f"of {chance}."
    )


def _row(told: Told, rules: Mapping[str, Rule]) -> tuple[object, ...]:
    return (
        told.incident,
        told.kind,
        told.start_us,
        told.end_us,
        told.outcome,
        told.accounts[0].rule if told.accounts else None,
        told.delay_s,
        sentence(told, rules),
    )


def _alarm_row(alarm: FalseAlarm) -> tuple[object, ...]:
    return (
        alarm.rule,
        alarm.warehouse_id,
        alarm.start_us,
        alarm.end_us,
        alarm.lay,
        alarm.label,
        alarm.apart_s,
    )
