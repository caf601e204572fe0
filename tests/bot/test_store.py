"""The inventory takes a batch whole, once, and never below nothing; both databases alike."""

from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from simlab.bot.database import Database
from simlab.bot.failures import InvalidError, failure_of
from simlab.bot.movements import Cell, Movement
from simlab.bot.store import Store
from simlab.bot.till import Till
from simlab.errors import ConfigError, InputError

from .shop import NEEDED, NET, ORDER, inventory, units


def test_a_batch_changes_the_stock_by_its_movements_and_the_books_agree(url: str) -> None:
    with inventory(url) as store:
        with Till(store, patience_s=1) as till:
            assert till.apply(1, ORDER, NET)
        found = store.reconciliation()
        assert units(store) == {"A": 8, "B": 17}
    assert (found.opening, found.moved, found.stock) == (20, 5, 25)
    assert (found.batches, found.movements, found.agrees) == (1, 3, True)


def test_a_batch_that_was_applied_is_not_applied_again_by_whoever_tries(url: str) -> None:
    with inventory(url) as store:
        for expected in (True, False, False):
            with Till(store, patience_s=1) as till:
                assert till.apply(1, ORDER, NET) is expected
    with inventory(url) as later, Till(later, patience_s=1) as till:
        assert not till.apply(1, ORDER, NET)
        assert units(later) == {"A": 10, "B": 17}  # A was raised to what is needed again
        assert later.reconciliation().agrees


def test_the_same_id_in_another_workload_is_another_batch(url: str) -> None:
    with inventory(url) as store, Till(store, patience_s=1) as till:
        till.apply(1, ORDER, NET)
        other = Store(store.database, workload="other", needed=NEEDED)
        with Till(other, patience_s=1) as till_of_other:
            assert till_of_other.apply(1, ORDER, NET)
        assert other.reconciliation().batches == 2


@pytest.mark.fault("database", "raising")
def test_whatever_is_raised_in_the_middle_nothing_of_the_batch_stays(url: str) -> None:
    def fail() -> None:
        raise KeyError

    with inventory(url) as store, Till(store, patience_s=1) as till:
        with pytest.raises(KeyError):
            till.apply(1, ORDER, NET, midway=fail)
        assert units(store) == {"A": 10, "B": 10}
        assert store.reconciliation().batches == 0
        assert till.apply(1, ORDER, NET)


def test_a_batch_of_many_lines_that_fails_is_told_by_its_error_alone(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Drivers that send ahead have warnings of their own to give."""
    order = [Movement(f"S{number:04}", 1, -2, "pick") for number in range(2_000)]
    net = {Cell(1, each.sku): -2 for each in order}
    with inventory(url, dict.fromkeys(net, 2)) as store, Till(store, patience_s=1) as till:
        with store.database.locked():
            till.hurry()
            with pytest.raises(DBAPIError):
                till.apply(1, order, net)
        assert store.reconciliation().batches == 0
    assert not caplog.records


@pytest.mark.parametrize(
    "cell", [Cell(1, "A"), Cell(1, "nowhere"), Cell(9, "A")], ids=["empty", "no item", "no place"]
)
def test_what_is_not_there_is_not_taken_out(url: str, cell: Cell) -> None:
    order = [*ORDER, Movement(cell.sku, cell.warehouse_id, -11, "pick")]
    with inventory(url) as store, Till(store, patience_s=1) as till:
        with pytest.raises(InvalidError, match="takes out what is not there"):
            till.apply(1, order, {Cell(1, "B"): 7, cell: -11})
        assert units(store) == {"A": 10, "B": 10}
        assert store.reconciliation().agrees


def test_the_database_itself_refuses_stock_below_nothing(url: str) -> None:
    with inventory(url) as store, store.database.engine.connect() as connection:
        with pytest.raises(IntegrityError), connection.begin():
            connection.execute(text("UPDATE stock SET quantity = -1"))
        with connection.begin():
            connection.execute(text("UPDATE stock SET quantity = 0"))


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE stock SET quantity = quantity + 1 WHERE sku = 'A'",
        "UPDATE movement SET quantity = quantity + 1 WHERE line = 0",
        "DELETE FROM movement WHERE line = 2",
        "DELETE FROM batch",
        "UPDATE batch SET lines = 4",
        "UPDATE stock SET quantity = CASE sku WHEN 'A' THEN 7 ELSE 18 END",  # the sum is right
    ],
)
def test_reconciliation_finds_what_was_changed_behind_the_bots_back(
    url: str, tampering: str
) -> None:
    with inventory(url) as store:
        with Till(store, patience_s=1) as till:
            till.apply(1, ORDER, NET)
        with store.database.engine.connect() as connection, connection.begin():
            connection.execute(text(tampering))
        assert not store.reconciliation().agrees


@pytest.mark.fault("database", "hostile")
def test_a_database_that_holds_something_else_is_refused_and_left_alone(url: str) -> None:
    for made, told in (
        ("CREATE TABLE payroll (id int)", "holds table 'payroll'"),
        ("CREATE TABLE stock (id int)", "holds no table 'batch' beside 'stock'"),
    ):
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP TABLE IF EXISTS payroll")
            connection.exec_driver_sql(made)
        with pytest.raises(InputError, match=told), inventory(url):
            pass
        engine.dispose()


def test_tables_of_the_right_names_with_other_columns_are_refused(url: str) -> None:
    with inventory(url) as store:
        with store.database.engine.connect() as connection, connection.begin():
            connection.exec_driver_sql("ALTER TABLE batch RENAME COLUMN lines TO items")
        with pytest.raises(
            InputError, match="table 'batch' with columns workload_id, batch_id, items"
        ):
            Store(store.database, workload="test", needed=NEEDED)


@pytest.mark.parametrize(
    ("url_text", "told"),
    [
        ("nonsense", "--db 'nonsense': not a database's URL"),
        ("pg//bot:secret@host/x", "--db 'pg//bot:***@host/x': not a database's URL"),
        ("postgresql://bot:sec/ret@host:http/x", "not a database's URL"),
        ("sqlite://", "several workers cannot share it"),
        ("sqlite:////no/such/folder/x.db", "cannot be used: unable to open database file"),
        ("postgresql+psycopg://bot:secret@127.0.0.1:1/x", "cannot be used: connection failed"),
        ("oracle+nothing://x", "no driver 'oracle+nothing' is installed"),
        ("mysql+pymysql://x/y", "no driver 'pymysql' is installed"),
    ],
)
@pytest.mark.fault("database", "unreachable")
def test_what_cannot_be_reached_is_told_in_one_line_without_the_password(
    url_text: str, told: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        Store(Database(url_text), workload="test", needed=NEEDED)
    message = str(caught.value)
    assert told in message
    assert "\n" not in message
    assert "secret" not in message.replace("/", "")


def test_a_lost_connection_fails_one_attempt_that_may_be_retried(url: str) -> None:
    if url.startswith("sqlite"):
        pytest.skip("SQLite has no server to lose")
    with inventory(url) as store, Till(store, patience_s=1) as till:

        def end() -> None:
            pid = till.connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
            with store.database.engine.connect() as other:
                other.exec_driver_sql(f"SELECT pg_terminate_backend({pid})")
            for _ in range(100):  # it is told so a moment later
                till.connection.exec_driver_sql("SELECT pg_sleep(0.01)")

        with pytest.raises(DBAPIError) as caught:
            till.apply(1, ORDER, NET, midway=end)
        failure = failure_of(caught.value)
        assert (failure.error_type, failure.transient) == ("upstream", True)
        assert units(store) == {"A": 10, "B": 10}
        assert till.apply(1, ORDER, NET)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    path.write_text("no database at all, but long enough to be looked at" * 50)
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="file is not a database"), inventory(f"sqlite:///{path}"):
        pass
    assert path.read_bytes() == before
