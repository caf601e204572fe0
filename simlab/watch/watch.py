"""Follow a log, and deliver its alert events to each receiver at its own pace."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

from simlab.clock import iso
from simlab.watch.aside import Aside
from simlab.watch.cursor import Cursor
from simlab.watch.delivery import Delivery
from simlab.watch.opened import Opened, Since, opened
from simlab.watch.pace import Pace
from simlab.watch.receiver import Receiver, Tell
from simlab.watch.state import poison_of
from simlab.watch.told import Told

_JOIN_S = 0.2


@dataclass(frozen=True, kw_only=True)
class Watched:
    """What became of a watch.

    Attributes:
        log: the log that was followed.
        state: the state file.
        cursors: by receiver, how far it is and what became of the events, since its first start.
        set_aside: how many events were set aside this time.
        left: by receiver, why not everything that was there was delivered.
    """

    log: Path
    state: Path
    cursors: Mapping[str, Cursor]
    set_aside: int
    left: Mapping[str, str]


def watch(
    path: Path,
    receivers: Sequence[Receiver],
    *,
    state: Path | None = None,
    since: Since | None = None,
    once: bool = False,
    pace: Pace | None = None,
    stop: Event | None = None,
    tell: Tell = lambda _: None,
    delivered: Callable[[str, Told], None] = lambda _, __: None,
) -> Watched:
    """Deliver the alert events of a log to receivers, each at least once and in order.

    Each receiver has a thread and a position of its own, so that none waits for another. A
    position moves on when the event before it was delivered or set aside, and is in the state
    file soon after; what was delivered since then comes again after a kill, with the same
    `alert_id`. Alerts that are `held` go to no one, and are counted.

    Args:
        path: a log, its directory, or a run directory.
        receivers: who gets the events, of distinct names.
        state: the state file; beside the log by default.
        since: where to begin for a receiver that the state does not know; by default at the
            log's end, and with `once` at its start.
        once: end where the log ends, and give up on a receiver after `pace.tries`.
        pace: how long to wait for what.
        stop: ends the watch when it is set; tries under way are finished first.
        tell: is told of trouble, from any thread.
        delivered: is told of each event that arrived, and at whom, from any thread.

    Raises:
        InputError: there is no log of a bot's, or the state is another log's.
        OutputError: the state cannot be written, or another process holds it.
    """
    begin = since if since is not None else "start" if once else "end"
    ended = stop or Event()
    with opened(path, state=state, since=begin, tell=tell) as log:
        _tell_where(log, receivers, since)
        aside = Aside(poison_of(log.state.path))
        deliveries = [
            Delivery(
                receiver,
                log,
                aside=aside,
                pace=pace or Pace(),
                once=once,
                stop=ended,
                tell=tell,
                delivered=delivered,
            )
            for receiver in receivers
        ]
        before = sum(each.cursor.set_aside for each in deliveries)
        _run(deliveries)
        return Watched(
            log=log.place.log,
            state=log.state.path,
            cursors={each.receiver.name: each.cursor for each in deliveries},
            set_aside=sum(each.cursor.set_aside for each in deliveries) - before,
            left={each.receiver.name: each.left for each in deliveries if each.left},
        )


def _run(deliveries: Sequence[Delivery]) -> None:
    """Let all of them run until the last has ended.

    Raises:
        Exception: what ended one that should not have.
    """
    threads = [Thread(target=each.run, name=each.receiver.name, daemon=True) for each in deliveries]
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive():  # waiting in steps lets signals be heard
            thread.join(_JOIN_S)
    for each in deliveries:
        if each.failed is not None:
            raise each.failed


def _tell_where(log: Opened, receivers: Sequence[Receiver], since: Since | None) -> None:
    """Say where reading begins."""
    known = [each.name for each in receivers if log.knows(each.name)]
    new = [each.name for each in receivers if not log.knows(each.name)]
    where = f"the log's {log.since}" if isinstance(log.since, str) else iso(log.since)
    parts = [f"{name} from {where}" for name in new]
    parts += [f"{name} from where it ended" for name in known]
    log.tell(f"{log.place.log}: {', '.join(parts)}; state in {log.state.path}")
    if since is not None and not new:
        log.tell("--from is for a first start; move the state away to begin anew")
