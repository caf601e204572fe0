"""Texts of the files, from templates."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from simlab.prometheus.alerting import Alerting
from simlab.prometheus.meaning import Recording
from simlab.prometheus.promql import duration


@dataclass(frozen=True, kw_only=True)
class Group:
    """Rules that are evaluated one after the other, every so often."""

    name: str
    step_us: int
    recordings: tuple[Recording, ...] = ()
    alerts: tuple[Alerting, ...] = ()


def rendered(groups: Sequence[Group], *, title: str) -> str:
    """The text of a rules file; without groups it holds none."""
    if not groups:
        return f"# {title}: none.\ngroups: []\n"
    return filled("rules.yml.j2", groups=groups, title=title)


def filled(template: str, **told: Any) -> str:
    """The text of a template."""
    return _environment().get_template(template).render(**told)


@cache
def _environment() -> Environment:
    environment = Environment(  # noqa: S701 -- these are no web pages; strings are quoted as JSON
        loader=PackageLoader("simlab.prometheus"), undefined=StrictUndefined,
        keep_trailing_newline=True,
    )  # fmt: skip
    environment.filters["text"] = lambda text: json.dumps(text, ensure_ascii=False)
    environment.filters["duration"] = duration
    return environment
