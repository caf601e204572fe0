"""Each whole line of a log is read once, whatever becomes of its files meanwhile."""

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from simlab.errors import InputError
from simlab.watch.cursor import Cursor
from simlab.watch.follower import Follower
from simlab.watch.place import Place, log_at


class Reader:
    """Reads a log with a cursor that outlives it, as one that is restarted does."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self.cursor = Cursor()
        self.said: list[str] = []
        self.restart()

    def restart(self) -> None:
        self.follower = Follower(Place(self.log), self.cursor, tell=self.said.append)

    def read(self, most: int = 10**9) -> list[bytes]:
        found: list[bytes] = []
        lines = self.follower.unread()
        for line in lines:
            found.append(line.text)
            self.cursor.pass_by(line)
            if len(found) == most:
                break
        lines.close()  # type: ignore[attr-defined]  # it is a generator
        return found


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "inventory.log"


def put(path: Path, *texts: str) -> None:
    with path.open("a") as file:
        file.write("".join(f"{text}\n" for text in texts))


@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.fault("watch", "moved")
def test_rotation_by_the_day_and_by_number_is_followed_in_order(log: Path, restarts: bool) -> None:
    reader = Reader(log)
    put(log, "1")
    assert reader.read() == [b"1"]
    put(log, "2")
    log.rename(f"{log}.2026-01-05")
    put(log, "3")
    log.rename(f"{log}.2026-01-05.1")
    put(log, "4")
    log.rename(f"{log}.2026-01-06")
    put(log, "5")
    if restarts:
        reader.restart()
    assert reader.read() == [b"2", b"3", b"4", b"5"]
    assert (reader.read(), reader.said) == ([], [])


def test_more_than_nine_files_of_a_day_are_in_order(log: Path) -> None:
    for number in range(12):
        put(log, str(number))
        log.rename(f"{log}.2026-01-05" + (f".{number}" if number else ""))
    assert Reader(log).read() == [str(number).encode() for number in range(12)]


def test_a_line_without_its_end_waits_for_it(log: Path) -> None:
    reader = Reader(log)
    log.write_text('{"torn":')
    assert reader.read() == []
    put(log, "1}", "next")
    assert reader.read() == [b'{"torn":1}', b"next"]


def test_a_torn_end_that_is_set_aside_is_never_read(log: Path) -> None:
    reader = Reader(log)
    log.write_text("whole\nto")
    assert reader.read() == [b"whole"]
    os.truncate(log, 6)
    put(log, "next")
    assert reader.read() == [b"next"]


@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.fault("watch", "moved")
def test_a_log_that_is_cut_is_read_from_its_beginning(log: Path, restarts: bool) -> None:
    """Even when it has grown beyond where the reader was."""
    reader = Reader(log)
    put(log, "one", "two")
    reader.read()
    os.truncate(log, 0)
    put(log, "three", "four", "five")
    if restarts:
        reader.restart()
    assert reader.read() == [b"three", b"four", b"five"]


@pytest.mark.fault("watch", "moved")
def test_a_log_that_is_copied_and_cut_is_read_once(log: Path) -> None:
    reader = Reader(log)
    put(log, "one", "two")
    assert reader.read(1) == [b"one"]
    shutil.copy(log, f"{log}.1")
    os.truncate(log, 0)
    put(log, "three")
    assert reader.read() == [b"two", b"three"]


@pytest.mark.parametrize("how", [Path.unlink, lambda log: log.rename(log.with_name("old"))])
@pytest.mark.fault("watch", "moved")
def test_what_a_removed_log_still_held_is_read_and_then_its_successor(
    log: Path, how: Callable[[Path], object]
) -> None:
    reader = Reader(log)
    put(log, "one")
    reader.read()
    put(log, "two")
    how(log)
    put(log, "three")
    assert reader.read() == [b"two", b"three"]


@pytest.mark.fault("watch", "moved")
def test_a_removed_directory_is_waited_for(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "inventory.log"
    log.parent.mkdir()
    put(log, "one")
    reader = Reader(log)
    assert reader.read() == [b"one"]
    shutil.rmtree(log.parent)
    assert reader.read() == []
    log.parent.mkdir()
    put(log, "two")
    assert reader.read() == [b"two"]


@pytest.mark.fault("watch", "moved")
def test_a_file_that_vanished_while_no_one_looked_is_told_of(log: Path) -> None:
    reader = Reader(log)
    put(log, "one", "two")
    reader.read(1)
    log.unlink()
    put(log, "three")
    reader.restart()
    assert reader.read() == [b"three"]
    assert reader.cursor.gone == 1
    (said,) = reader.said
    assert said.startswith(f"{log}: the file that was being read is gone")


def test_a_new_file_with_the_inode_of_an_old_one_is_new(log: Path) -> None:
    reader = Reader(log)
    put(log, "one", "two")
    reader.read()
    inode = log.stat().st_ino
    reader.cursor.files = {inode: reader.cursor.files[inode]}
    log.write_text("1st\n2nd\n3rd\n")  # the same file to the system
    reader.restart()
    assert reader.read() == [b"1st", b"2nd", b"3rd"]


def test_the_end_is_behind_the_last_whole_line_of_every_file(log: Path) -> None:
    put(Path(f"{log}.2026-01-05"), "old")
    put(log, "seen", "x" * 300_000)
    with log.open("a") as file:
        file.write("to")
    reader = Reader(log)
    reader.follower.go_to_end()
    assert reader.read() == []
    put(log, "rn", "next")
    assert reader.read() == [b"torn", b"next"]


def test_a_line_longer_than_any_is_passed_by(log: Path) -> None:
    put(log, "one", "x" * 1_000_000, "two")
    reader = Reader(log)
    assert reader.read() == [b"one", b"", b"two"]
    reader.restart()
    assert reader.read() == []


def test_what_lies_beside_a_log_is_not_read(log: Path) -> None:
    put(log, "one")
    for name in (".gz", ".rejected.jsonl", ".watch", ".poison.jsonl"):
        put(Path(f"{log}{name}"), "no")
    put(log.with_name("inventory.logs"), "no")
    Path(f"{log}.folder").mkdir()
    os.mkfifo(f"{log}.pipe")
    assert Reader(log).read() == [b"one"]


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.fault("watch", "moved")
def test_lines_are_read_once_and_in_order_whatever_happens(log: Path, seed: int) -> None:
    """Appends, rotations, renames, cuts after reading and restarts, at random, in 60 steps."""
    rng, reader = random.Random(seed), Reader(log)
    written, found, rotated = 0, list[bytes](), 0
    for _ in range(60):
        what = rng.choice(["append", "append", "read", "some", "rotate", "cut", "restart"])
        if what == "append":
            count = rng.randrange(1, 5)
            put(log, *(f"line {written + each}" for each in range(count)))
            written += count
        elif what in {"read", "some"}:
            found += reader.read(2 if what == "some" else 10**9)
        elif what == "restart":
            reader.restart()
        elif log.exists() and what == "rotate":
            rotated += 1
            log.rename(f"{log}.2026-01-{rotated // 3 + 1:02}.{rotated}")
        elif log.exists() and what == "cut":
            found += reader.read()
            os.truncate(log, 0)
    found += reader.read()
    assert found == [f"line {number}".encode() for number in range(written)]


def test_a_path_names_a_log_its_directory_or_a_run(tmp_path: Path) -> None:
    log = tmp_path / "run" / "logs" / "inventory.log"
    log.parent.mkdir(parents=True)
    put(Path(f"{log}.2026-01-05"), "rotated just now")
    assert {log_at(path) for path in (log, log.parent, log.parent.parent)} == {log}
    alerts = tmp_path / "other" / "alerts.jsonl"
    alerts.parent.mkdir()
    put(alerts, "one")
    assert log_at(alerts.parent) == log_at(alerts) == alerts


def test_a_path_without_a_log_or_with_several_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no log in it"):
        log_at(tmp_path)
    with pytest.raises(InputError, match="no such log"):
        log_at(tmp_path / "inventory.log")
    for name in ("a.log", "b.log"):
        put(tmp_path / name, "one")
    with pytest.raises(InputError, match=r"several logs, a.log, b.log"):
        log_at(tmp_path)
