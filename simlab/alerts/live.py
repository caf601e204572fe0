"""Alert rules judged as the bot's events come: each event in, alert events out."""

import math
from collections.abc import Sequence
from operator import attrgetter
from typing import Final

from simlab.alerts.look import look_of
from simlab.alerts.pages import Pages
from simlab.alerts.rule import Rule
from simlab.alerts.watch import Apart, Reading, Told, Watch
from simlab.errors import ConfigError
from simlab.events import Alert, Attempt, Sample


class Evaluator:
    """Judges rules over the events of one run, in the order of time.

    Its episodes are those that `simlab.alerts.replay` finds in the run's dataset.

    Args:
        rules: of distinct names.
        run_id: what the alerts' identities are derived from; the same run and episode give the
            same `alert_id`.

    Attributes:
        rules: those that are judged.

    Raises:
        ConfigError: a rule watches `value`, which no bot emits.
    """

    def __init__(self, rules: Sequence[Rule], *, run_id: str) -> None:
        self._run_id = run_id
        self.rules = tuple(rules)
        plain = [Watch(rule, read=_reading(rule)) for rule in rules if rule.by is None]
        self._watches = plain
        self._timed = [watch for watch in plain if watch.is_timed]
        self._looking = {look_of(watch): watch for watch in plain}
        self._on_attempt = [look for look, watch in self._looking.items() if not watch.of_samples]
        self._on_sample = [look for look, watch in self._looking.items() if watch.of_samples]
        self._apart = [Apart(rule, read=_reading(rule)) for rule in rules if rule.by is not None]
        self._pages = Pages(rules)
        self._firing = self._now_us = 0

    @property
    def firing(self) -> dict[str, bool]:
        """For each rule by name, whether it fires now, for any warehouse."""
        names = {watch.rule.name for watch in self._watches if watch.machine.is_firing}
        return {rule.name: rule.name in names for rule in self.rules}

    @property
    def values(self) -> dict[tuple[str, int | None], float]:
        """What each rule was last judged by, by its name and the warehouse, None for all.

        It is NaN where that is undefined, and once the rule has gone silent for longer than its
        `stale_after`, by the time of the last event of any kind.
        """
        now_us = self._now_us
        return {
            (watch.rule.name, watch.warehouse_id): math.nan
            if watch.machine.has_gone_silent(now_us)
            else watch.value()
            for watch in tuple(self._watches)  # the bot goes on while this is scraped
        }

    def observe(self, event: Attempt | Sample) -> tuple[Alert, ...]:
        """Take the next event; the alerts it brings about, mostly none, in the order of time.

        An event also lets time go on for the rules that do not watch it: those on a grid are
        judged up to it, and one that fires and has gone silent for longer than its `stale_after`
        resolves, at the end of that time.
        """
        self._now_us = event.time_us
        told = self._due(event.time_us) if self._firing or self._timed else None
        for look in self._on_attempt if type(event) is Attempt else self._on_sample:
            changes = look(event)
            if changes:  # seldom
                watch = self._looking[look]
                told = [*(told or ()), *((watch, change) for change in changes)]
        if self._apart and isinstance(event, Attempt):
            told = [*(told or ()), *self._told_apart(event)]
        return self._alerts(told) if told else ()

    def finish(self, time_us: int) -> tuple[Alert, ...]:
        """Let the run end at `time_us`: what is due by then is judged, what has gone silent ends.

        An episode under way stays open.
        """
        return self._alerts([(w, c) for w in self._watches for c in w.finish(time_us)])

    def _due(self, time_us: int) -> list[Told]:
        """What time alone brings about up to a moment."""
        watches = self._watches if self._firing else self._timed
        return [(watch, change) for watch in watches for change in watch.advance(time_us)]

    def _told_apart(self, event: Attempt) -> list[Told]:
        """What an attempt brings about for rules that tell its warehouse apart."""
        told: list[Told] = []
        for apart in self._apart:
            value = apart.read(event)
            if value is None:
                continue
            watch = apart.of(event.warehouse_id)
            if watch is None:
                watch = apart.begin(event.warehouse_id)
                self._watches.append(watch)
                if watch.is_timed:
                    self._timed.append(watch)
            told += [(watch, change) for change in watch.take(event.time_us, value)]
        return told

    def _alerts(self, told: list[Told]) -> tuple[Alert, ...]:
        """The alerts that tell of changes: in the order of time, what ended first."""
        told.sort(key=_moment)
        self._firing += sum(1 if change.state == "firing" else -1 for _, change in told)
        return tuple(
            watch.alert(change, run_id=self._run_id, held=self._pages.held(watch, change))
            for watch, change in told
        )


def _reading(rule: Rule) -> Reading:
    try:
        return _READINGS[rule.signal]
    except KeyError:
        signals = ", ".join(_READINGS)
        raise ConfigError(
            f"rule {rule.name!r}: $.signal: found {rule.signal!r}, which a bot does not emit; "
            f"expected one of {signals} in a run, or backtest the rule on a series"
        ) from None


def _moment(told: Told) -> tuple[int, bool]:
    change = told[1]
    return change.time_us, change.state == "firing"


def _age(attempt: Attempt) -> float | None:
    wait = attempt.queue_wait
    return None if wait is None else wait + attempt.duration


def _error(attempt: Attempt) -> float | None:
    status = attempt.status
    return None if status == "retry" else float(status == "error")


def _finished(attempt: Attempt) -> float | None:
    return None if attempt.status == "retry" else 1.0


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
    "throughput": _finished,
    "cpu_percent": attrgetter("cpu_percent"),
    "mem_usage_mb": attrgetter("mem_usage_mb"),
    "disk_read_bytes": _disk_read_bytes,
    "disk_write_bytes": _disk_write_bytes,
}
