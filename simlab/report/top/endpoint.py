"""A bot's metrics endpoint, asked again and again."""

import http.client
import math
import socket
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from typing import Final
from urllib.parse import SplitResult, urlsplit

from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from simlab.clock import iso, monotonic_s, utc_now_us
from simlab.errors import ConfigError, InputError
from simlab.report.inert import visible
from simlab.report.top.news import POINTS, Change, News
from simlab.report.top.reading import DURATIONS, NAMES, Reading, reading_of

TIMEOUT_S: Final = 2.0
MOST_BYTES: Final = 16 << 20
_PIECE: Final = 1 << 16
_MINE: Final = f"{DURATIONS}_count "


class Endpoint:
    """The metrics that a bot serves.

    Args:
        url: where; without a path, `/metrics` is asked for.
        span_us: how far back trends go [µs].
        timeout_s: how long an answer may take [s].

    Raises:
        ConfigError: that is no address of an endpoint.
        InputError: nobody answers there, or someone who is not the bot.
    """

    tells_alerts = False

    def __init__(self, url: str, *, span_us: int, timeout_s: float = TIMEOUT_S) -> None:
        self._address = _address(url)
        self._path = (self._address.path or "/metrics") + (
            f"?{self._address.query}" if self._address.query else ""
        )
        self._timeout_s = timeout_s
        self._step_us = max(1, span_us // POINTS)
        self.name = f"{self._address.scheme}://{self._address.netloc}{self._path}"
        self._asked: http.client.HTTPConnection | None = None
        self._is_closed = False
        self._since: str | None = None
        self._last: Reading | None = None
        self._first: Reading | None = self._scrape()

    def news(self) -> News:
        """Its metrics now, and which rules began or ceased to fire since the last answer."""
        try:
            reading, self._first = self._first or self._scrape(), None
        except InputError as error:
            self._since = self._since or f"{iso(utc_now_us())[11:19]}"
            reason = str(error).removeprefix(f"{self.name}: ").partition("; ")[0]
            state = f"NO ANSWER since {self._since}: {reason}"
            return News(state=state, is_trouble=True, step_us=self._step_us)
        self._since, before, self._last = None, self._last, reading
        return News(
            readings=(reading,),
            changes=tuple(_changes(before, reading)),
            state="answers",
            began_us=reading.time_us if before and _began_anew(before, reading) else None,
            step_us=self._step_us,
        )

    def close(self) -> None:
        """End the scrape that is under way, if one is; between two of them nothing is open."""
        self._is_closed = True
        asked = None if self._asked is None else self._asked.sock
        if asked is not None:
            with suppress(OSError):  # it has ended meanwhile
                asked.shutdown(socket.SHUT_RDWR)

    def _scrape(self) -> Reading:
        try:
            text = self._body().decode(errors="replace")
        except (OSError, http.client.HTTPException, UnicodeError) as error:
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise InputError(
                f"{self.name}: no metrics ({visible(reason)}); does a bot run there? "
                "Start it with simlab run --clock wall, or give its --metrics-port"
            ) from None
        if _MINE not in text:
            raise InputError(f"{self.name}: {_foreign(text)}")
        try:
            return reading_of(_families(text), utc_now_us())
        except (ValueError, KeyError, IndexError):
            raise InputError(
                f"{self.name}: its metrics cannot be read; expected Prometheus' text format"
            ) from None

    def _body(self) -> bytes:
        """What is answered, all of it within the time.

        Raises:
            OSError: there is no answer, or not in time.
            http.client.HTTPException: the answer is not HTTP, or not 200.
        """
        until_s = monotonic_s() + self._timeout_s
        secure = self._address.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = kind(self._address.hostname or "", self._address.port, timeout=self._timeout_s)
        with closing(connection):
            self._asked = connection
            connection.connect()
            if self._is_closed:
                raise http.client.HTTPException("closed meanwhile")
            connection.request("GET", self._path, headers={"Accept": "text/plain;version=0.0.4"})
            with connection.getresponse() as answer:
                if answer.status != http.client.OK:
                    raise http.client.HTTPException(f"HTTP {answer.status} {answer.reason}")
                return self._read(answer, until_s)

    def _read(self, answer: http.client.HTTPResponse, until_s: float) -> bytes:
        body = bytearray()
        while piece := answer.read1(_PIECE):
            body += piece
            if len(body) > MOST_BYTES or monotonic_s() > until_s:
                limit = f"{self._timeout_s:g} s or {MOST_BYTES >> 20} MB"
                raise http.client.HTTPException(f"the answer does not end within {limit}")
        if answer.length:
            raise http.client.HTTPException("the answer was cut short")
        return bytes(body)


def _address(url: str) -> SplitResult:
    try:
        address = urlsplit(url)
        sound = address.scheme in {"http", "https"} and bool(address.hostname)
        sound = sound and (address.port is None or address.port > 0) and url.isprintable()
    except ValueError:
        sound = False
    if not sound or " " in url:
        raise ConfigError(
            f"{url!r}: not an endpoint's address; expected one like http://127.0.0.1:9100/metrics"
        )
    if address.username is not None or address.password is not None:
        raise ConfigError("an address with a user in it: expected one without; none is sent")
    return address


def _families(text: str) -> Iterable[Metric]:
    """The families of the lines that are looked at: a long exposition is mostly histograms."""
    lines = [line for line in text.split("\n") if line.startswith(NAMES)]
    return text_string_to_metric_families("\n".join([*lines, ""]))


def _foreign(text: str) -> str:
    expected = "expected a bot's metrics, inv_batch_seconds among them"
    if "\nnode_" in text or text.startswith("node_"):
        return (
            f"node_exporter answers there, not a bot; {expected}. It takes port 9100 by default: "
            "run the bot with another --metrics-port, and give that address"
        )
    return f"not a bot's metrics; {expected}"


def _changes(before: Reading | None, now: Reading) -> Iterator[Change]:
    """Which rules fire that did not, and the other way round; what fires at first is new too."""
    known = {} if before is None else before.firing
    for rule, fires in now.firing.items():
        if fires != known.get(rule, False):
            value = now.rule_values.get((rule, None), math.nan)
            yield Change(
                time_us=now.time_us,
                rule=rule,
                state="firing" if fires else "resolved",
                value=value,
                is_late=before is None,
            )


def _began_anew(before: Reading, now: Reading) -> bool:
    return any(now.totals.get(name, 0.0) < total for name, total in before.totals.items())
