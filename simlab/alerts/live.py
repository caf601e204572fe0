"""Alert rules judged as the bot's events come: each event in, alert events out."""

import hashlib
import math
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, Final, Literal, TypeAlias

from simlab.alerts.machine import Change, Machine
from simlab.alerts.rule import SAMPLE_SIGNALS, Rule
from simlab.alerts.window import window
from simlab.clock import iso
from simlab.errors import ConfigError
from simlab.events import Alert, Attempt, Sample

Reading: TypeAlias = Callable[[Any], float | None]
"""A signal's value in an event of its kind; None when the event does not observe it."""

_HINT: Final[dict[str, Literal["notify", "rollback"]]] = {"ticket": "notify", "page": "rollback"}


class Evaluator:
    """Judges rules over the events of one run, in the order of time.

    Its episodes are those that `simlab.alerts.replay` finds in the run's dataset.

    Args:
        rules: of distinct names.
        run_id: what the alerts' identities are derived from; the same run and episode give the
            same `alert_id`.

    Raises:
        ConfigError: a rule watches `value`, which no bot emits.
    """

    def __init__(self, rules: Sequence[Rule], *, run_id: str) -> None:
        self._watches = [_Watch(rule, run_id=run_id) for rule in rules]
        self._on_attempt = [watch for watch in self._watches if not watch.of_samples]
        self._on_sample = [watch for watch in self._watches if watch.of_samples]
        self._firing = 0

    @property
    def firing(self) -> dict[str, bool]:
        """For each rule by name, whether it fires now."""
        return {watch.name: watch.machine.started_us is not None for watch in self._watches}

    def observe(self, event: Attempt | Sample) -> tuple[Alert, ...]:
        """Take the next event; the alerts it brings about, mostly none, in the order of time.

        An event also lets time go on for the rules that do not watch it: one that fires and has
        gone silent for longer than its `stale_after` resolves, at the end of that time.
        """
        time_us = event.time_us
        alerts = self.finish(time_us) if self._firing else ()
        for watch in self._on_attempt if type(event) is Attempt else self._on_sample:
            value = watch.read(event)
            if value is not None:
                if watch.window is not None:
                    value = watch.window(value)
                changes = watch.machine.observe(time_us, value)
                if changes:
                    alerts += self._told(watch, changes)
        return alerts

    def finish(self, time_us: int) -> tuple[Alert, ...]:
        """Let the run end at `time_us`: what has gone silent by then resolves, nothing else.

        An episode under way stays open.
        """
        alerts: tuple[Alert, ...] = ()
        for watch in self._watches:
            alerts += self._told(watch, watch.machine.expire(time_us))
        return tuple(sorted(alerts, key=_time_us))

    def _told(self, watch: "_Watch", changes: tuple[Change, ...]) -> tuple[Alert, ...]:
        self._firing += sum(1 if change.state == "firing" else -1 for change in changes)
        return tuple(map(watch.alert, changes))


class _Watch:
    """One rule at work: how it reads events, its window, its machine and its alerts' identity."""

    __slots__ = ("_repeats", "_rule", "_run_id", "_started_us", "machine", "read", "window")

    def __init__(self, rule: Rule, *, run_id: str) -> None:
        self._rule = rule
        self._run_id = run_id
        self._started_us: int | None = None
        self._repeats = 0
        self.read = _reading(rule)
        self.window = window(rule)
        self.machine = Machine(rule)

    @property
    def name(self) -> str:
        """The rule's name."""
        return self._rule.name

    @property
    def of_samples(self) -> bool:
        """Whether the rule watches samples, not attempts."""
        return self._rule.signal in SAMPLE_SIGNALS

    def alert(self, change: Change) -> Alert:
        """The event that tells of a change."""
        if change.state == "firing":
            again = change.time_us == self._started_us
            self._repeats = self._repeats + 1 if again else 0
            self._started_us = change.time_us
        defined = change.value is not None and not math.isnan(change.value)
        return Alert(
            time_us=change.time_us,
            alert_id=self._alert_id(change.started_us),
            rule=self._rule.name,
            state=change.state,
            value=change.value if defined else None,
            threshold=self._rule.threshold,
            severity=self._rule.severity,
            started_at=iso(change.started_us),
            action_hint=_HINT[self._rule.severity],
        )

    def _alert_id(self, started_us: int) -> str:
        """16 hex digits; episodes that start in one microsecond are told apart by their order."""
        key = f"{self._run_id}\n{self._rule.name}\n{started_us}\n{self._repeats}"
        return hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _reading(rule: Rule) -> Reading:
    try:
        return _READINGS[rule.signal]
    except KeyError:
        signals = ", ".join(_READINGS)
        raise ConfigError(
            f"rule {rule.name!r}: $.signal: found {rule.signal!r}, which a bot does not emit; "
            f"expected one of {signals} in a run, or backtest the rule on a series"
        ) from None


def _time_us(alert: Alert) -> int:
    return alert.time_us


def _age(attempt: Attempt) -> float | None:
    wait = attempt.queue_wait
    return None if wait is None else wait + attempt.duration


def _error(attempt: Attempt) -> float | None:
    status = attempt.status
    return None if status == "retry" else float(status == "error")


def _retry(attempt: Attempt) -> float:
    return float(attempt.status == "retry")


def _batch_size(attempt: Attempt) -> float:
    return float(attempt.batch_size)


def _disk_read_bytes(sample: Sample) -> float:
    return float(sample.disk_read_bytes)


def _disk_write_bytes(sample: Sample) -> float:
    return float(sample.disk_write_bytes)


_READINGS: Final[dict[str, Reading]] = {
    "duration": attrgetter("duration"),
    "queue_wait": attrgetter("queue_wait"),
    "age": _age,
    "batch_size": _batch_size,
    "error_ratio": _error,
    "retry_ratio": _retry,
    "cpu_percent": attrgetter("cpu_percent"),
    "mem_usage_mb": attrgetter("mem_usage_mb"),
    "disk_read_bytes": _disk_read_bytes,
    "disk_write_bytes": _disk_write_bytes,
}
