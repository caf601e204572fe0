"""From the log to one receiver: in order, at least once, at the receiver's own pace."""

from collections.abc import Callable
from threading import Event

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    sleep_using_event,
)

from simlab.clock import monotonic_s
from simlab.watch.aside import Aside
from simlab.watch.cursor import Line
from simlab.watch.opened import Opened
from simlab.watch.pace import Pace
from simlab.watch.receiver import LaterError, Receiver, RefusedError, Tell
from simlab.watch.told import ForeignError, Told, told_by

_STROLL_S = 5.0
"""How often the state is saved while lines go by that no one is told of [s]."""


class Delivery:
    """Delivers the events of a log to one receiver, and moves its cursor behind each.

    Args:
        receiver: who gets them.
        log: the log, and the state that the receiver's cursor is in.
        aside: takes what the receiver refuses.
        pace: how long to wait for what.
        once: end where the log ends, and do not wait for a receiver that is not there.
        stop: set when it is to end.
        tell: is told of trouble.
        delivered: is told of each event that arrived.

    Attributes:
        cursor: how far it is.
        left: why not everything was delivered; empty when it was.
        failed: what ended it, that should not have.
    """

    def __init__(
        self,
        receiver: Receiver,
        log: Opened,
        *,
        aside: Aside,
        pace: Pace,
        once: bool,
        stop: Event,
        tell: Tell,
        delivered: Callable[[str, Told], None],
    ) -> None:
        self.left = ""
        self.failed: Exception | None = None
        self.receiver = receiver
        self._follower = log.follower_of(receiver.name)
        self.cursor = log.state.cursors[receiver.name]
        self._state = log.state
        self._aside = aside
        self._pace = pace
        self._once = once
        self._stop = stop
        self._tell = tell
        self._delivered = delivered
        self._saved_s = monotonic_s()
        self._news = False
        self._trouble = ""
        self._save_trouble = ""
        self._has_skipped = False

    def run(self) -> None:
        """Deliver until it is to end; what should not happen is kept in `failed`."""
        try:
            self.receiver.begin(self.cursor.kept)
            self._save()  # where a first start began
            self._go_on()
        except Exception as error:  # noqa: BLE001  # another thread has to hear of it
            self.failed = error
            self._stop.set()
        finally:
            self._save()
            self._follower.close()

    def _go_on(self) -> None:
        while not self._stop.is_set():
            self.receiver.rest()
            for line in self._follower.unread():
                if not self._take(line):
                    break
                self._save_now_and_then()
            if self._news or monotonic_s() - self._saved_s > _STROLL_S:
                self._save()
            if self._once:
                return
            self._stop.wait(self._pace.poll_s)

    def _take(self, line: Line) -> bool:
        """Deal with a line; whether it is dealt with."""
        try:
            told = told_by(line.text)
        except ForeignError as error:
            self._skip(str(error))
            told = None
        if told is not None and self._concerns(told):
            if told.alert is not None and told.alert.held:
                self.cursor.held += 1
                self._news = True
            elif not self._deliver(told):
                return False
        self.cursor.pass_by(line)
        return not self._stop.is_set()

    def _concerns(self, told: Told) -> bool:
        since_us = self.cursor.since_us
        return (since_us is None or told.time_us >= since_us) and self.receiver.wants(told)

    def _deliver(self, told: Told) -> bool:
        """Have the receiver take an event, or set it aside; whether the one or the other."""
        retrying = Retrying(
            retry=retry_if_exception_type((LaterError, RefusedError)),
            wait=self._pace.wait(),
            stop=self._enough,
            sleep=sleep_using_event(self._stop),
            before_sleep=self._note,
            reraise=True,
        )
        try:
            retrying(self._try, told)
        except (LaterError, RefusedError) as error:
            is_enough = self.cursor.refused >= self._pace.tries
            if not is_enough or not self._set_aside(told, str(error)):
                self._leave(str(error))
                return False
        else:
            self._arrived(told)
        self.cursor.tries = self.cursor.refused = 0
        self._news = True
        return True

    def _try(self, told: Told) -> None:
        self.cursor.tries += 1
        if self.receiver.is_dear:
            self._save()  # so that a successor knows of this try
        try:
            self.receiver.deliver(told, tries=self.cursor.tries)
        except RefusedError:
            self.cursor.refused += 1
            raise

    def _enough(self, state: RetryCallState) -> bool:
        """Whether not to try again."""
        is_left = self._once and state.attempt_number >= self._pace.tries
        return is_left or self._stop.is_set() or self.cursor.refused >= self._pace.tries

    def _arrived(self, told: Told) -> None:
        if self._trouble:
            self._tell(f"{self.receiver.name}: reached again")
            self._trouble = ""
        if told.alert is not None:
            self.cursor.delivered += 1
            self._delivered(self.receiver.name, told)

    def _set_aside(self, told: Told, reason: str) -> bool:
        name, tries = self.receiver.name, self.cursor.tries
        try:
            self._aside.put(told, receiver=name, reason=reason, tries=tries)
        except OSError as error:
            self._trouble_is(f"{self._aside.path}: cannot be written: {error.strerror}")
            self._stop.wait(0 if self._once else self._pace.longest_s)
            return False
        self._trouble = ""
        self.cursor.set_aside += 1
        self._tell(f"{name}: set aside after {tries} tries, in {self._aside.path}: {reason}")
        return True

    def _note(self, state: RetryCallState) -> None:
        assert state.outcome is not None
        self._trouble_is(str(state.outcome.exception()))

    def _leave(self, reason: str) -> None:
        self.left = reason
        self._trouble_is(reason)

    def _trouble_is(self, reason: str) -> None:
        """Tell of trouble, once while it stays the same."""
        if reason != self._trouble:
            self._trouble = reason
            self._tell(f"{self.receiver.name}: not delivered yet: {reason}")

    def _skip(self, reason: str) -> None:
        self.cursor.skipped += 1
        if not self._has_skipped:
            self._has_skipped = True
            self._tell(f"{self.receiver.name}: lines that are not the bot's are skipped: {reason}")

    def _save_now_and_then(self) -> None:
        is_due = self.receiver.is_dear or monotonic_s() - self._saved_s > self._pace.save_s
        if self._news and is_due:
            self._save()

    def _save(self) -> None:
        """Save the cursor; where it cannot be saved, a restart will repeat what came since."""
        self._saved_s = monotonic_s()
        try:
            self._state.save()
        except OSError as error:
            if not self._save_trouble:
                self._save_trouble = str(error.strerror)
                self._tell(
                    f"{self._state.path}: cannot be written: {error.strerror}; what is delivered "
                    "meanwhile comes again after a restart"
                )
        else:
            self._news = False
            self._save_trouble = ""
