"""In wall time real work is paced openly: what stalls shows, what is cut is begun anew."""

import sqlite3
import threading
import time
from itertools import pairwise
from pathlib import Path

import pytest

from simlab.bot.desk import Desk
from simlab.bot.faults import Outages

from .cases import Notebook
from .shop import SECOND, bot_at, single, units


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "inventory.db"


def holding(file: Path, *, after_s: float, for_s: float) -> threading.Thread:
    """Another program that takes SQLite's lock for a while."""

    def hold() -> None:
        time.sleep(after_s)
        other = sqlite3.connect(file, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        time.sleep(for_s)
        other.execute("ROLLBACK")
        other.close()

    thread = threading.Thread(target=hold)
    thread.start()
    return thread


def test_a_stall_shows_in_how_long_those_behind_it_waited(file: Path) -> None:
    """Due each second at ten times the pace, and the lock is held for six seconds of that time.

    A closed loop would ask for the next batch when the stalled one is through, and find five
    batches fewer that had to wait (coordinated omission).
    """
    notebook = Notebook()
    with bot_at(f"sqlite:///{file}", single(20), observers=[notebook]) as (bot, store):
        lock = holding(file, after_s=0.45, for_s=0.6)  # from about 4.5 s on to about 10.5 s
        bot.work()
        lock.join()
        assert store.reconciliation().batches == 20
    waits = [each.queue_wait for each in sorted(notebook.attempts, key=lambda each: each.batch_id)]
    durations = [each.duration for each in sorted(notebook.attempts, key=lambda e: e.batch_id)]
    stalled = durations.index(max(durations))
    assert 4 <= stalled <= 7
    assert max(durations) > 3
    behind = waits[stalled + 1 : stalled + 1 + int(max(durations)) - 1]
    assert len(behind) >= 3
    assert all(wait is not None and wait > 0.5 for wait in behind)
    drops = [a - b for a, b in pairwise(behind) if a and b]
    assert all(0.4 < drop <= 1.0 for drop in drops), drops  # each fell due one second later
    assert all(wait is not None and wait < 0.5 for wait in waits[:stalled])


@pytest.mark.fault("database", "second writer")
def test_a_lock_that_outlasts_the_patience_is_retried_and_the_batch_applied_once(
    file: Path,
) -> None:
    notebook = Notebook()
    batches = single(3, tries=1)  # one attempt is all that was planned for each
    with bot_at(f"sqlite:///{file}", batches, observers=[notebook], patience_s=0.05) as (
        bot,
        store,
    ):
        lock = holding(file, after_s=0, for_s=0.15)
        time.sleep(0.05)
        bot.work()
        lock.join()
        found = store.reconciliation()
    failed = [each for each in notebook.attempts if each.status != "success"]
    assert failed
    assert {(each.status, each.error_type) for each in failed} == {("retry", "locked")}
    assert (found.batches, found.agrees) == (3, True)


def test_what_an_outage_cuts_short_is_begun_anew_and_told_once(url: str) -> None:
    """Half a second of work, cut a fifth of a second in; then a second of nothing."""
    notebook = Notebook()
    down = Outages([(SECOND // 5, SECOND * 6 // 5)])
    batches = single(3, every_us=SECOND // 10, work_us=SECOND // 2)
    with bot_at(url, batches, observers=[notebook], workers=3, speed=2, faults=down) as (bot, _):
        bot.work()
    assert [each.status for each in notebook.attempts] == ["success"] * 3
    for each in notebook.attempts:
        assert each.time_us - each.duration * SECOND >= SECOND * 6 // 5 - 1
        assert each.queue_wait is not None
        assert each.queue_wait >= 1.0


def test_asked_to_stop_it_finishes_what_is_at_hand_and_begins_nothing_else(url: str) -> None:
    notebook = Notebook()
    batches = single(50, every_us=SECOND // 10, work_us=SECOND)
    with bot_at(url, batches, observers=[notebook], workers=2, speed=2) as (bot, store):
        threading.Timer(0.2, bot.stop).start()
        worked = bot.work()
        assert worked.stopped
        assert worked.attempts == len(notebook.attempts) == store.reconciliation().batches
    assert 1 <= worked.attempts <= 4
    assert {each.status for each in notebook.attempts} == {"success"}


def test_events_come_in_the_order_of_time_from_many_workers(url: str) -> None:
    notebook = Notebook()
    batches = single(200, every_us=SECOND // 20, work_us=SECOND // 5)
    with bot_at(url, batches, observers=[notebook], workers=6, speed=20) as (bot, store):
        opening = sum(units(store).values())
        bot.work()
        found = store.reconciliation()
    times = [each.time_us for each in notebook.attempts]
    assert times == sorted(times)
    assert (found.batches, found.movements, found.agrees) == (200, 600, True)
    assert found.stock == opening + found.moved


def test_half_of_the_attempts_take_no_longer_than_they_were_drawn(file: Path) -> None:
    """Real work is part of the time drawn, not on top of it; the machine's own stalls aside."""
    notebook = Notebook()
    batches = single(150, every_us=SECOND // 5, work_us=SECOND)
    with bot_at(f"sqlite:///{file}", batches, observers=[notebook], workers=8, speed=20) as (
        bot,
        _,
    ):
        bot.work()
    durations = sorted(each.duration for each in notebook.attempts)
    assert 0.9 < durations[75] < 1.15


def test_a_worker_that_cannot_go_on_ends_the_bot_with_its_reason(url: str) -> None:

    def fail(_: Desk) -> None:
        raise RuntimeError("no")

    with bot_at(url, single(3)) as (bot, _):
        bot._workers = [fail]
        with pytest.raises(RuntimeError, match="no"):
            bot.work()
