"""One rule at work on a run: how it reads events, its window, its machine, its alerts."""

import hashlib
import math
from collections.abc import Callable
from typing import Any, Final, Literal, TypeAlias

from simlab.alerts.machine import Change, Machine
from simlab.alerts.rule import SAMPLE_SIGNALS, Rule
from simlab.alerts.window import Judged, Window, grid_window, window
from simlab.clock import iso
from simlab.events import Alert

Reading: TypeAlias = Callable[[Any], float | None]
"""A signal's value in an event of its kind; None when the event does not observe it."""

Take: TypeAlias = Callable[[int, float], tuple[Change, ...]]
Advance: TypeAlias = Callable[[int], tuple[Change, ...]]

_HINT: Final[dict[str, Literal["notify", "rollback"]]] = {"ticket": "notify", "page": "rollback"}


class Watch:
    """A rule that watches a run, or one warehouse of it.

    Attributes:
        rule: the rule.
        warehouse_id: the warehouse, None when the rule does not tell them apart.
        read: the signal's value in an event.
        machine: where the rule stands.
        take: takes the next observation; what changed.
        advance: lets time go on up to a moment, what happens at it left out; what changed.
        finish: lets time go on up to the end of a run; what changed.
        value: what the rule was last judged by, NaN where that is undefined.
        is_timed: whether the rule is judged when time goes on, not only at its observations.
    """

    def __init__(self, rule: Rule, *, read: Reading, warehouse_id: int | None = None) -> None:
        self.rule = rule
        self.warehouse_id = warehouse_id
        self.read = read
        self.machine = Machine(rule)
        self.value: Callable[[], float] = lambda: self.machine.value
        self.is_timed = rule.step_us is not None or rule.aggregate == "absent"
        course = _course(rule, self.machine)
        self.take: Take = course.take
        self.advance: Advance = course.advance
        self.finish: Advance = course.finish
        self._started_us: int | None = None
        self._repeats = 0

    @property
    def takes_plainly(self) -> bool:
        """Whether the machine is given observations as they are."""
        return self.take == self.machine.observe

    @property
    def of_samples(self) -> bool:
        """Whether the rule watches samples, not attempts."""
        return self.rule.signal in SAMPLE_SIGNALS

    def alert(self, change: Change, *, run_id: str, held: bool) -> Alert:
        """The event that tells of a change."""
        if change.state == "firing":
            again = change.time_us == self._started_us
            self._repeats = self._repeats + 1 if again else 0
            self._started_us = change.time_us
        defined = change.value is not None and not math.isnan(change.value)
        return Alert(
            time_us=change.time_us,
            alert_id=self._alert_id(change.started_us, run_id),
            rule=self.rule.name,
            state=change.state,
            value=change.value if defined else None,
            threshold=self.rule.limit,
            severity=self.rule.severity,
            started_at=iso(change.started_us),
            action_hint=_HINT[self.rule.severity],
            warehouse_id=self.warehouse_id,
            held=held,
        )

    def _alert_id(self, started_us: int, run_id: str) -> str:
        """16 hex digits; episodes that start in one microsecond are told apart by their order."""
        parts = [run_id, self.rule.name, started_us, self._repeats]
        if self.warehouse_id is not None:
            parts.append(self.warehouse_id)
        key = "\n".join(map(str, parts))
        return hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


Told: TypeAlias = tuple[Watch, Change]
"""What changed, and for which rule."""


class Apart:
    """A rule that tells warehouses apart: a watch a warehouse, from its first event on."""

    def __init__(self, rule: Rule, *, read: Reading) -> None:
        self._rule = rule
        self._watches: dict[int, Watch] = {}
        self.read = read

    def of(self, warehouse_id: int) -> Watch | None:
        """The watch of a warehouse; None when it is new."""
        return self._watches.get(warehouse_id)

    def begin(self, warehouse_id: int) -> Watch:
        """A new watch for a warehouse."""
        watch = Watch(self._rule, read=self.read, warehouse_id=warehouse_id)
        self._watches[warehouse_id] = watch
        return watch


def _course(rule: Rule, machine: Machine) -> "_AtRows | _OnGrid | _OnSilence":
    if rule.step_us is not None:
        return _OnGrid(grid_window(rule), machine, step_us=rule.step_us)
    if rule.aggregate == "absent":
        return _OnSilence(rule, machine)
    return _AtRows(rule, machine)


class _AtRows:
    """Judged at each observation; a silence ends what fires."""

    def __init__(self, rule: Rule, machine: Machine) -> None:
        judged = window(rule)
        self.take: Take = machine.observe if judged is None else _through(judged, machine.observe)
        self.advance: Advance = machine.expire
        self.finish: Advance = machine.expire


def _through(judged: Judged, observe: Take) -> Take:
    """Observe what a window makes of a value; a closure, since each row pays for it."""
    return lambda time_us, value: observe(time_us, judged(time_us, value))


class _OnGrid:
    """Judged at the multiples of a step, from the first observation on."""

    def __init__(self, held: Window, machine: Machine, *, step_us: int) -> None:
        self._window = held
        self._machine = machine
        self._step_us = step_us
        self._next_us: int | None = None

    def take(self, time_us: int, value: float) -> tuple[Change, ...]:
        if self._next_us is None:
            self._next_us = -(-time_us // self._step_us) * self._step_us
        self._window.push(time_us, value)
        return ()

    def advance(self, time_us: int) -> tuple[Change, ...]:
        return self.finish(time_us - 1)

    def finish(self, time_us: int) -> tuple[Change, ...]:
        changes: tuple[Change, ...] = ()
        while self._next_us is not None and self._next_us <= time_us:
            value = self._window.read(self._next_us)
            changes += self._machine.observe(self._next_us, value)
            self._next_us += self._step_us
        return changes


class _OnSilence:
    """Judged when a silence has lasted as long as the window, and again after the rule's `for`."""

    def __init__(self, rule: Rule, machine: Machine) -> None:
        assert rule.window_us is not None
        self._machine = machine
        self._lengths_us = sorted({rule.window_us, rule.window_us + rule.for_us})
        self._due_us: list[int] = []

    def take(self, time_us: int, _: float) -> tuple[Change, ...]:
        self._due_us = [time_us + length_us for length_us in self._lengths_us]
        return self._machine.observe(time_us, 0.0)

    def advance(self, time_us: int) -> tuple[Change, ...]:
        changes: tuple[Change, ...] = ()
        while self._due_us and self._due_us[0] < time_us:
            changes += self._machine.observe(self._due_us.pop(0), 1.0)
        return changes

    finish = advance
