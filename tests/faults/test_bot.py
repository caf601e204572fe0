"""Whatever befalls the bot, a batch is in the database whole and once, or not at all."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from run.cases import made, rules, short

from simlab.bot.database import Database
from simlab.bot.store import Store
from simlab.dataset.manifest import read_manifest
from simlab.dataset.read import read
from simlab.errors import ConfigError, InputError
from simlab.run import run
from simlab.workload.source import source_of_profile

from .test_interrupt import MAIN

KILLS = 30 if os.environ.get("SIMLAB_NIGHTLY") else 2


def working(out: Path, db: Path, *, batches: int, speed: int = 60) -> "subprocess.Popen[str]":
    """A real bot on a database of its own, which has applied so many batches."""
    bot = subprocess.Popen(
        [sys.executable, "-c", MAIN, "run", "flat", "--clock", "wall", "--speed", str(speed),
         "--for", "3m", "--metrics-port", "0", "--force", "--out", str(out),
         "--db", f"sqlite:///{db}"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    until_s = time.monotonic() + 30
    while applied(db) < batches:
        assert bot.poll() is None, bot.communicate()
        assert time.monotonic() < until_s
        time.sleep(0.02)
    return bot


def applied(db: Path) -> int:
    try:
        with sqlite3.connect(f"file:{db}?mode=ro", uri=True) as reader:
            count: int = reader.execute("SELECT count(*) FROM batch").fetchone()[0]
    except sqlite3.OperationalError:  # not made yet
        return 0
    else:
        return count
    finally:
        if "reader" in locals():
            reader.close()


@pytest.mark.fault("database", "kill")
def test_a_bot_killed_again_and_again_ends_with_each_batch_once_and_the_books_agree(
    tmp_path: Path,
) -> None:
    db, least = tmp_path / "stock.db", 0
    for _ in range(KILLS):
        bot = working(tmp_path / "a", db, batches=least + 20, speed=20)
        bot.kill()
        bot.communicate()
        now = applied(db)
        assert now >= least + 20
        least = now
    bot = working(tmp_path / "a", db, batches=least, speed=600)
    said, complained = bot.communicate(timeout=60)
    assert bot.returncode == 0, complained
    assert "stock reconciled: " in said
    rows = read(tmp_path / "a").rows
    succeeded = rows.filter(rows["status"] == "success")["batch_id"]
    assert succeeded.n_unique() == len(succeeded) == applied(db)


@pytest.mark.fault("database", "stop")
def test_sigterm_finishes_the_batch_at_hand_and_exits_0(tmp_path: Path) -> None:
    bot = working(tmp_path / "a", tmp_path / "stock.db", batches=20, speed=10)
    bot.send_signal(signal.SIGTERM)
    said, complained = bot.communicate(timeout=20)
    assert bot.returncode == 0, complained
    assert "Traceback" not in said + complained
    assert "asked to end: the attempts at hand were finished, and no others begun" in complained
    assert "stock reconciled: " in said
    facts = read_manifest(tmp_path / "a").run
    assert facts is not None
    assert facts.interrupted
    rows = read(tmp_path / "a").rows
    assert (rows["status"] == "success").sum() == applied(tmp_path / "stock.db")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 16 megabytes: the write-ahead log alone grows to four."""
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16m", "simlab-test", str(place)]
    try:
        subprocess.run(mount, check=True, capture_output=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        pytest.skip("mounting a tmpfs is not allowed here")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True, timeout=10)


def fill(place: Path) -> None:
    """Take all the room there is."""
    with (place / "filler").open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(65536))


@pytest.mark.fault("database", "full disk")
def test_on_a_full_disk_batches_fail_whole_and_go_on_when_there_is_room(
    tmp_path: Path, small_disk: Path
) -> None:
    db = small_disk / "stock.db"
    source = source_of_profile(short(duration="4m"), seed=5)
    told: list[int] = []

    def meanwhile() -> None:
        while applied(db) < 20:
            time.sleep(0.02)
        fill(small_disk)
        time.sleep(1)
        told.append(applied(db))
        (small_disk / "filler").unlink()

    thread = threading.Thread(target=meanwhile)
    thread.start()
    ran = run(source, out=tmp_path / "a", rules=rules(), clock="wall", speed=60.0,
              db=f"sqlite:///{db}")  # fmt: skip
    thread.join()
    status, error_type = ran.dataset.rows["status"], ran.dataset.rows["error_type"]
    full = (error_type == "disk_full").fill_null(value=False)
    assert full.sum() > 5
    assert set(status.filter(full)) == {"error"}
    assert not full[-10:].any()
    assert ran.real is not None
    assert ran.real.stock.agrees
    assert ran.real.stock.batches == applied(db) == (status == "success").sum() > told[0] + 10


def test_all_trouble_ends_with_the_run(tmp_path: Path) -> None:
    """CPU burner, memory, upstream system and workers: no thread stays, nor does a lock."""
    before = set(threading.enumerate())
    kinds = ("cpu_saturation", "memory_leak", "retry_storm", "disk_stall", "stuck_batch")
    incidents = [
        {"kind": kind, "at": "2026-01-05T00:00:30Z", "duration": {"median": "4m"}} for kind in kinds
    ]
    source = source_of_profile(short(*incidents, duration="5m"), seed=5)
    ran = run(source, out=tmp_path / "a", rules=rules(), clock="wall", speed=100.0)
    assert set(threading.enumerate()) <= before
    assert ran.real is not None
    assert ran.real.stock.agrees
    assert {"locked", "disk_full"} <= set(ran.dataset.rows["error_type"].drop_nulls())
    other = sqlite3.connect(tmp_path / "a" / "inventory.db", timeout=0)
    other.execute("BEGIN EXCLUSIVE")
    other.close()


@pytest.mark.fault("database", "unreachable")
@pytest.mark.fault("database", "hostile")
def test_a_database_that_cannot_be_used_leaves_no_run(tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.db"
    with sqlite3.connect(foreign) as writer:
        writer.execute("CREATE TABLE payroll (id int)")
    writer.close()
    before = foreign.read_bytes()
    for url, error in (
        ("postgresql+psycopg://x@127.0.0.1:1/x", ConfigError),
        (f"sqlite:///{foreign}", InputError),
    ):
        with pytest.raises(error):
            made(tmp_path / "a", clock="wall", speed=600.0, db=url)
        assert not (tmp_path / "a").exists()
    store = Database(f"sqlite:///{foreign}")
    with pytest.raises(InputError):
        Store(store, workload="x", needed={})
    store.close()
    assert foreign.read_bytes() == before


def test_stock_that_does_not_agree_ends_the_command_with_1(tmp_path: Path) -> None:
    db = tmp_path / "stock.db"
    bot = working(tmp_path / "a", db, batches=20, speed=60)
    with sqlite3.connect(db, timeout=20) as thief:
        thief.execute(
            "UPDATE stock SET quantity = quantity + 1 WHERE quantity = (SELECT max(quantity) FROM stock)"
        )
    thief.close()
    said, complained = bot.communicate(timeout=30)
    assert bot.returncode == 1
    assert "stock does not reconcile: " in complained
    assert "reconciled" not in said
    assert json.loads((tmp_path / "a" / "kpis.json").read_bytes())["stock_reconciled"] == 0
