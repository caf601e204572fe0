"""One look, laid out in lines for a terminal of any size, or for a pipe."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from rich.text import Text

from simlab.clock import US_PER_S, iso
from simlab.report.inert import visible
from simlab.report.numbers import UNDEFINED, human_s, megabytes, number, percent
from simlab.report.top.kpi import State, is_beyond, limit_words
from simlab.report.top.news import Change
from simlab.report.top.row import Column, fitted, one_line, row
from simlab.report.top.standing import KpiStanding, RuleStanding, Standing
from simlab.report.top.trend import blocks, cells, worst
from simlab.report.words import condition, value_words

_STYLES: Final[dict[State, str]] = {
    "FIRING": "bold red", "beyond limit": "yellow", "ok": "green", "no limit": "dim",
    "not known": "dim",
}  # fmt: skip
_HEAD: Final = "bold underline"
_WIDE: Final = 72
_ROOMY: Final = 29
_WIDEST_TREND: Final = 60
_MOST_CHANGES: Final = 10
"""In a pipe; JSON has all that are kept."""
_FIXED_LINES: Final = 16
"""Heading, verdict, the KPIs with their heading, two lines of rates, two headings, and the end."""


def lines_of(
    standing: Standing, *, width: int, height: int | None = None, keys: str = ""
) -> list[Text]:
    """The lines: as many as the height has, or as many as there are to tell where it is None.

    Args:
        standing: what to show.
        width: in cells.
        height: in lines.
        keys: how to leave, for the last line.
    """
    free = None if height is None else max(0, height - _FIXED_LINES)
    gaps = height is None or height >= _ROOMY
    if free is not None and gaps:
        free -= 3
    of_rules, of_changes = _shares(standing, free)
    gap = [Text()] if gaps else []
    lines = [
        *_top(standing, width), *gap,
        *_kpis(standing, width), *_rates(standing, width), *gap,
        *_rules(standing, width, of_rules), *gap,
        *_changes(standing, width, of_changes),
    ]  # fmt: skip
    for line in lines:
        line.truncate(width)
    if height is None:
        return lines
    lines += [Text()] * (height - 1 - len(lines))
    return [*lines[: height - 1], one_line(keys, width, "dim")]


def _shares(standing: Standing, free: int | None) -> tuple[int, int]:
    """How many lines rules and changes get: first what fires, then each what it needs."""
    rules, changes = max(1, len(standing.rules)), max(1, len(standing.changes))
    if free is None:
        return rules, min(changes, _MOST_CHANGES)
    firing = sum(rule.fires for rule in standing.rules)
    for_rules = min(rules, max(firing + 1, free // 2, free - changes))
    for_rules = max(min(for_rules, free - 1), 0)
    return for_rules, max(0, free - for_rules)


def _top(standing: Standing, width: int) -> list[Text]:
    at = UNDEFINED
    if standing.time_us is not None:
        at = f"{iso(standing.time_us)[:19].replace('T', ' ')} UTC"
    room = width - len(at) - 1
    title = f"simlab top  {standing.source}"
    head = Text(f"{fitted(title, room)} {at}" if room > 20 else fitted(title, width), "bold")
    head.no_wrap = True
    return [head, _verdict(standing, width)]


def _verdict(standing: Standing, width: int) -> Text:
    if standing.is_trouble:
        return one_line(f"{standing.state}; figures are old", width, "bold reverse red")
    firing = [rule.name for rule in standing.rules if rule.fires]
    many = len(standing.rules)
    if firing:
        said, style = f"{len(firing)} of {many} rules FIRING: {', '.join(firing)}", "bold red"
    else:
        said, style = f"no rule fires, of {many}", "green"
    style = style if standing.time_us is not None else "dim"
    said = said if standing.time_us is not None else "waiting for the first events"
    where = visible(f" ({standing.state})") if standing.state else ""
    room = max(0, width - len(where))
    line = one_line(said, room if room > len(said) // 2 else width, style)
    line.append(where, "yellow" if "QUIET" in where else "dim")
    line.truncate(width)
    return line


def _kpis(standing: Standing, width: int) -> list[Text]:
    is_wide = width >= _WIDE
    columns = [
        Column(width=22), Column(width=11, align="right"),
        Column(width=15 if is_wide else 0), Column(width=12),
    ]  # fmt: skip
    used = sum(column.width + 1 for column in columns if column.width)
    trend = Column(width=max(0, min(_WIDEST_TREND, width - used)))
    span = f"last {human_s(round(standing.span_us / US_PER_S))}" if standing.span_us else ""
    head = row(["KPI", "now", "limit", "state", span], [*columns, trend])
    head.stylize(_HEAD)
    return [head, *(_kpi(each, [*columns, trend]) for each in standing.kpis)]


def _kpi(told: KpiStanding, columns: Sequence[Column]) -> Text:
    limit = "" if told.limit is None else limit_words(told.limit)
    style = _STYLES[told.state]
    line = row(
        [told.kpi.label, (told.kpi.words(told.value), "bold"), limit, (told.state, style), ""],
        columns,
    )
    width = columns[-1].width
    if width <= 0:
        return line
    line.pad_right(sum(column.width + 1 for column in columns[:-1] if column.width) - len(line))
    return line.append_text(_picture(told, width))


def _picture(told: KpiStanding, width: int) -> Text:
    """The trend from 0 up, to the limit at least; what lies beyond it is red."""
    shown = cells(told.trend, width, told.kpi.worse)
    limit = told.limit if not told.kpi.trend else None
    top = worst(shown, "high")
    if limit is not None and not top > limit.limit:
        top = limit.limit
    picture = Text(blocks(shown, top=top), "cyan")
    for at, value in enumerate(shown):
        if limit is not None and is_beyond(limit, value):
            picture.stylize("red", at, at + 1)
    return picture


def _rates(standing: Standing, width: int) -> list[Text]:
    rates, disk = standing.rates_per_minute, standing.disk_bytes_per_s
    told = ", ".join(f"{number(rates[name])} {name}" for name in rates)
    moved = ", ".join(f"{_bytes(value)}/s {name}" for name, value in disk.items())
    lost = number(standing.dropped)
    machine = f"host CPU {_percent(standing.host_cpu_percent)}; telemetry lost {lost}"
    return [
        one_line(f"a minute: {told}", width),
        one_line(f"disk: {moved}; {machine}", width),
    ]


def _rules(standing: Standing, width: int, room: int) -> list[Text]:
    wide = width >= _WIDE
    columns = [
        Column(width=18), Column(width=19), Column(width=11, align="right"),
        Column(width=6 if wide else 0), Column(width=max(0, width - (58 if wide else 51))),
    ]  # fmt: skip
    head = row(["rule", "state", "value", "", "fires when"], columns)
    head.stylize(_HEAD)
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


def _changes(standing: Standing, width: int, room: int) -> list[Text]:
    columns = [
        Column(width=14), Column(width=18), Column(width=9), Column(width=7),
        Column(width=max(0, width - 52)),
    ]  # fmt: skip
    title = "last alert events" if standing.tells_alerts else "changes seen while watching"
    lines = [one_line(title, width, _HEAD)]
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


def _bytes(count: float) -> str:
    return megabytes(count) if not count < 1e6 else f"{number(round(count / 1e3, 1))} kB"


def _percent(value: float) -> str:
    return percent(value / 100) if math.isfinite(value) else UNDEFINED
