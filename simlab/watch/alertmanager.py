"""Alert events as alerts of Prometheus' Alertmanager, by its API v2.

An alert there is known by its labels and ends at its `endsAt`. So while a rule fires its alert is
sent again and again, each time to end a little later, and a watch that dies lets it expire.
"""

import re
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any, Final

import msgspec

from simlab.clock import US_PER_S, iso, monotonic_s, utc_now_us
from simlab.errors import ConfigError
from simlab.watch.post import Post
from simlab.watch.receiver import LaterError, Receiver, RefusedError, Tell
from simlab.watch.told import ForeignError, Told, moment_us, told_by

PATH: Final = "/api/v2/alerts"
RESEND_S: Final = 60.0
_OUTLIVES: Final = 4
"""An alert ends after so many times the time to the next sending, as Prometheus has it."""
_LABEL: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


class Alertmanager(Receiver):
    """Has Alertmanager know what fires: a receiver.

    What a run left firing resolves when the run ends or another begins in the same log.

    Args:
        post: its address.
        labels: labels that each alert gets besides its own.
        resend_s: how often what fires is sent again [s].
        tell: is told when that fails.
    """

    name = "alertmanager"

    def __init__(
        self,
        post: Post,
        *,
        labels: Mapping[str, str] | None = None,
        resend_s: float = RESEND_S,
        tell: Tell,
    ) -> None:
        self._post = post
        self._labels = dict(labels or {})
        self._resend_s = resend_s
        self._tell = tell
        self._firing: MutableMapping[str, str] = {}
        self._due_s = monotonic_s()
        self._trouble = ""

    def begin(self, kept: MutableMapping[str, str]) -> None:
        """Take the lines of the alerts that fire, by their ids."""
        self._firing = kept

    def wants(self, told: Told) -> bool:
        """Whether it changes what fires."""
        return told.alert is not None or bool(self._firing)

    def deliver(self, told: Told, *, tries: int) -> None:
        """Send an alert, or end those of a run that is over.

        Raises:
            LaterError: the server is not there, or not now.
            RefusedError: it will not have it.
        """
        del tries
        over = self._over(told)
        if over:
            self._send([self._resolved(each, told.time_us) for each in over])
            for each in over:
                del self._firing[_id(each)]
        if told.alert is None:
            return
        if told.alert.state == "resolved":
            self._send([self._resolved(told, told.time_us)])
            self._firing.pop(told.alert.alert_id, None)
        else:
            self._send([self._fires(told)])
            self._firing[told.alert.alert_id] = told.line.decode()

    def rest(self) -> None:
        """Send what fires again, when it is time."""
        if not self._firing or monotonic_s() < self._due_s:
            return
        try:
            self._send([self._fires(each) for each in self._told_firing()])
        except (LaterError, RefusedError) as error:
            self._due_s = monotonic_s() + self._resend_s / _OUTLIVES
            if str(error) != self._trouble:
                self._trouble = str(error)
                self._tell(f"alertmanager: not told that alerts still fire: {error}")
        else:
            self._due_s = monotonic_s() + self._resend_s
            self._trouble = ""

    def _over(self, told: Told) -> list[Told]:
        """What fires of runs that are over: all when one begins or ends, else those of others."""
        fires = self._told_firing()
        return fires if told.alert is None else [t for t in fires if t.run_id != told.run_id]

    def _told_firing(self) -> list[Told]:
        return [told for line in list(self._firing.values()) if (told := _read(line)) is not None]

    def _send(self, alerts: Sequence[Mapping[str, Any]]) -> None:
        self._post.send(msgspec.json.encode(alerts))

    def _fires(self, told: Told) -> dict[str, Any]:
        now_us = utc_now_us()
        return self._alert(told, now_us, now_us + int(self._resend_s * _OUTLIVES * US_PER_S))

    def _resolved(self, told: Told, time_us: int) -> dict[str, Any]:
        """Ended when the bot says so, but not in a future that a virtual clock may have."""
        now_us = utc_now_us()
        return self._alert(told, min(time_us, now_us), min(time_us, now_us))

    def _alert(self, told: Told, latest_us: int, end_us: int) -> dict[str, Any]:
        alert = told.alert
        assert alert is not None
        labels = {
            "alertname": alert.rule,
            "severity": alert.severity,
            "action_hint": alert.action_hint,
            "warehouse_id": "" if alert.warehouse_id is None else str(alert.warehouse_id),
            **self._labels,
        }
        value = "no data" if alert.value is None else f"{alert.value:g}"
        return {
            "labels": {name: text for name, text in labels.items() if text},
            "annotations": {
                "summary": f"{alert.rule}: {value}, threshold {alert.threshold:g}",
                "alert_id": alert.alert_id,
                "run_id": told.run_id,
            },
            "startsAt": iso(min(moment_us(alert.started_at), latest_us)),
            "endsAt": iso(end_us),
        }


def labels_of(entries: Sequence[str]) -> dict[str, str]:
    """`NAME=VALUE` texts as labels.

    Raises:
        ConfigError: one has no name that Prometheus allows, or no value.
    """
    labels: dict[str, str] = {}
    for entry in entries:
        name, _, text = entry.partition("=")
        if not _LABEL.fullmatch(name) or not text:
            raise ConfigError(f"--label {entry!r}: write it like site=berlin")
        labels[name] = text
    return labels


def _read(line: str) -> Told | None:
    try:
        return told_by(line.encode())
    except ForeignError:  # someone edited the state
        return None


def _id(told: Told) -> str:
    assert told.alert is not None
    return told.alert.alert_id
