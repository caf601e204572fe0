"""Alert events posted to a webhook, signed if asked."""

import hashlib
import hmac
from pathlib import Path
from typing import Final
from urllib.parse import quote

from simlab.errors import ConfigError
from simlab.watch.post import Post
from simlab.watch.receiver import Receiver
from simlab.watch.told import Told

SIGNATURE: Final = "X-Simlab-Signature"


class Webhook(Receiver):
    """Posts each alert's line as it stands in the log: a receiver.

    `Idempotency-Key` is the alert's id and state, the same when an event comes again.

    Args:
        post: where to.
        secret: what the body is signed with, by HMAC-SHA256 (RFC 2104): the header
            `X-Simlab-Signature` is then `sha256=` and the digest in hexadecimal.
    """

    name = "webhook"

    def __init__(self, post: Post, *, secret: bytes | None = None) -> None:
        self._post = post
        self._secret = secret

    def deliver(self, told: Told, *, tries: int) -> None:
        """Post it.

        Raises:
            LaterError: the server is not there, or not now.
            RefusedError: it will not have it.
        """
        del tries
        assert told.alert is not None
        headers = {"Idempotency-Key": f"{quote(told.alert.alert_id)}:{told.alert.state}"}
        if self._secret is not None:
            headers[SIGNATURE] = f"sha256={signature(told.line, self._secret)}"
        self._post.send(told.line, headers=headers)


def signature(body: bytes, secret: bytes) -> str:
    """The HMAC-SHA256 of a body, in hexadecimal."""
    return hmac.new(secret, body, hashlib.sha256).hexdigest()


def secret_in(path: Path) -> bytes:
    """The secret that a file holds, without the line's end.

    Raises:
        ConfigError: it cannot be read, or holds none.
    """
    try:
        secret = path.read_bytes().rstrip(b"\r\n")
    except OSError as error:
        raise ConfigError(
            f"--webhook-secret-file {path}: cannot be read: {error.strerror}"
        ) from None
    if not secret:
        raise ConfigError(f"--webhook-secret-file {path}: empty; expected a secret")
    return secret
