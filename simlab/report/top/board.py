"""What is kept of a source's news, to say how things stand."""

import math
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Final

from simlab.alerts.rule import Rule
from simlab.report.top.kpi import KPIS, Kpi, limiting, state_of
from simlab.report.top.news import Change, News
from simlab.report.top.rates import Rates
from simlab.report.top.reading import Reading
from simlab.report.top.standing import KpiStanding, RuleStanding, Standing
from simlab.report.top.trend import Trend, worst

MOST_CHANGES: Final = 200
_RATES: Final = ("attempts", "finished", "failed", "retries")
_DISK: Final = ("read", "written")


class Board:
    """Keeps trends, rates, and the latest changes.

    Args:
        source: what is watched, by name.
        rules: what rules of these names wait for.
        tells_alerts: whether changes are the bot's own alert events.
    """

    def __init__(self, source: str, rules: Sequence[Rule], *, tells_alerts: bool) -> None:
        self._source = source
        self._rules = tuple(rules)
        self._tells_alerts = tells_alerts
        self._changes: deque[Change] = deque(maxlen=MOST_CHANGES)
        self._news = News(step_us=1)
        self._reading: Reading | None = None
        self._begin(step_us=1)

    def take(self, news: News) -> None:
        """Keep what is new."""
        if news.began_us is not None or news.step_us != self._step_us:
            self._begin(step_us=news.step_us)
            self._began_us = news.began_us or 0
            self._reading = None
        self._news = news
        for reading in news.readings:
            self._rates.add(reading)
            for kpi, trend in self._trends.items():
                trend.add(reading.time_us, self._point(kpi, reading))
            self._reading = reading
        for change in news.changes:
            self._changes.append(change)
            self._note(change)

    def standing(self) -> Standing:
        """How things stand."""
        reading = self._reading
        firing = {} if reading is None else reading.firing
        return Standing(
            source=self._source,
            state=self._news.state,
            is_trouble=self._news.is_trouble,
            time_us=None if reading is None else reading.time_us,
            kpis=tuple(self._kpi(kpi, firing) for kpi in KPIS),
            rules=tuple(sorted(map(self._rule, firing), key=_firing_first)),
            changes=tuple(reversed(self._changes)),
            tells_alerts=self._tells_alerts,
            rates_per_minute={name: self._rates.per_minute(name) for name in _RATES},
            disk_bytes_per_s={
                "read": self._rates.per_minute("disk_read_bytes") / 60,
                "written": self._rates.per_minute("disk_write_bytes") / 60,
            },
            dropped=math.nan if reading is None else reading.totals.get("dropped", math.nan),
            host_cpu_percent=self._value("host_cpu_percent"),
            span_us=self._step_us * max(len(trend.points) for trend in self._trends.values()),
        )

    def _begin(self, *, step_us: int) -> None:
        self._step_us = step_us
        self._rates = Rates()
        self._trends = {kpi: Trend(kpi.worse, step_us=step_us) for kpi in KPIS}
        self._began_us = 0
        self._fires: dict[str, dict[int | None, Change]] = {}

    def _note(self, change: Change) -> None:
        """Keep what fires, and since when."""
        if change.time_us < self._began_us:
            return
        fires = self._fires.setdefault(change.rule, {})
        if change.state == "firing":
            fires[change.warehouse_id] = change
        else:
            fires.pop(change.warehouse_id, None)

    def _value(self, key: str) -> float:
        return math.nan if self._reading is None else self._reading.value(key)

    def _point(self, kpi: Kpi, reading: Reading) -> float:
        return self._rates.per_minute(kpi.trend) if kpi.trend else reading.value(kpi.key)

    def _kpi(self, kpi: Kpi, firing: Mapping[str, bool]) -> KpiStanding:
        rules = limiting(kpi, self._rules) if kpi.signal else ()
        at_work = tuple(rule for rule in rules if rule.name in firing)
        value = self._value(kpi.key)
        fire = [rule for rule in at_work if firing[rule.name]]
        return KpiStanding(
            kpi=kpi,
            value=value,
            limit=next(iter([*fire, *at_work]), None),
            state=state_of(value, at_work, fires=bool(fire)),
            trend=self._trends[kpi].points,
        )

    def _rule(self, name: str) -> RuleStanding:
        assert self._reading is not None
        rule = next((rule for rule in self._rules if rule.name == name), None)
        value, warehouse_id = _judged_by(self._reading, name, rule)
        fires = self._reading.firing[name]
        begun = list(self._fires.get(name, {}).values()) if fires else []
        first = min(begun, key=lambda change: change.time_us, default=None)
        return RuleStanding(
            name=name,
            fires=fires,
            since_us=None if first is None else first.time_us,
            is_late=first is not None and first.is_late,
            severity=rule.severity if rule is not None else first.severity if first else "",
            value=value,
            warehouse_id=warehouse_id,
            rule=rule,
        )


def _judged_by(reading: Reading, name: str, rule: Rule | None) -> tuple[float, str | None]:
    """What a rule is judged by: the worst warehouse's value, where it tells them apart."""
    found = {who: value for (told, who), value in reading.rule_values.items() if told == name}
    if set(found) <= {None}:
        return found.get(None, math.nan), None
    value = worst(list(found.values()), "low" if rule and rule.side == "below" else "high")
    return value, next((who for who, each in found.items() if each == value), None)


def _firing_first(rule: RuleStanding) -> tuple[bool, bool]:
    """Pages before tickets; in the order of the rules otherwise."""
    return not rule.fires, rule.severity != "page"
