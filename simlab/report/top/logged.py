"""A bot's log, of a run that goes on or has ended."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from simlab.alerts.rule import Rule
from simlab.clock import US_PER_S, iso, monotonic_s, utc_now_us
from simlab.errors import InputError
from simlab.events import Alert, Event, RunFinished, RunStarted
from simlab.report.numbers import human_s, plural
from simlab.report.top.counted import Counted
from simlab.report.top.line import Lines
from simlab.report.top.news import POINTS, Change, News
from simlab.report.top.tail import MOST_BYTES, Tail

_QUIET_S: Final = 30.0
_OURS: Final = (
    "expected simlab's log (logs/inventory.log), a JSON object with `event` a line; "
    "simlab kpi reads other data"
)


class Logged:
    """A log that is written to, or was.

    Args:
        path: the log.
        rules: to judge values by; whether a rule fires is what the log says.
        span_us: how far back trends go [µs]; those of a run that has ended span the whole run.
        most_bytes: how much of what is there is read, the latest [B].

    Raises:
        InputError: it cannot be read, or is another program's.
        ConfigError: a rule watches what no bot emits.
    """

    tells_alerts = True

    def __init__(
        self, path: Path, rules: Sequence[Rule], *, span_us: int, most_bytes: int = MOST_BYTES
    ) -> None:
        self.name = str(path)
        self._rules = rules
        self._step_us = max(1, span_us // POINTS)
        self._lines = Lines()
        self._tail = Tail(path, most_bytes=most_bytes)
        self._age_s = max(0.0, utc_now_us() / US_PER_S - path.stat().st_mtime)
        self._heard_s = monotonic_s()
        self._run = Counted(rules, step_us=self._step_us)
        self._first: list[Event] | None = self._events()
        self._from = iso(self._first[0].time_us)[5:16].replace("T", " ") if self._first else ""
        if not self._first and self._lines.bad:
            self._tail.close()
            raise InputError(f"{path}: no event in {plural(self._lines.bad, 'line')}; {_OURS}")

    def news(self) -> News:
        """What was written since the last call."""
        first, self._first = self._first, None
        events = self._events() if first is None else first
        if first is not None:
            self._fit_steps(first)
        elif events:
            self._age_s, self._heard_s = 0.0, monotonic_s()
        began = [at for at, event in enumerate(events) if isinstance(event, RunStarted)]
        if began:
            self._run = Counted(self._rules, step_us=self._step_us)
        of_run = events[began[-1] :] if began else events
        readings = [reading for event in of_run if (reading := self._run.take(event))]
        if self._run.now_us:
            readings.append(self._run.reading())
        return News(
            readings=tuple(readings),
            changes=tuple(_change(event) for event in events if isinstance(event, Alert)),
            state=self._state(),
            is_trouble=not self._tail.is_there,
            began_us=of_run[0].time_us if began else None,
            step_us=self._step_us,
        )

    def close(self) -> None:
        """Close the log."""
        self._tail.close()

    def _events(self) -> list[Event]:
        """All that is there now."""
        found: list[Event] = []
        while lines := self._tail.lines():
            found += [event for line in lines if (event := self._lines.event(line)) is not None]
        return found

    def _fit_steps(self, events: Sequence[Event]) -> None:
        """Have trends span the whole run where it has ended."""
        began = [event.time_us for event in events if isinstance(event, RunStarted)]
        if events and isinstance(events[-1], RunFinished):
            first_us = began[-1] if began else events[0].time_us
            self._step_us = max(1, (events[-1].time_us - first_us) // POINTS)
            self._run = Counted(self._rules, step_us=self._step_us)

    def _state(self) -> str:
        quiet_s = self._age_s + monotonic_s() - self._heard_s
        parts = [] if self._tail.is_there else ["THE LOG IS GONE"]
        if self._run.is_finished:
            parts.append("the run has ended")
        elif not self._run.now_us:
            parts.append("no line yet")
        elif quiet_s >= _QUIET_S:
            parts.append(f"QUIET for {human_s(round(quiet_s))}")
        else:
            parts.append("is written")
        if self._from and not self._tail.is_whole:
            parts.append(f"read from {self._from} on")
        if bad := self._lines.bad + self._tail.torn:
            parts.append(f"{plural(bad, 'bad line')} passed over")
        return ", ".join(parts)


def _change(alert: Alert) -> Change:
    return Change(
        time_us=alert.time_us,
        rule=alert.rule,
        state=alert.state,
        value=math.nan if alert.value is None else alert.value,
        limit=alert.threshold,
        severity=alert.severity,
        warehouse_id=alert.warehouse_id,
        held=alert.held,
    )
