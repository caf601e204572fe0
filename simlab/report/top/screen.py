"""One look, laid out in lines for a terminal of any size, or for a pipe."""

from typing import Final

from rich.text import Text

from simlab.clock import iso
from simlab.report.inert import visible
from simlab.report.numbers import UNDEFINED
from simlab.report.top.alert_lines import changes_lines, rules_lines
from simlab.report.top.kpi_lines import kpis_lines, rates_lines
from simlab.report.top.row import fitted, one_line
from simlab.report.top.standing import Standing

_ROOMY: Final = 29
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
        *kpis_lines(standing, width), *rates_lines(standing, width), *gap,
        *rules_lines(standing, width, room=of_rules), *gap,
        *changes_lines(standing, width, room=of_changes),
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
