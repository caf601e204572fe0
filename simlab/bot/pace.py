"""How a worker fills the time that an attempt is to take, so that its real work is part of it."""

from threading import Event
from typing import Final

from simlab.clock import WallClock

_STEP_S: Final = 10e-6
_STEP_RATIO: Final = 0.05
"""Of what was learned: a server far away takes a thousand times as long as a file nearby."""
_MOST_S: Final = 0.05


class CutShortError(Exception):
    """The bot went down in the middle of an attempt."""


class Pace:
    """One worker's waiting.

    What comes after the wait, the database's work and the machine's lateness in waking, is
    learned from attempt to attempt and left out of it, so that as many attempts take longer
    than they are to as take less. It is the median, since a mean would have a few that stall
    make all the others shorter.

    Args:
        clock: by which.
        cut: set when the bot goes down.
    """

    def __init__(self, clock: WallClock, cut: Event) -> None:
        self._clock = clock
        self._cut = cut
        self._after_s = 0.0

    def wait(self, end_us: int) -> None:
        """Wait until just so long before `end_us` that the rest is done by then.

        Raises:
            CutShortError: the bot went down meanwhile.
        """
        left_s = self.left_s(end_us)
        if left_s > 0 and self._cut.wait(left_s):
            raise CutShortError

    def left_s(self, end_us: int) -> float:
        """For how long `wait` would [s]."""
        return self._clock.left_s(end_us) - self._after_s

    def learn(self, end_us: int, *, waited: bool) -> None:
        """The attempt that was to end at `end_us` ends now; whether it had time to wait."""
        if waited:
            step_s = max(_STEP_S, _STEP_RATIO * self._after_s)
            early = self._clock.left_s(end_us) > 0
            self._after_s = min(max(0.0, self._after_s + (-step_s if early else step_s)), _MOST_S)
