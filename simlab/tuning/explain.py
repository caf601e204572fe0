"""Why incidents were caught or missed, and what lay where false alarms were raised."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from msgspec import Struct, structs

from simlab.alerts.rule import Rule
from simlab.clock import US_PER_S
from simlab.dataset.schema import Dataset
from simlab.errors import InputError
from simlab.tuning.account import Account, account, nearest
from simlab.tuning.backtest import labels_of
from simlab.tuning.coverage import covered_s
from simlab.tuning.false_alarm import FalseAlarm, false_alarms
from simlab.tuning.interval import Interval, within
from simlab.tuning.match import Windows
from simlab.tuning.watched import Watched, watched


class Told(Struct, frozen=True, kw_only=True):
    """How the rules did at one incident.

    Attributes:
        incident: its id.
        kind: what kind of trouble it is.
        start_us: when it began to show [µs since 1970], included.
        end_us: when it ceased to show [µs since 1970], included.
        outcome: whether any rule caught it.
        delay_s: from when it began to show until the first alert [s]; NaN when it was missed.
        accounts: one a rule, the nearest to an alert in time first.
    """

    incident: str
    kind: str
    start_us: int
    end_us: int
    outcome: Literal["caught", "missed"]
    delay_s: float
    accounts: tuple[Account, ...]


@dataclass(frozen=True, kw_only=True)
class Examined:
    """What can be said about a backtest, incident by incident and alarm by alarm.

    Attributes:
        incidents: those that began to show in the judged interval, in that order.
        false_alarms: the alerts that began in the judged interval and in no incident.
    """

    incidents: tuple[Told, ...]
    false_alarms: tuple[FalseAlarm, ...]


def examine(
    dataset: Dataset,
    rules: Sequence[Rule],
    *,
    start_us: int | None = None,
    until_us: int | None = None,
) -> Examined:
    """Look at each incident and each false alarm of a backtest.

    It judges as `backtest` does: the incidents caught, the delays and the false alarms are its.

    Args:
        dataset: what to replay, with its labels.
        rules: what to judge.
        start_us: the judged interval's start [µs since 1970], included; the first record's time
            by default.
        until_us: its end [µs since 1970], not included; by default just after the last record.

    Raises:
        InputError: the dataset holds nothing, has no labels, or has one that ends before it
            starts.
        ConfigError: the interval is empty.
    """
    interval = within(dataset, start_us=start_us, until_us=until_us)
    truth = labels_of(dataset, interval)
    if truth is None:
        raise InputError(
            f"{dataset.name}: found no labels, expected incidents to explain; give a file of them "
            "with --labels"
        )
    found, untold = watched(dataset, rules)
    alarms = [alarm for each in found for alarm in false_alarms(each, truth, interval)]
    incidents = truth.incidents
    rates = _per_s(alarms, incidents, interval)
    return Examined(
        incidents=tuple(
            _told(incidents, place, _accounts(incidents, place, rules, found, untold), rates)
            for place in incidents.judged.nonzero()[0].tolist()
        ),
        false_alarms=tuple(sorted(alarms, key=lambda alarm: (alarm.start_us, alarm.rule))),
    )


def _per_s(
    alarms: Sequence[FalseAlarm], incidents: Windows, interval: Interval
) -> dict[str, float]:
    """How often each rule raised a false alarm, in the time outside of incidents [1/s]."""
    covered = covered_s(
        incidents.start_us,
        incidents.end_us,
        from_us=interval.start_us,
        until_us=interval.until_us,
    )
    outside_s = interval.span_s - covered
    counts = Counter(alarm.rule for alarm in alarms)
    return {rule: count / outside_s for rule, count in counts.items() if outside_s > 0}


def _told(
    incidents: Windows, place: int, accounts: Sequence[Account], rates: Mapping[str, float]
) -> Told:
    start_us, end_us = int(incidents.start_us[place]), int(incidents.end_us[place])
    length_s = (end_us - start_us) / US_PER_S
    judged = sorted(
        (
            structs.replace(each, by_chance=-math.expm1(-rates.get(each.rule, 0.0) * length_s))
            if each.verdict != "unjudged"
            else each
            for each in accounts
        ),
        key=lambda each: each.nearness,
    )
    caught = bool(judged) and judged[0].verdict == "caught"
    return Told(
        incident=incidents.id[place],
        kind=incidents.kind[place],
        start_us=start_us,
        end_us=end_us,
        outcome="caught" if caught else "missed",
        delay_s=judged[0].delay_s if caught else math.nan,
        accounts=tuple(judged),
    )


def _accounts(
    incidents: Windows,
    place: int,
    rules: Sequence[Rule],
    found: Sequence[Watched],
    untold: Mapping[str, InputError],
) -> list[Account]:
    return [_account(incidents, place, rule.name, found, untold) for rule in rules]


def _account(
    incidents: Windows,
    place: int,
    rule: str,
    found: Sequence[Watched],
    untold: Mapping[str, InputError],
) -> Account:
    """Of a rule that tells warehouses apart, the account of the one that came nearest."""
    if rule in untold:
        note = str(untold[rule])
        return Account(rule=rule, incident=incidents.id[place], verdict="unjudged", note=note)
    accounts = [
        account(
            each,
            incident=incidents.id[place],
            start_us=int(incidents.start_us[place]),
            end_us=int(incidents.end_us[place]),
        )
        for each in found
        if each.rule.name == rule and _concerned(incidents, place, each.series.warehouse_id)
    ]
    if not accounts:
        return Account(rule=rule, incident=incidents.id[place], verdict="silent")
    return nearest(accounts)


def _concerned(incidents: Windows, place: int, warehouse_id: int | None) -> bool:
    ids = incidents.warehouses[place]
    return warehouse_id is None or ids is None or warehouse_id in ids
