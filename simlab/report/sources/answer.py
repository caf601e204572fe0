"""Asking over HTTP, with an answer that is bounded in time and size."""

import http.client
from contextlib import closing
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from simlab.clock import monotonic_s
from simlab.errors import ConfigError, InputError
from simlab.report.inert import visible

_MOST_BYTES: Final = 256 << 20
_PIECE: Final = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Address:
    """Where to ask.

    Attributes:
        secure: whether by HTTPS.
        host: its name or number.
        port: None for the scheme's own.
        path: beginning with a slash.
    """

    secure: bool
    host: str
    port: int | None
    path: str

    def __str__(self) -> str:
        """As one writes it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port is None else f":{self.port}"
        return f"http{'s' if self.secure else ''}://{host}{port}{self.path}"


def address(url: str, option: str, *, path: str) -> Address:
    """The address that an option names; `path` where it names none.

    Raises:
        ConfigError: it is no address of HTTP or HTTPS, or has a user in it.
    """
    written = url if "://" in url else f"http://{url}"
    try:
        parts = urlsplit(written)
        sound = parts.scheme in {"http", "https"} and bool(parts.hostname)
        sound = sound and parts.port != 0 and written.isprintable() and " " not in written
    except ValueError:
        sound = False
    if not sound:
        raise ConfigError(f"{option} {url!r}: expected an address such as http://127.0.0.1:9090")
    if parts.username is not None or parts.password is not None:
        raise ConfigError(f"{option}: found a user in the address, expected none; none is sent")
    own = parts.path.rstrip("/")
    return Address(
        secure=parts.scheme == "https",
        host=parts.hostname or "",
        port=parts.port,
        path=own or path,
    )


def answer(asked: Address, query: str, *, timeout_s: float) -> tuple[int, bytes]:
    """The status and the body that a GET of the address with a query brings.

    Raises:
        InputError: nobody answers there, not by HTTP, not in time, or without end.
    """
    kind = http.client.HTTPSConnection if asked.secure else http.client.HTTPConnection
    try:
        with closing(kind(asked.host, asked.port, timeout=timeout_s)) as connection:
            connection.request("GET", f"{asked.path}?{query}" if query else asked.path)
            with connection.getresponse() as response:
                return response.status, _body(response, monotonic_s() + timeout_s)
    except (OSError, http.client.HTTPException, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise InputError(
            f"{asked}: no answer ({visible(reason)}); is the address right, and is it running?"
        ) from None


def _body(response: http.client.HTTPResponse, until_s: float) -> bytes:
    body = bytearray()
    while piece := response.read1(_PIECE):
        body += piece
        if len(body) > _MOST_BYTES or monotonic_s() > until_s:
            raise http.client.HTTPException("the answer does not end in time")
    if response.length:
        raise http.client.HTTPException("the answer was cut short")
    return bytes(body)
