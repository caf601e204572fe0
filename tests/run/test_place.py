"""A run directory is whole, or it is as if there had been no run."""

from pathlib import Path

import pytest

from simlab.bot.machine import SimulatedMachine
from simlab.errors import OutputError
from simlab.run.place import directory
from simlab.run.relay import LOG

from .cases import digests, made


class StopError(Exception):
    """What goes wrong in a test."""


def fail(*_: object, **__: object) -> None:
    raise StopError


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_it_is_there_while_the_block_runs_and_afterwards(tmp_path: Path) -> None:
    with directory(tmp_path / "a" / "b", force=False) as folder:
        assert folder.is_dir()
        (folder / "file").touch()
    assert names(tmp_path / "a" / "b") == {"file"}
    assert names(tmp_path / "a") == {"b"}


@pytest.mark.fault("run directory", "raising")
def test_a_run_that_fails_in_the_middle_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SimulatedMachine, "read", fail)
    with pytest.raises(StopError):
        made(tmp_path / "a", metrics_port=0)
    assert not names(tmp_path)


@pytest.mark.fault("run directory", "full disk")
def test_a_run_that_cannot_be_written_is_one_line_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("simlab.run.place.write_manifest", full)
    with pytest.raises(OutputError, match=r"^.*/a: cannot be written: No space left on device; "):
        made(tmp_path / "a")
    assert not names(tmp_path)


def test_a_run_that_fails_gives_back_what_it_was_to_replace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(tmp_path / "a", for_s=60.0)
    before = digests(tmp_path)
    monkeypatch.setattr(SimulatedMachine, "read", fail)
    with pytest.raises(StopError):
        made(tmp_path / "a", force=True)
    assert digests(tmp_path) == before


@pytest.mark.parametrize("old", [None, "manifest.json", "logs/inventory.log"])
def test_force_replaces_an_empty_directory_and_what_a_run_left_whole_or_not(
    tmp_path: Path, old: str | None
) -> None:
    place = tmp_path / "a"
    place.mkdir()
    if old is not None:
        (place / old).parent.mkdir(exist_ok=True)
        (place / old).touch()
    with directory(place, force=True) as folder:
        (folder / "new").touch()
    assert names(tmp_path) == {"a"}
    assert names(place) == {"new"}


def test_force_replaces_nothing_that_is_not_simlabs(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "important.csv").touch()
    (tmp_path / "file").touch()
    for place, why in (("mine", "not simlab's to replace"), ("file", "is a file")):
        with pytest.raises(OutputError, match=why), directory(tmp_path / place, force=True):
            fail()
    assert names(tmp_path / "mine") == {"important.csv"}
    assert (tmp_path / "file").is_file()


@pytest.mark.fault("run directory", "second writer")
def test_force_takes_no_directory_from_a_run_that_still_goes_on(tmp_path: Path) -> None:
    place = tmp_path / "a"
    with directory(place, force=False) as folder:
        (folder / "logs").mkdir()
        (folder / LOG).touch()
        with pytest.raises(OutputError, match="another run"), directory(place, force=True):
            fail()
    assert names(place) == {"logs"}


@pytest.mark.fault("run directory", "kill")
def test_what_a_killed_run_was_to_replace_comes_back_when_the_next_fails(tmp_path: Path) -> None:
    """The killed run has left its half beside what it had set aside."""
    for name in ("a", ".a.replaced"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    (tmp_path / "a" / "logs").mkdir()
    (tmp_path / "a" / LOG).touch()
    with pytest.raises(StopError), directory(tmp_path / "a", force=True):
        fail()
    assert names(tmp_path) == {"a"}
    assert names(tmp_path / "a") == {".a.replaced"}


def test_a_place_under_a_file_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(OutputError, match=r"^.*/file/a: cannot be made: Not a directory; choose"),
        directory(tmp_path / "file" / "a", force=False),
    ):
        fail()
    assert names(tmp_path) == {"file"}


@pytest.mark.parametrize("place", [".", "..", "../here"])
def test_the_directory_one_stands_in_is_never_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    (here / "mine").touch()
    monkeypatch.chdir(here)
    with (
        pytest.raises(OutputError, match=r"holds the current directory; choose another --out$"),
        directory(Path(place), force=True),
    ):
        fail()
    assert names(here) == {"mine"}
