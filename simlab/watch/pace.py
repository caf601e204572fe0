"""How long to wait for what."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tenacity import RetryCallState, wait_random_exponential

_LONGEST_ASKED_S: Final = 300.0


@dataclass(frozen=True, kw_only=True)
class Pace:
    """Times of a delivery.

    Attributes:
        poll_s: from one look at the log to the next [s].
        first_s: the pause after a first try that failed, at most [s]; it doubles from try to try.
        longest_s: the longest pause [s], unless the receiver asks for more.
        save_s: how much is delivered, at most, before the state is saved [s].
        tries: after so many refusals an event is set aside, from 1.
    """

    poll_s: float = 0.1
    first_s: float = 0.5
    longest_s: float = 15.0
    save_s: float = 0.2
    tries: int = 5

    def wait(self) -> Callable[[RetryCallState], float]:
        """The pause before the next try, of random length so that retries do not fall together."""
        backoff = wait_random_exponential(multiplier=self.first_s, max=self.longest_s)

        def pause_s(state: RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome is not None else None
            asked_s = min(float(getattr(error, "after_s", 0.0)), _LONGEST_ASKED_S)
            return max(float(backoff(state)), asked_s)

        return pause_s
