"""Which episodes raise a page, as they begin; `simlab.alerts.group` has the words."""

from collections.abc import Mapping, Sequence

from simlab.alerts.machine import Change
from simlab.alerts.rule import Rule
from simlab.alerts.watch import Watch


def cooldowns_us(rules: Sequence[Rule]) -> Mapping[str, int]:
    """The cooldown of each group [µs], the longest of its rules'; a rule of none is one itself.

    Rules whose episodes are never held back are left out.
    """
    found: dict[str, int] = {}
    for rule in rules:
        if rule.is_grouped:
            found[rule.alert] = max(found.get(rule.alert, 0), rule.cooldown_us)
    return found


class Pages:
    """What the groups of rules have fired so far."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._cooldowns_us = cooldowns_us(rules)
        self._groups: dict[tuple[str, int | None], _Fired] = {}
        self._held: dict[Watch, bool] = {}

    def held(self, watch: Watch, change: Change) -> bool:
        """Whether the episode that a change tells of raises no page; take it into account."""
        cooldown_us = self._cooldowns_us.get(watch.rule.alert)
        if cooldown_us is None:
            return False
        fired = self._groups.setdefault((watch.rule.alert, watch.warehouse_id), _Fired())
        if change.state == "firing":
            self._held[watch] = fired.begin(change.time_us, cooldown_us)
        else:
            fired.end(change.time_us)
        return self._held[watch]


class _Fired:
    """One group: how many of its rules fire, and when the last of them ceased."""

    __slots__ = ("_count", "_until_us")

    def __init__(self) -> None:
        self._count = 0
        self._until_us: int | None = None

    def begin(self, time_us: int, cooldown_us: int) -> bool:
        """Let one more fire; whether the group was firing, or had within the cooldown."""
        fired = self._until_us is not None and self._until_us >= time_us - cooldown_us
        self._count += 1
        return self._count > 1 or fired

    def end(self, time_us: int) -> None:
        """Let one cease."""
        self._count -= 1
        self._until_us = time_us if self._until_us is None else max(time_us, self._until_us)
