"""Rules that are one alert: which of their episodes raise a page, and which are held back.

An episode is held back when its group, or a rule of none, fires when it starts, or last fired no
longer ago than the `cooldown`, the longest of its rules'. Of episodes that start at one moment
one is the page. A rule of no group and no cooldown is never held back. Warehouses that a rule
tells apart are groups of their own.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simlab.alerts.pages import cooldowns_us
from simlab.alerts.rule import UNBOUNDED_US, Rule


class Group(NamedTuple):
    """Whose episodes hold each other back."""

    alert: str
    warehouse_id: int | None


def held_back(episodes: pl.DataFrame, rules: Sequence[Rule]) -> pl.Series:
    """Which episodes raise no page.

    Args:
        episodes: sorted by `start`, with `rule`, `end`, `warehouse_id` and `open`.
        rules: those whose episodes they are.
    """
    held = np.zeros(len(episodes), dtype=bool)
    cooldown_us = cooldowns_us(rules)
    if not cooldown_us:  # as for most rules: there may be hundreds of thousands of episodes
        return pl.Series(held)
    for group, positions in _by_group(episodes, rules).items():
        if group.alert in cooldown_us:
            held[positions] = _held(episodes[positions], cooldown_us[group.alert])
    return pl.Series(held)


def _by_group(episodes: pl.DataFrame, rules: Sequence[Rule]) -> Mapping[Group, list[int]]:
    alerts = {rule.name: rule.alert for rule in rules}
    found: dict[Group, list[int]] = {}
    told = zip(episodes["rule"], episodes["warehouse_id"], strict=True)
    for position, (name, warehouse_id) in enumerate(told):
        found.setdefault(Group(alerts[name], warehouse_id), []).append(position)
    return found


def _held(episodes: pl.DataFrame, cooldown_us: int) -> NDArray[np.bool_]:
    start_us = episodes["start"].dt.timestamp("us").to_numpy()
    end_us = episodes["end"].dt.timestamp("us").to_numpy()
    # What is still open when the data end fires on, beyond the last observation that names its end.
    end_us = np.where(episodes["open"].to_numpy(), UNBOUNDED_US, end_us)
    fired_us = np.maximum.accumulate(end_us)
    held = np.zeros(len(episodes), dtype=bool)
    held[1:] = start_us[1:] - cooldown_us <= fired_us[:-1]
    return held
