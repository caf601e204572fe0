"""What a tuner says of its rules: as plain text, and as a table of HTML."""

from collections.abc import Sequence
from html import escape
from typing import Final

from simlab.alerts.rule import Rule
from simlab.report.inert import visible
from simlab.report.numbers import plural
from simlab.report.tuned import figure_rows
from simlab.report.words import condition
from simlab.tuning.figures import Figures

_HEADS: Final = ("As given", "As set")
_CELL: Final = "padding:1px 18px 1px 0"


def as_text(rules: Sequence[Rule], given: Figures, now: Figures) -> str:
    """Each rule's condition, and the figures on unseen data."""
    width = max(len(visible(rule.name)) for rule in rules)
    conditions = [f"{visible(rule.name):{width}}  {condition(rule)}" for rule in rules]
    table = [("", *_HEADS), *figure_rows(given, now)]
    widths = [max(len(row[column]) for row in table) for column in range(3)]
    lines = [
        "  ".join((row[0].ljust(widths[0]), row[1].rjust(widths[1]), row[2].rjust(widths[2])))
        for row in table
    ]
    return "\n".join([*conditions, "", f"{_judged_on(now)}:", *lines])


def as_html(rules: Sequence[Rule], given: Figures, now: Figures) -> str:
    """The same, the figures as a table: what the picture shows, for who cannot see it."""
    head = "".join(
        f'<th scope="col" style="text-align:right;{_CELL}">{name}</th>' for name in _HEADS
    )
    body = "".join(
        f'<tr><th scope="row" style="text-align:left;font-weight:normal;{_CELL}">{escape(row[0])}'
        "</th>" + "".join(_number(cell) for cell in row[1:]) + "</tr>"
        for row in figure_rows(given, now)
    )
    return (
        f'<table style="border-collapse:collapse;font-variant-numeric:tabular-nums">'
        f'<caption style="text-align:left"><b>{escape(_judged_on(now))}</b></caption>'
        f"<tr><td></td>{head}</tr>{body}</table>"
        f"<p>As set: {'; '.join(map(_condition, rules))}.</p>"
    )


def _condition(rule: Rule) -> str:
    return escape(f"{visible(rule.name)} fires at {condition(rule)}")


def _number(cell: str) -> str:
    return f'<td style="text-align:right;{_CELL}">{escape(cell)}</td>'


def _judged_on(now: Figures) -> str:
    caught = f"{plural(now.incidents, 'incident')} in " if now.incidents else ""
    return f"On data that the choice did not see, {caught}{now.days:.3g} days (in brackets 90 %)"
