"""Each line of a log is told once and in order, whatever happens to the file meanwhile."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simlab.errors import InputError
from simlab.report.top.tail import Tail


def rest(tail: Tail) -> list[bytes]:
    """All that is there."""
    found: list[bytes] = []
    while lines := tail.lines():
        found += lines
    return found


@given(
    steps=st.lists(st.one_of(st.integers(1, 5), st.sampled_from(["rotate", "look"])), max_size=30)
)
def test_no_line_is_lost_or_doubled_over_rotations(
    tmp_path_factory: pytest.TempPathFactory, steps: list[int | str]
) -> None:
    """A number writes so many lines. Between two rotations someone looks, as at 1 Hz they do."""
    log = tmp_path_factory.mktemp("tail") / "inventory.log"
    log.touch()
    tail, told, written = Tail(log), [], 0
    for nth, step in enumerate(steps):
        if step == "rotate":
            told += rest(tail)
            log.rename(log.with_name(f"inventory.log.{nth:04}"))
            log.touch()
        elif step == "look":
            told += rest(tail)
        else:
            with log.open("ab") as file:
                file.writelines(b"%d\n" % at for at in range(written, written + int(step)))
            written += int(step)
    told += rest(tail)
    tail.close()
    assert told == [b"%d" % at for at in range(written)]
    assert tail.torn == 0


def test_lines_written_before_a_rotation_and_not_yet_read_are_told_first(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(b"one\n")
    tail = Tail(log)
    assert rest(tail) == [b"one"]
    with log.open("ab") as file:
        file.write(b"two\n")
    log.rename(tmp_path / "a.log.1")
    log.write_bytes(b"three\n")
    assert rest(tail) == [b"two", b"three"]
    tail.close()


def test_a_truncated_file_is_begun_anew_and_its_torn_line_counted(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(b"one\nhalf a li")
    tail = Tail(log)
    assert rest(tail) == [b"one"]
    log.write_bytes(b"two\n")
    assert rest(tail) == [b"two"]
    assert tail.torn == 1
    tail.close()


def test_a_line_is_told_when_it_ends_and_not_before(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(b"he")
    tail = Tail(log)
    assert tail.lines() == []
    with log.open("ab") as file:
        file.write(b"llo\n")
    assert tail.lines() == [b"hello"]
    tail.close()


def test_a_log_that_goes_away_is_said_and_taken_up_again(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(b"one\n")
    tail = Tail(log)
    rest(tail)
    log.unlink()
    assert (rest(tail), tail.is_there) == ([], False)
    log.write_bytes(b"two\n")
    assert (rest(tail), tail.is_there) == ([b"two"], True)
    tail.close()


def test_older_files_are_read_first_as_far_as_there_is_room(tmp_path: Path) -> None:
    (tmp_path / "a.log.2026-01-03").write_bytes(b"far\naway\n")
    (tmp_path / "a.log.2026-01-04").write_bytes(b"three\nfour\n")
    (tmp_path / "a.log.2026-01-04.gz").write_bytes(b"packed")
    log = tmp_path / "a.log"
    log.write_bytes(b"five\n")
    tail = Tail(log, most_bytes=5 + 11 + 6)
    assert [line for line in rest(tail) if line] == [b"away", b"three", b"four", b"five"]
    assert not tail.is_whole
    tail.close()


def test_a_text_without_end_is_dropped_and_not_kept_in_memory(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(b"x" * (3 << 20) + b"\none\n")
    tail = Tail(log)
    found = rest(tail)
    assert found[-1] == b"one"
    tail.close()


@pytest.mark.parametrize("name", ["missing.log", "folder.log"])
def test_what_cannot_be_read_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder.log").mkdir()
    with pytest.raises(InputError, match=name):
        Tail(tmp_path / name)
