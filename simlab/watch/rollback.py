"""Roll back once for each episode that asks for it."""

from collections.abc import MutableMapping
from typing import Final

from simlab.clock import US_PER_S, iso, utc_now_us
from simlab.watch.command import Program
from simlab.watch.receiver import Receiver, Tell
from simlab.watch.told import Told, moment_us

COOLDOWN_S: Final = 600.0
_REMEMBERED: Final = 1000


class Rollback(Receiver):
    """Runs a command when an alert fires whose `action_hint` is `rollback`: a receiver.

    It runs to its end once an episode, known by `alert_id`; a try that failed, or in which
    `simlab watch` was killed, is made again.

    Args:
        program: the command.
        cooldown_s: for so long after one that was run, others are left out [s].
        oldest_s: alerts told longer ago are left out [s]; None leaves out none.
        is_dry: say what would be run, and run nothing.
        tell: is told what is run, and what is left out.
    """

    name = "rollback"
    is_dear = True

    def __init__(
        self,
        program: Program,
        *,
        cooldown_s: float = COOLDOWN_S,
        oldest_s: float | None = None,
        is_dry: bool = False,
        tell: Tell,
    ) -> None:
        self._program = program
        self._cooldown_s = cooldown_s
        self._oldest_s = oldest_s
        self._is_dry = is_dry
        self._tell = tell
        self._done: MutableMapping[str, str] = {}

    def begin(self, kept: MutableMapping[str, str]) -> None:
        """Take the episodes that were rolled back, each with when that was."""
        self._done = kept

    def wants(self, told: Told) -> bool:
        """Whether it asks for a rollback."""
        alert = told.alert
        return alert is not None and alert.state == "firing" and alert.action_hint == "rollback"

    def deliver(self, told: Told, *, tries: int) -> None:
        """Run the command, unless that was done for this episode or not long ago.

        Raises:
            LaterError: it cannot be started, or asks for later.
            RefusedError: it failed.
        """
        assert told.alert is not None
        episode = told.alert.alert_id
        if episode in self._done:
            return
        why = self._why_not(told)
        if why:
            self._tell(f"rollback: {told.alert.rule}, {episode}: left out, {why}")
            return
        if self._is_dry:
            self._tell(f"rollback: {told.alert.rule}, {episode}: would run {self._program.text}")
        else:
            self._tell(f"rollback: {told.alert.rule}, {episode}: running {self._program.text}")
            self._program.run(told, tries=tries)
        self._done[episode] = iso(utc_now_us())
        while len(self._done) > _REMEMBERED:
            del self._done[next(iter(self._done))]

    def _why_not(self, told: Told) -> str:
        now_us = utc_now_us()
        age_s = (now_us - told.time_us) / US_PER_S
        if self._oldest_s is not None and age_s > self._oldest_s:
            return f"told {age_s:,.0f} s ago"
        last = next(reversed(list(self._done.values())), None)
        since_s = None if last is None else max(0, now_us - moment_us(last)) / US_PER_S
        if since_s is not None and since_s < self._cooldown_s:
            return f"the last was {since_s:,.0f} s ago, and the cool-down is {self._cooldown_s:g} s"
        return ""
