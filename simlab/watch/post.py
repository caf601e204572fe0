"""JSON posted to a server, and what its answer means."""

import base64
from collections.abc import Mapping
from http.client import HTTPException
from typing import Final
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

from simlab import __version__
from simlab.errors import ConfigError
from simlab.watch.receiver import LaterError, RefusedError

TIMEOUT_S: Final = 10.0
_NOT_THE_EVENTS_FAULT: Final = frozenset({401, 403, 404, 405, 407, 408, 421, 425, 429})
"""Refusals that speak of the address, of who sends or of the moment, not of what is sent."""
_HEARD_BYTES: Final = 300


class Post:
    """A server's address that JSON is posted to.

    Redirections are not followed. Proxies are those of the environment, as for other programs.

    Args:
        option: the option that names it, for errors.
        url: its address; a name and password in it are sent as basic authentication.
        path: what is added to the address, unless it ends so already.
        timeout_s: how long the server may be silent [s].

    Raises:
        ConfigError: it is no address.
    """

    def __init__(self, option: str, url: str, *, path: str = "", timeout_s: float) -> None:
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            host = port = None
        if not host or parts.scheme not in {"http", "https"} or not _is_plain(url):
            raise ConfigError(f"{option} {url!r}: expected an address like http://127.0.0.1:9093")
        self.shown = f"{parts.scheme}://{host}{'' if port is None else f':{port}'}"
        """The address without what may be secret in it."""
        where = parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="")
        if path and not where.path.endswith(path):
            where = where._replace(path=where.path.rstrip("/") + path)
        self._url = where.geturl()
        self._timeout_s = timeout_s
        self._headers = {"Content-Type": "application/json", "User-Agent": f"simlab/{__version__}"}
        if parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
            self._headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        self._opener: OpenerDirector = build_opener(_NoRedirection)

    def send(self, body: bytes, *, headers: Mapping[str, str] | None = None) -> None:
        """Post it.

        Raises:
            LaterError: there is no answer, or one that is no word about what was sent.
            RefusedError: the server will not have it.
        """
        headers = {**self._headers, **(headers or {})}
        request = Request(self._url, data=body, headers=headers, method="POST")  # noqa: S310  # http(s) alone, see above
        try:
            with self._opener.open(request, timeout=self._timeout_s):
                return
        except HTTPError as error:
            with error:
                _judge(error, self.shown)
        except URLError as error:
            raise LaterError(f"{self.shown}: {_reason(error.reason)}") from None
        except (OSError, HTTPException) as error:
            raise LaterError(f"{self.shown}: {_reason(error)}") from None


class _NoRedirection(HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """Not followed: a POST would become a GET."""


def _judge(error: HTTPError, shown: str) -> None:
    """Say what an answer means that is not a yes."""
    said = f"{shown}: HTTP {error.code} {error.reason}{_heard(error)}"
    if 400 <= error.code < 500 and error.code not in _NOT_THE_EVENTS_FAULT:
        raise RefusedError(said)
    after = error.headers.get("Retry-After", "")
    raise LaterError(said, after_s=float(after) if after.isascii() and after.isdigit() else 0.0)


def _heard(error: HTTPError) -> str:
    """The beginning of what the server said, in one line."""
    try:
        text = error.read(_HEARD_BYTES).decode(errors="replace")
    except (OSError, HTTPException):
        return ""
    return f": {' '.join(text.split())}" if text.strip() else ""


def _reason(error: object) -> str:
    strerror = getattr(error, "strerror", None)
    return str(strerror or error or type(error).__name__)


def _is_plain(url: str) -> bool:
    return url.isascii() and url.isprintable() and " " not in url
