"""The state file: one process at a time, one log, whole at any moment."""

from pathlib import Path

import msgspec
import pytest

from simlab.errors import InputError, OutputError
from simlab.watch.cursor import Cursor, Position
from simlab.watch.state import State, state_of

from .cases import Notebook, expected, lines, once, put


@pytest.fixture
def log(tmp_path: Path) -> Path:
    put(tmp_path / "inventory.log", lines(range(4)))
    return tmp_path / "inventory.log"


def test_what_is_saved_is_there_again(tmp_path: Path) -> None:
    state = State(tmp_path / "s", tmp_path / "inventory.log")
    cursor = Cursor(files={7: Position(12, b'"\xff')}, since_us=5, kept={"a": "b"})
    state.cursors["webhook"] = cursor
    state.save()
    state.close()
    again = State(tmp_path / "s", tmp_path / "inventory.log")
    assert again.cursors == {"webhook": cursor}
    assert (again.is_of_this_log, list(tmp_path.iterdir())) == (True, [tmp_path / "s"])
    again.close()


def test_a_state_is_held_by_one_before_and_after_it_is_saved(tmp_path: Path) -> None:
    state = State(tmp_path / "s", tmp_path / "inventory.log")
    for _ in range(2):
        with pytest.raises(OutputError, match=r"another simlab watch has this state"):
            State(tmp_path / "s", tmp_path / "inventory.log")
        state.save()
    state.close()
    State(tmp_path / "s", tmp_path / "inventory.log").close()


def test_a_state_that_was_never_saved_leaves_no_file(tmp_path: Path) -> None:
    State(tmp_path / "s", tmp_path / "inventory.log").close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "text", [b"mine\n", b'{"schema":1}', b'{"schema":2,"log":"l","receivers":{}}', b"[" * 9999]
)
def test_a_file_that_is_no_state_is_refused_and_left_alone(
    log: Path, tmp_path: Path, text: bytes
) -> None:
    path = tmp_path / "s"
    path.write_bytes(text)
    with pytest.raises(InputError, match="^" + str(path)):
        once(log, Notebook(), state=path)
    assert path.read_bytes() == text


def test_a_place_that_cannot_be_written_is_refused(log: Path, tmp_path: Path) -> None:
    for path in (tmp_path / "no" / "s", tmp_path):
        with pytest.raises(OutputError, match="the state cannot be written"):
            once(log, Notebook(), state=path)


def test_the_state_of_another_log_is_refused(log: Path, tmp_path: Path) -> None:
    once(log, Notebook(), state=tmp_path / "s")
    other = tmp_path / "other" / "inventory.log"
    other.parent.mkdir()
    put(other, lines(range(10, 12)))
    with pytest.raises(InputError, match=r"the state of another log, .*/inventory.log; name"):
        once(other, Notebook(), state=tmp_path / "s")


def test_a_log_whose_directory_was_moved_is_the_same_log(log: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    log.rename(home / log.name)
    once(home / log.name, Notebook())
    home.rename(tmp_path / "moved")
    put(tmp_path / "moved" / log.name, lines(range(4, 6)))
    notebook = Notebook()
    once(tmp_path / "moved", notebook)
    assert notebook.seen == expected(range(4, 6))


def test_by_default_it_lies_beside_the_log_and_is_not_taken_for_one(log: Path) -> None:
    once(log, Notebook())
    record = msgspec.json.decode(state_of(log).read_bytes())
    (position,) = record["receivers"]["notebook"]["files"].values()
    assert position["offset"] == log.stat().st_size
    assert [path.name for path in log.parent.glob("*.log*")] == ["inventory.log"]
