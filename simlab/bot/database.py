"""Databases that an inventory may lie in: how each is opened, waited for and locked."""

import logging
import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from simlab.errors import ConfigError

_CONNECT_S: Final = 5
_PASSWORD: Final = re.compile(r":[^:@]*@")
_WAL: Final = "PRAGMA journal_mode = WAL"
_EXAMPLES: Final = "sqlite:///inventory.db or postgresql+psycopg://user@host/name"


class Database:
    """One that was opened; it may be used from any thread.

    Attributes:
        engine: SQLAlchemy's.
        name: its URL without the password.
        turn: held by whoever writes. SQLite has one writer at a time and those who wait poll it
            by the millisecond, so the bot's own workers queue here instead.
    """

    def __init__(self, url: str) -> None:
        """Make it ready; nothing is connected yet.

        Raises:
            ConfigError: it is no URL, or of a driver that is not there.
        """
        parsed = _parsed(url)
        self.name = parsed.render_as_string(hide_password=True)
        self.engine = _engine(parsed, self.name)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self._is_postgres = parsed.get_backend_name() == "postgresql"
        self.turn: AbstractContextManager[Any] = (
            threading.RLock() if self.is_sqlite else nullcontext()
        )
        if self.is_sqlite:
            event.listen(self.engine, "connect", _as_simlab_wants)
            event.listen(self.engine, "begin", _begin_to_write)

    def be_patient(self, connection: Connection, patience_s: float) -> None:
        """Wait for locks so long from now on, where the database can be told."""
        whole_ms = max(0, round(patience_s * 1000))
        if self.is_sqlite:
            _raw(connection).execute(f"PRAGMA busy_timeout = {whole_ms}")
        elif self._is_postgres:  # 0 would be for ever
            _raw(connection).execute(f"SET lock_timeout = {max(1, whole_ms)}")
            _raw(connection).commit()

    def outlive_the_process(self, connection: Connection) -> None:
        """Have whatever is committed survive a kill; after a power cut the last may be missing.

        SQLite's file itself is changed by that for good, so not before it is known to be ours.

        Raises:
            OperationalError: it cannot be changed now.
        """
        if self.is_sqlite:
            try:
                _raw(connection).execute(_WAL)
            except sqlite3.Error as error:
                raise OperationalError(_WAL, None, error) from None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Have another connection hold the lock on the stock meanwhile."""
        with self.engine.connect() as other, other.begin() as held:
            if not self.is_sqlite:  # there, what begins is a writer
                other.exec_driver_sql("LOCK TABLE stock IN EXCLUSIVE MODE")
            try:
                yield
            finally:
                held.rollback()

    def close(self) -> None:
        """Let go of all connections that are not in use."""
        self.engine.dispose()


def _parsed(url: str) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError):  # the latter of a port that is no number
        told = _PASSWORD.sub(":***@", url)
        raise ConfigError(
            f"--db {told!r}: not a database's URL; write it like {_EXAMPLES}"
        ) from None


def _engine(url: URL, name: str) -> Engine:
    options: dict[str, Any] = {}
    match url.get_backend_name():
        case "sqlite":
            if url.database in {None, "", ":memory:"}:
                raise ConfigError(f"--db {name}: several workers cannot share it; name a file")
            options = {"check_same_thread": False, "timeout": _CONNECT_S}
        case "postgresql":
            options = {"connect_timeout": _CONNECT_S}
            _hush_psycopg()
    try:
        return create_engine(url, poolclass=NullPool, connect_args=options)
    except (NoSuchModuleError, ImportError) as error:
        missing = error.name if isinstance(error, ImportError) else url.drivername
        raise ConfigError(
            f"--db {name}: no driver {missing!r} is installed; install it, or write the URL like"
            f" {_EXAMPLES}"
        ) from None
    except (SQLAlchemyError, TypeError, ValueError) as error:
        raise ConfigError(f"--db {name}: cannot be used: {first_line(error)}") from None


def _hush_psycopg() -> None:
    """It warns of each batch that was rolled back, which the attempt's error tells already."""
    log = logging.getLogger("psycopg")
    if log.level in {logging.NOTSET, logging.WARNING}:  # its own; else someone wants to see it
        log.setLevel(logging.ERROR)


def first_line(error: BaseException) -> str:
    """What an error says first, or its kind where it says nothing."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _raw(connection: Connection) -> Any:
    """The driver's own connection: what is said to it begins nothing in SQLAlchemy's eyes."""
    return connection.connection.dbapi_connection


def _as_simlab_wants(dbapi_connection: Any, _: object) -> None:
    dbapi_connection.isolation_level = None  # SQLAlchemy says when to begin
    dbapi_connection.execute("PRAGMA synchronous = NORMAL")


def _begin_to_write(connection: Connection) -> None:
    """A transaction that reads first and writes later could find that it may not."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")
