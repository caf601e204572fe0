"""Failed batches to Sentry, with stack traces, what the batch was, and the alerts before it.

The bot only puts what failed into a queue; a thread of its own makes reports of it and lets the
SDK send them. The SDK's client is ours alone: nothing is hooked into the process.
"""

from collections import deque
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec

from simlab import __version__
from simlab.clock import US_PER_S, monotonic_s
from simlab.events import Alert, Attempt, Event

if TYPE_CHECKING:
    from sentry_sdk.client import BaseClient

CLOSE_S: Final = 2.0
MOST_WAITING: Final = 100
_MOST_CAUGHT: Final = 256
_BREADCRUMBS: Final = 50
_LEVELS: Final = {"page": "error", "ticket": "warning"}

_Item: TypeAlias = tuple[Attempt | Alert | None, BaseException | None]
"""What is to be reported: a failed attempt with what was raised, an alert, or an error alone."""


class Sentry:
    """An observer that reports failed batches, and takes note of alerts as breadcrumbs.

    A DSN that is none, an SDK that is not installed or a server that is down never touches the
    bot: what cannot be reported is counted.

    Args:
        dsn: where to, as Sentry's project settings give it.
        run_id: told with each report.
        most_waiting: so many reports wait at most, before the SDK and again within it.

    Attributes:
        problem: why nothing is reported, in a line; None when all is well. It does not tell the
            DSN, which is a secret.
    """

    problem: str | None = None

    def __init__(self, dsn: str, *, run_id: str, most_waiting: int = MOST_WAITING) -> None:
        self._most_waiting = most_waiting
        self._queue: SimpleQueue[_Item | None] = SimpleQueue()
        self._caught: dict[int, BaseException] = {}
        self._breadcrumbs: deque[dict[str, Any]] = deque(maxlen=_BREADCRUMBS)
        self._run_id = run_id
        self._lost = _Lost()
        try:
            self._client = _opened(dsn, most_waiting, self._lost)
        except ImportError:
            self.problem = "no Sentry: sentry-sdk is not installed; pip install 'simlab[sentry]'"
        except Exception:  # noqa: BLE001  # whatever the SDK dislikes about a DSN
            self.problem = "no Sentry: the DSN is none; expected https://KEY@HOST/PROJECT"
        else:
            self._thread = Thread(target=self._work, name="simlab-sentry", daemon=True)
            self._thread.start()

    @property
    def dropped(self) -> int:
        """How many reports were lost: too many at once, or a server that would not have them."""
        return self._lost.count

    def caught(self, batch_id: int, error: BaseException) -> None:
        """Keep what a step of a batch raised, for the report should the batch fail for good."""
        if len(self._caught) >= _MOST_CAUGHT:  # batches whose end nobody told of
            self._caught.pop(next(iter(self._caught)))
        self._caught[batch_id] = error

    def crashed(self, error: BaseException) -> None:
        """Report what ended the bot itself."""
        self._put((None, error))

    def emit(self, event: Event) -> None:
        """Report a batch that failed for good; take note of an alert."""
        if type(event) is Attempt:
            error = self._caught.pop(event.batch_id, None) if self._caught else None
            if event.status == "error":
                self._put((event, error))
        elif type(event) is Alert:
            self._put((event, None))

    def close(self, timeout_s: float = CLOSE_S) -> None:
        """Send what waits, and give up after `timeout_s`."""
        if self.problem is not None:
            return
        until_s = monotonic_s() + timeout_s
        self._queue.put(None)
        self._thread.join(timeout_s)
        self._lost.count += self._queue.qsize()
        self._client.close(timeout=max(0.0, until_s - monotonic_s()))

    def _put(self, item: _Item) -> None:
        if self.problem is not None:
            return
        if self._queue.qsize() >= self._most_waiting:
            self._lost.count += 1
        else:
            self._queue.put(item)

    def _work(self) -> None:
        while (item := self._queue.get()) is not None:
            try:
                self._report(item)
            except Exception:  # noqa: BLE001  # one report that fails must not end the others
                self._lost.count += 1

    def _report(self, item: _Item) -> None:
        event, error = item
        if isinstance(event, Alert):
            self._breadcrumbs.append(_breadcrumb(event))
            return
        told, hint = _raised(error, self._client) if error is not None else ({}, {})
        if event is not None:
            told |= _batch(event, with_message=error is None)
        told["breadcrumbs"] = {"values": list(self._breadcrumbs)}
        told["tags"] = {"run_id": self._run_id, **told.get("tags", {})}
        self._client.capture_event(told, hint=hint)


class _Lost:
    """How many reports were lost."""

    count = 0


def _opened(dsn: str, most_waiting: int, lost: _Lost) -> "BaseClient":
    """A client of the SDK that hooks itself into nothing.

    Raises:
        ImportError: the SDK is not installed.
        ValueError: the DSN is none.
    """
    from sentry_sdk import Client  # noqa: PLC0415  # optional, and 0.2 s to import
    from sentry_sdk.transport import HttpTransport  # noqa: PLC0415  # as above

    class Transport(HttpTransport):
        def on_dropped_event(self, _reason: str) -> None:
            lost.count += 1

    client = Client(
        dsn,
        transport=Transport,
        transport_queue_size=most_waiting,
        release=f"simlab@{__version__}",
        default_integrations=False,
        auto_enabling_integrations=False,
        auto_session_tracking=False,
        send_client_reports=False,
        include_local_variables=False,  # they may hold a password
    )
    if not client.dsn:
        raise ValueError
    return client


def _batch(attempt: Attempt, *, with_message: bool) -> dict[str, Any]:
    """What a report tells of the batch; failures of one kind are one issue."""
    kind = str(attempt.error_type or "unknown")
    told: dict[str, Any] = {
        "level": "error",
        "logger": "simlab.bot",
        "timestamp": attempt.time_us / US_PER_S,
        "tags": {"error_type": kind, "warehouse_id": str(attempt.warehouse_id)},
        "contexts": {"batch": {**msgspec.structs.asdict(attempt), "type": "batch"}},
    }
    if with_message:
        told |= {"message": f"batch failed: {kind}", "fingerprint": ["simlab", kind]}
    return told


def _raised(error: BaseException, client: "BaseClient") -> tuple[dict[str, Any], dict[str, Any]]:
    """A report of an exception with its stack, and the SDK's hint to it."""
    from sentry_sdk.utils import event_from_exception  # noqa: PLC0415  # optional

    told, hint = event_from_exception(
        error, client_options=client.options, mechanism={"type": "simlab", "handled": True}
    )
    return dict(told), dict(hint)


def _breadcrumb(alert: Alert) -> dict[str, Any]:
    return {
        "type": "default",
        "category": "alert",
        "level": _LEVELS[alert.severity],
        "message": f"{alert.rule} {alert.state}",
        "timestamp": alert.time_us / US_PER_S,
        "data": msgspec.structs.asdict(alert),
    }
