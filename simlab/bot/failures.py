"""Why an attempt failed: whatever was raised, as one of the seven error types."""

import errno
from typing import Any, Final

from sqlalchemy.exc import DBAPIError, OperationalError

TRANSIENT: Final = frozenset({"timeout", "locked", "upstream"})
"""The error types that may be gone a moment later, so that another attempt is worth it."""
_SQLSTATES: Final = {
    "55P03": "locked", "40P01": "locked", "40001": "locked", "57014": "timeout",
    "53100": "disk_full", "28000": "auth", "28P01": "auth", "23514": "validation",
}  # fmt: skip
"""https://www.postgresql.org/docs/current/errcodes-appendix.html"""
_GONE: Final = frozenset({"08", "57"})
"""Classes of those that say that the server is going or gone; those above come first."""
_SQLITE: Final = {
    "SQLITE_BUSY": "locked", "SQLITE_LOCKED": "locked", "SQLITE_FULL": "disk_full",
    "SQLITE_IOERR": "disk_full", "SQLITE_CONSTRAINT": "validation",
}  # fmt: skip
"""https://www.sqlite.org/rescode.html, extended codes by what they begin with."""


class InvalidError(Exception):
    """An order that says what cannot be done."""


class UpstreamError(Exception):
    """The system that orders come from answered, and not with an order.

    Args:
        code: as in HTTP; 401 and 403 refuse, all else is its own trouble.
    """

    def __init__(self, code: int) -> None:
        super().__init__(f"upstream answered {code}")
        self.code = code


class FailedError(Exception):
    """An attempt that failed, and whether another is worth it.

    Args:
        error_type: one of the seven.
        transient: whether the trouble may be gone in a moment.
    """

    def __init__(self, error_type: str, *, transient: bool) -> None:
        super().__init__(error_type)
        self.error_type = error_type
        self.transient = transient


def failure_of(error: Exception) -> FailedError:
    """What an exception out of the bot's steps means; what is not known is a crash."""
    error_type = _error_type(error)
    return FailedError(error_type, transient=error_type in TRANSIENT)


def _error_type(error: Exception) -> str:  # noqa: PLR0911  # one line an exception
    match error:
        case InvalidError():
            return "validation"
        case UpstreamError():
            return "auth" if error.code in {401, 403} else "upstream"
        case DBAPIError():
            return _of_database(error)
        case TimeoutError():
            return "timeout"
        case ConnectionError():
            return "upstream"
        case OSError() if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            return "disk_full"
        case _:
            return "crash"


def _of_database(error: DBAPIError) -> str:
    if error.connection_invalidated:
        return "upstream"
    cause: Any = error.orig
    name = getattr(cause, "sqlite_errorname", None)
    if name is not None:
        return next((kind for start, kind in _SQLITE.items() if name.startswith(start)), "crash")
    state = getattr(cause, "sqlstate", None)
    if state is None:  # nothing that the server said
        return "upstream" if isinstance(error, OperationalError) else "crash"
    return _SQLSTATES.get(state, "upstream" if state[:2] in _GONE else "crash")
