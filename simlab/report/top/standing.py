"""How things stand: all that one look shows."""

from dataclasses import dataclass

from simlab.alerts.rule import Rule
from simlab.report.top.kpi import Kpi, State
from simlab.report.top.news import Change


@dataclass(frozen=True, kw_only=True)
class KpiStanding:
    """A KPI now.

    Attributes:
        kpi: which.
        value: now; NaN where it is undefined or was not told.
        limit: the rule it is held against; None where there is none.
        state: in words.
        trend: its latest points, the oldest first.
    """

    kpi: Kpi
    value: float
    limit: Rule | None
    state: State
    trend: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class RuleStanding:
    """A rule now.

    Attributes:
        name: its name.
        fires: whether it does.
        since_us: since when it has fired; None when it does not.
        is_late: whether it fired at the first look already, so maybe for longer.
        severity: `ticket` or `page`; empty where nobody told.
        value: what it is judged by; NaN where that is undefined.
        warehouse_id: the worst warehouse, whose value that is, for a rule that tells them apart.
        rule: what it waits for; None where nobody told.
    """

    name: str
    fires: bool
    since_us: int | None
    is_late: bool
    severity: str
    value: float
    warehouse_id: str | None
    rule: Rule | None


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How things stand.

    Attributes:
        source: what is watched.
        state: how the source is, in words.
        is_trouble: whether it cannot be read, so that all else is old.
        time_us: of the latest reading [us since 1970]; None before the first.
        kpis: in their order.
        rules: those that fire first.
        changes: of alerts, the latest first.
        tells_alerts: whether these are alert events, not only what was seen to change.
        rates_per_minute: of attempts, finished and failed batches and retries, of late.
        disk_bytes_per_s: read and written.
        dropped: what telemetry lost since the bot began.
        host_cpu_percent: of the machine.
        span_us: how much time the trends span [µs].
    """

    source: str
    state: str
    is_trouble: bool
    time_us: int | None
    kpis: tuple[KpiStanding, ...]
    rules: tuple[RuleStanding, ...]
    changes: tuple[Change, ...]
    tells_alerts: bool
    rates_per_minute: dict[str, float]
    disk_bytes_per_s: dict[str, float]
    dropped: float
    host_cpu_percent: float
    span_us: int
