"""`simlab watch`: alert events from a bot's log to whoever is to know of them."""

import json
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Lock
from typing import TYPE_CHECKING, Annotated, ParamSpec

import typer

from simlab.cli.console import interruptible, note, say, show_json
from simlab.cli.options import moment_us
from simlab.clock import iso
from simlab.stopping import stopping

if TYPE_CHECKING:
    from simlab.watch.cursor import Cursor
    from simlab.watch.opened import Since
    from simlab.watch.told import Told
    from simlab.watch.watch import Watched

P = ParamSpec("P")

_DURATION = "DURATION"


def watch(
    path: Annotated[
        Path, typer.Argument(metavar="LOG", help="A log, its directory, or a run directory.")
    ],
    on_firing: Annotated[
        str | None,
        typer.Option(
            metavar="CMD",
            help="Run it when an alert fires: the event is JSON on standard input and in "
            "SIMLAB_* variables; no shell is asked.",
        ),
    ] = None,
    on_resolved: Annotated[
        str | None, typer.Option(metavar="CMD", help="Run it when an alert resolves.")
    ] = None,
    rollback: Annotated[
        str | None,
        typer.Option(metavar="CMD", help="Run it once an episode whose action_hint is rollback."),
    ] = None,
    rollback_cooldown: Annotated[
        str, typer.Option(metavar=_DURATION, help="No other rollback for so long after one.")
    ] = "10m",
    rollback_max_age: Annotated[
        str | None,
        typer.Option(metavar=_DURATION, help="No rollback for an alert told longer ago."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say which rollbacks would run, and run none.")
    ] = False,
    webhook: Annotated[
        str | None, typer.Option(metavar="URL", help="Post each event there as JSON.")
    ] = None,
    webhook_secret_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Sign what is posted by HMAC-SHA256 with its secret."),
    ] = None,
    alertmanager: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="Have Alertmanager know what fires, such as http://127.0.0.1:9093."
        ),
    ] = None,
    label: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="A label for Alertmanager. May be repeated."),
    ] = None,
    resend: Annotated[
        str,
        typer.Option(metavar=_DURATION, help="How often Alertmanager is told what still fires."),
    ] = "1m",
    state: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Where it is kept how far each receiver is. [default: beside the log]",
            show_default=False,
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="start|end|WHEN",
            help="Where a first start begins. [default: end; start with --once]",
            show_default=False,
        ),
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Deliver what is there, and exit.")] = False,
    tries: Annotated[
        int, typer.Option(help="Set an event aside after so many refusals.", min=1)
    ] = 5,
    timeout: Annotated[
        str, typer.Option(metavar=_DURATION, help="How long a server may be silent.")
    ] = "10s",
    command_timeout: Annotated[
        str, typer.Option(metavar=_DURATION, help="How long a command may take.")
    ] = "1m",
    max_pause: Annotated[
        str, typer.Option(metavar=_DURATION, help="The longest pause between two tries.")
    ] = "15s",
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="Print one JSON object at the end; without a receiver, each event as a line.",
        ),
    ] = False,
) -> None:
    """Follow a bot's alert events, and deliver each at least once.

    Without a receiver (--on-firing, --webhook, --alertmanager, …) the events are printed. Ends on
    Ctrl-C and SIGTERM, and goes on from there at the next start.
    """
    from simlab.cli.receivers import Asked, positive_s, receivers
    from simlab.errors import CheckFailedError
    from simlab.watch.pace import Pace
    from simlab.watch.sink import Sink
    from simlab.watch.watch import watch as follow

    tell = _one_at_a_time(_tell)
    asked = Asked(
        on_firing=on_firing,
        on_resolved=on_resolved,
        rollback=rollback,
        rollback_cooldown=rollback_cooldown,
        rollback_max_age=rollback_max_age,
        dry_run=dry_run,
        webhook=webhook,
        webhook_secret_file=webhook_secret_file,
        alertmanager=alertmanager,
        label=label or [],
        resend=resend,
        timeout=timeout,
        command_timeout=command_timeout,
    )
    named = receivers(asked, tell=tell)
    with _ending() as (stop, by):
        watched = follow(
            path,
            named or [Sink(_say_json if as_json else _say)],
            state=state,
            since=_since(since),
            once=once,
            pace=Pace(tries=tries, longest_s=positive_s(max_pause, "--max-pause")),
            stop=stop,
            tell=tell,
            delivered=_one_at_a_time(_say_to) if named and not as_json else lambda _, __: None,
        )
    if named and as_json:
        show_json(_as_json(watched))
    else:
        _tell_tally(watched)
    if by == [signal.SIGINT]:
        raise typer.Exit(130)
    if once and (watched.left or watched.set_aside):
        raise CheckFailedError(_undelivered(watched))


@contextmanager
def _ending() -> "Iterator[tuple[Event, list[int]]]":
    """An event that Ctrl-C and SIGTERM set, and which of them came first; a second one ends at once."""
    stop, by = Event(), list[int]()

    def end(number: int, _: object) -> None:
        if by:
            raise KeyboardInterrupt
        by.append(number)
        stop.set()

    with interruptible(), stopping(end):
        yield stop, by


def _since(text: str | None) -> "Since | None":
    return text if text in {None, "start", "end"} else moment_us(text, "--from")  # type: ignore[return-value]  # mypy does not narrow by a set


def _one_at_a_time(tell: "Callable[P, None]") -> "Callable[P, None]":
    """The same for several threads: what they say is not mixed."""
    lock = Lock()

    def told(*arguments: "P.args", **named: "P.kwargs") -> None:
        with lock:
            tell(*arguments, **named)

    return told


def _say(told: "Told") -> None:
    say(_line(told))


def _say_json(told: "Told") -> None:
    """The event as it stands in the log, in ASCII: what a terminal would act on is escaped."""
    text = json.dumps(json.loads(told.line))
    say(text, most=len(text))


def _say_to(receiver: str, told: "Told") -> None:
    from simlab.errors import OutputError

    with suppress(OutputError, typer.Exit):  # no one to read it is no reason to page no one
        say(f"{_line(told)} -> {receiver}")


def _tell(text: str) -> None:
    with suppress(OSError):  # as above
        note(text)


def _line(told: "Told") -> str:
    """An alert in a few words."""
    alert = told.alert
    assert alert is not None
    value = "no data" if alert.value is None else f"{alert.value:g}"
    place = "" if alert.warehouse_id is None else f", warehouse {alert.warehouse_id}"
    return (
        f"{iso(told.time_us)} {alert.state} {alert.rule}: {value}, threshold {alert.threshold:g}"
        f"{place} ({alert.severity}, {alert.alert_id})"
    )


def _as_json(watched: "Watched") -> dict[str, object]:
    return {
        "log": str(watched.log),
        "state": str(watched.state),
        "left": dict(watched.left),
        "receivers": {name: _figures(cursor) for name, cursor in watched.cursors.items()},
    }


def _figures(cursor: "Cursor") -> dict[str, int]:
    """What became of the events since the first start."""
    names = ("delivered", "held", "set_aside", "skipped", "gone")
    return {name: getattr(cursor, name) for name in names}


def _tell_tally(watched: "Watched") -> None:
    for name, cursor in watched.cursors.items():
        words = ((f"{count:,} {what.replace('_', ' ')}") for what, count in _figures(cursor).items()
                 if count or what == "delivered")  # fmt: skip
        _tell(f"{name}: {', '.join(words)} since the first start")


def _undelivered(watched: "Watched") -> str:
    parts = [f"{name}: {why}" for name, why in watched.left.items()]
    if watched.set_aside:
        parts.append(f"{watched.set_aside} events set aside")
    return f"{watched.log}: not all was delivered: {'; '.join(parts)}"
