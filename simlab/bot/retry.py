"""Whether a failed attempt is followed by another, and after which pause: tenacity decides.

Its parts are asked one after another instead of letting it sleep: a batch that pauses keeps no
worker, in wall time as in virtual time.
"""

from collections.abc import Callable

from tenacity import (
    DoSleep,
    RetryCallState,
    RetryError,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
)

from simlab.bot.failures import FailedError


def pause_after(
    failure: FailedError, *, number: int, most: int, pause_us: Callable[[int], int]
) -> int | None:
    """How long to wait before the next attempt [us]; None when there is none.

    Args:
        failure: what ended the attempt.
        number: which attempt that was, from 1.
        most: attempts there may be at a batch.
        pause_us: the pause after attempt `number`.
    """
    retrying = Retrying(
        stop=stop_after_attempt(most),
        wait=lambda state: pause_us(state.attempt_number),
        retry=retry_if_exception(_transient),
    )
    retrying.begin()
    state = RetryCallState(retrying, fn=None, args=(), kwargs={})
    state.attempt_number = number
    state.set_exception((type(failure), failure, failure.__traceback__))
    try:
        pause = retrying.iter(state)
    except (FailedError, RetryError):
        return None
    assert isinstance(pause, DoSleep)  # an attempt that had failed is not simply made again
    return round(pause)


def _transient(error: BaseException) -> bool:
    return isinstance(error, FailedError) and error.transient
