"""Trouble is real: the database, the socket or the code itself fails, and nothing of it stays."""

import threading
import time

import psutil
import pytest
from sqlalchemy.exc import OperationalError

from simlab.bot.failures import UpstreamError, failure_of
from simlab.bot.hazards.disk import fill
from simlab.bot.hazards.malformed import malformed
from simlab.bot.hazards.stress import MOST_MB, Strain, Stress
from simlab.bot.hazards.upstream import Client, Upstream
from simlab.bot.steps import validated
from simlab.bot.till import Till
from simlab.dataset.schema import ERROR_TYPES

from .cases import Notebook
from .shop import NET, ORDER, bot_at, inventory, single, units


@pytest.mark.parametrize("error_type", ERROR_TYPES)
@pytest.mark.parametrize("status", ["error", "retry"])
def test_what_the_workload_has_befall_an_attempt_really_fails_it(
    url: str, error_type: str, status: str
) -> None:
    """Whether it passes is the workload's to say; three attempts there are at most."""
    notebook = Notebook()
    batches = single(2, status=status, error_type=error_type)
    with bot_at(url, batches, observers=[notebook], speed=20) as (bot, store):
        before = units(store)
        worked = bot.work()
        assert units(store) == before
        assert store.reconciliation().batches == 0
    tries = [1, 1] if status == "error" else [1, 1, 2, 2, 3, 3]
    assert sorted(each.attempt for each in notebook.attempts) == tries
    assert {(each.status, each.error_type) for each in notebook.attempts} == {(status, error_type)}
    assert worked.attempts == len(tries)


def test_a_held_lock_is_the_databases_own_complaint(url: str) -> None:
    with inventory(url) as store, Till(store, patience_s=5) as till:
        till.hurry()
        with pytest.raises(OperationalError) as caught, store.database.locked():
            till.apply(1, ORDER, NET)
        assert failure_of(caught.value).error_type == "locked"
        assert failure_of(caught.value).transient
        assert till.apply(1, ORDER, NET)


def test_a_full_disk_fails_one_transaction_and_no_later_one(url: str) -> None:
    with inventory(url) as store, Till(store, patience_s=5) as till:
        is_sqlite = store.database.is_sqlite
        with pytest.raises(Exception, match=r"full|space") as caught:
            till.apply(1, ORDER, NET, midway=lambda: fill(till, is_sqlite=is_sqlite))
        assert failure_of(caught.value).error_type == "disk_full"
        assert units(store) == {"A": 10, "B": 10}
        assert till.apply(1, ORDER, NET)
        assert store.reconciliation().agrees


@pytest.mark.parametrize("number", range(15))
def test_a_malformed_order_is_never_valid(number: int) -> None:
    known = frozenset({"A", "B"})
    validated(ORDER, known)
    with pytest.raises(Exception, match=r"^line [123]: "):
        validated(malformed(ORDER, number), known)


def test_the_upstream_system_answers_late_wrongly_or_never_and_is_gone_at_the_end() -> None:
    before = threading.active_count()
    with Upstream() as upstream:
        client, other = Client(upstream), Client(upstream)
        began_s = time.monotonic()
        client.ask(code=200, after_s=0.05)
        assert time.monotonic() - began_s >= 0.05
        with pytest.raises(UpstreamError, match="502"):
            client.ask(code=502, after_s=0)
        with pytest.raises(TimeoutError):
            client.ask_in_vain(patience_s=0.05)
        other.ask(code=200, after_s=0)
        client.ask(code=200, after_s=0)
        address = upstream.address
    assert threading.active_count() == before
    with pytest.raises(OSError):
        other.ask(code=200, after_s=0)
    other.close()
    client.close()
    with pytest.raises(ConnectionRefusedError):
        Client(upstream).ask(code=200, after_s=0)
    assert address[0] == "127.0.0.1"


def test_an_answer_long_overdue_is_given_up_and_never_taken_for_the_next_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("simlab.bot.hazards.upstream._GRACE_S", -0.1)
    with Upstream() as upstream:
        client = Client(upstream)
        with pytest.raises(TimeoutError):
            client.ask(code=502, after_s=0.2)
        monkeypatch.undo()
        client.ask(code=200, after_s=0.2)  # the 502 comes meanwhile
        client.close()


def test_stress_holds_memory_up_to_its_bound_and_burns_cpu_and_lets_go() -> None:
    process, strain = psutil.Process(), [Strain()]
    before_mb = process.memory_info().rss / 1e6
    with Stress(lambda: strain[0]):
        cpu_s = sum(process.cpu_times()[:2])
        strain[0] = Strain(cpu_percent=60, mem_mb=1e9)
        time.sleep(1)
        held_mb = process.memory_info().rss / 1e6 - before_mb
        burned_s = sum(process.cpu_times()[:2]) - cpu_s
    assert 0.8 * MOST_MB < held_mb < 1.3 * MOST_MB
    assert burned_s > 0.2
    assert process.memory_info().rss / 1e6 - before_mb < 0.3 * MOST_MB
