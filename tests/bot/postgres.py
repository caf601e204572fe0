"""A real PostgreSQL server for tests: its own, on a free port, by an unprivileged user."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

_PROGRAMS = Path("/usr/lib/postgresql")


def _program(name: str) -> Path | None:
    found = shutil.which(name)
    places = sorted(_PROGRAMS.glob(f"*/bin/{name}"))
    return Path(found) if found else places[-1] if places else None


@contextmanager
def server() -> Iterator[str]:
    """The URL of a running one; the test is skipped where the package is not installed."""
    initdb, postgres = _program("initdb"), _program("postgres")
    if initdb is None or postgres is None:
        pytest.skip("PostgreSQL's server is not installed")
    pytest.importorskip("psycopg")
    who = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
    with tempfile.TemporaryDirectory(prefix="simlab-pg-") as folder:
        os.chown(folder, who.pw_uid, who.pw_gid)
        data = Path(folder) / "data"
        as_them: Any = {"user": who.pw_uid, "group": who.pw_gid} if os.getuid() == 0 else {}
        subprocess.run(
            [initdb, "-D", data, "-U", "bot", "-A", "trust", "--no-sync", "-E", "UTF8", "--no-locale"],
            check=True, capture_output=True, cwd=folder, timeout=60, **as_them,
        )  # fmt: skip
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        running = subprocess.Popen(
            [postgres, "-D", data, "-p", str(port), "-k", folder, "-c", "fsync=off",
             "-c", "listen_addresses=127.0.0.1"],
            cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **as_them,
        )  # fmt: skip
        try:
            _wait_for(port)
            yield f"postgresql+psycopg://bot@127.0.0.1:{port}/postgres"
        finally:
            running.terminate()
            running.wait(timeout=20)


def _wait_for(port: int) -> None:
    import psycopg  # noqa: PLC0415  # only where it is needed

    until_s = time.monotonic() + 20
    while True:
        try:
            psycopg.connect(f"host=127.0.0.1 port={port} user=bot dbname=postgres").close()
        except psycopg.OperationalError:
            assert time.monotonic() < until_s
            time.sleep(0.05)
        else:
            return
