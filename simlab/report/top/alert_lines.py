"""The rules and the alerts of one look, in lines."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime

from rich.text import Text

from simlab.clock import US_PER_S
from simlab.report.numbers import UNDEFINED, human_s, number
from simlab.report.top.kpi import limit_words
from simlab.report.top.news import Change
from simlab.report.top.row import HEAD, WIDE, Column, one_line, row
from simlab.report.top.standing import RuleStanding, Standing
from simlab.report.words import condition, value_words


def rules_lines(standing: Standing, width: int, *, room: int) -> list[Text]:
    """The rules under a heading, those that fire first; `room` lines at most without it."""
    wide = width >= WIDE
    columns = [
        Column(width=18), Column(width=19), Column(width=11, align="right"),
        Column(width=6 if wide else 0), Column(width=max(0, width - (58 if wide else 51))),
    ]  # fmt: skip
    head = row(["rule", "state", "value", "", "fires when"], columns)
    head.stylize(HEAD)
    shown = standing.rules[: room - 1] if len(standing.rules) > room else standing.rules
    lines = [head, *(_rule(each, standing, columns) for each in shown)]
    if not standing.rules:
        lines.append(one_line("none known yet", width, "dim"))
    if (left := standing.rules[len(shown) :]) and room:
        firing = sum(rule.fires for rule in left)
        lines.append(one_line(f"… {len(left)} more, {firing} of them firing", width, "dim"))
    return lines


def _rule(told: RuleStanding, standing: Standing, columns: Sequence[Column]) -> Text:
    style = "bold red" if told.fires else "dim"
    return row(
        [(told.name, "bold red" if told.fires else ""), (_firing(told, standing), style),
         _value(told), told.severity, _waits(told, columns[-1].width)],
        columns,
    )  # fmt: skip


def _waits(told: RuleStanding, width: int) -> str:
    """What the rule waits for; its limit alone where there is no more room, beside its value."""
    if told.rule is None:
        return "not in the rules given: use --rules"
    whole = condition(told.rule)
    return limit_words(told.rule) if len(whole) > width and told.rule.in_unit else whole


def _firing(told: RuleStanding, standing: Standing) -> str:
    if not told.fires:
        return "quiet"
    if told.since_us is None or standing.time_us is None:
        return "FIRING"
    least = ">" if told.is_late else ""
    return f"FIRING {least}{human_s(round((standing.time_us - told.since_us) / US_PER_S))}"


def _value(told: RuleStanding) -> str:
    if math.isnan(told.value):
        return UNDEFINED
    value = number(told.value) if told.rule is None else value_words(told.rule, told.value)
    return value if told.warehouse_id is None else f"{value} #{told.warehouse_id}"


def changes_lines(standing: Standing, width: int, *, room: int) -> list[Text]:
    """The latest changes of alerts under a heading; `room` of them at most."""
    columns = [
        Column(width=14), Column(width=18), Column(width=9), Column(width=7),
        Column(width=max(0, width - 52)),
    ]  # fmt: skip
    title = "last alert events" if standing.tells_alerts else "changes seen while watching"
    lines = [one_line(title, width, HEAD)]
    if not standing.changes:
        lines.append(one_line("none yet", width, "dim"))
    rules = {rule.name: rule for rule in standing.rules}
    for change in standing.changes[:room]:
        style = "red" if change.state == "firing" else "green"
        value = _change_value(change, rules.get(change.rule))
        lines.append(
            row(
                [_when(change.time_us), change.rule, (change.state, style), change.severity, value],
                columns,
            )
        )
    return lines


def _when(time_us: int) -> str:
    when = datetime.fromtimestamp(time_us / US_PER_S, UTC)
    return f"{when:%m-%d %H:%M:%S}"


def _change_value(change: Change, told: RuleStanding | None) -> str:
    rule = None if told is None else told.rule

    def words(value: float) -> str:
        return number(value) if rule is None else value_words(rule, value)

    parts = [] if math.isnan(change.value) else [words(change.value)]
    if not math.isnan(change.limit):
        parts.append(f"limit {words(change.limit)}")
    if change.warehouse_id is not None:
        parts.append(f"warehouse {change.warehouse_id}")
    if change.held:
        parts.append("held back: its group was told")
    if change.is_late:
        parts.append("fired at the first look")
    return ", ".join(parts)
