"""Each error type by real means: what the workload says befalls an attempt really does."""

from collections.abc import Callable, Sequence
from typing import Final

from simlab.bot.desk import Job
from simlab.bot.hazards.disk import fill
from simlab.bot.hazards.malformed import malformed
from simlab.bot.hazards.upstream import OK, Client, Upstream
from simlab.bot.ledger import Ledger
from simlab.bot.movements import Movement
from simlab.bot.store import Store
from simlab.bot.till import Till, nothing
from simlab.clock import WallClock

_BAD_GATEWAY: Final = 502
_UNAUTHORISED: Final = 401


class Enactment:
    """One worker's trouble.

    | error type | what really happens |
    |---|---|
    | `timeout` | the upstream system does not answer, and the bot gives up |
    | `upstream`, `auth` | it answers 502, or 401 |
    | `validation` | one line of the order is malformed |
    | `locked` | another connection holds the database's lock |
    | `disk_full` | the database's file may not grow |
    | `crash` | the bot's own code raises when half of the batch is written |

    An attempt that trouble only slows down waits for the upstream system's answer.
    """

    def __init__(self, ledger: Ledger, store: Store, upstream: Upstream, clock: WallClock) -> None:
        self._ledger = ledger
        self._database = store.database
        self._client = Client(upstream)
        self._clock = clock

    def fetch(self, job: Job, order: Sequence[Movement], until_us: int) -> Sequence[Movement]:
        """Wait for the upstream system, which may fail to send the order."""
        match job.cause:
            case "timeout":
                self._client.ask_in_vain(patience_s=self._clock.left_s(until_us))
            case "upstream" | "auth":
                code = _BAD_GATEWAY if job.cause == "upstream" else _UNAUTHORISED
                self._client.ask(code=code, after_s=self._clock.left_s(until_us))
            case _ if job.extra_us:
                self._client.ask(code=OK, after_s=self._clock.real_s(job.extra_us))
        if job.cause == "validation":
            return malformed(order, self._ledger.batch_id[job.turn.batch] + job.turn.number)
        return order

    def apply(self, job: Job, till: Till, write: Callable[[Callable[[], None]], None]) -> None:
        """Have the write fail, where it is to."""
        match job.cause:
            case "locked":
                self._locked(till, write)
            case "disk_full":
                write(lambda: fill(till, is_sqlite=self._database.is_sqlite))
            case "crash":
                write(_crash)
            case _:
                write(nothing)

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    def _locked(self, till: Till, write: Callable[[Callable[[], None]], None]) -> None:
        with self._database.turn, self._database.locked():
            till.hurry()
            try:
                write(nothing)
            finally:
                till.calm_down()


def _crash() -> None:
    """A mistake such as programs make."""
    lines: list[Movement] = []
    lines[0]  # the mistake
