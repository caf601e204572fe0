"""What is made appears whole or not at all, and what it replaces goes only then."""

import threading
from pathlib import Path

import pytest

from simlab.dataset.manifest import FILE
from simlab.dataset.target import building, refuse_existing, settle
from simlab.errors import OutputError


class Stop(BaseException):
    """What nothing catches."""


def make(path: Path, content: str = "new", *, folder: bool, force: bool = False) -> None:
    """A file, or a directory with a manifest, with this in it."""
    with building(path, force=force) as work:
        if folder:
            (work / FILE).write_text(content)
            settle(work, path)
        else:
            (work / "made").write_text(content)
            settle(work / "made", path)


def told(path: Path) -> str:
    return (path / FILE if path.is_dir() else path).read_text()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("folder", [False, True])
def test_what_was_settled_is_all_that_is_there(tmp_path: Path, folder: bool) -> None:
    make(tmp_path / "deep" / "out", folder=folder)
    assert names(tmp_path / "deep") == ["out"]
    assert told(tmp_path / "deep" / "out") == "new"


@pytest.mark.parametrize("folder", [False, True])
def test_what_is_there_is_refused_before_any_work_and_kept(tmp_path: Path, folder: bool) -> None:
    make(tmp_path / "out", "old", folder=folder)
    with (
        pytest.raises(
            OutputError, match=r"out: exists already; choose another --out, or .*--force"
        ),
        building(tmp_path / "out"),
    ):
        pytest.fail("no work may begin")
    assert told(tmp_path / "out") == "old"


@pytest.mark.parametrize("before", [False, True])
@pytest.mark.parametrize("after", [False, True])
def test_with_force_it_is_replaced_whole_by_file_or_directory(
    tmp_path: Path, before: bool, after: bool
) -> None:
    make(tmp_path / "out", "old", folder=before)
    make(tmp_path / "out", "new", folder=after, force=True)
    assert names(tmp_path) == ["out"]
    assert told(tmp_path / "out") == "new"


def test_force_does_not_replace_a_directory_that_simlab_did_not_make(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.txt").write_text("years")
    for folder in (False, True):
        with pytest.raises(OutputError, match="not simlab's to replace"):
            make(tmp_path / "home", folder=folder, force=True)
    assert names(tmp_path / "home") == ["thesis.txt"]


def test_force_takes_an_empty_directory(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    make(tmp_path / "out", folder=True, force=True)
    assert told(tmp_path / "out") == "new"


def test_force_replaces_a_link_and_not_what_it_leads_to(tmp_path: Path) -> None:
    make(tmp_path / "real", "old", folder=True)
    (tmp_path / "out").symlink_to(tmp_path / "real")
    make(tmp_path / "out", "new", folder=True, force=True)
    assert told(tmp_path / "real") == "old"
    assert told(tmp_path / "out") == "new"
    assert names(tmp_path) == ["out", "real"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, Stop])
@pytest.mark.parametrize("force", [False, True])
def test_whatever_ends_the_work_leaves_nothing_behind(
    tmp_path: Path, error: type[BaseException], force: bool
) -> None:
    if force:
        make(tmp_path / "out", "old", folder=True)

    def half() -> None:
        with building(tmp_path / "out", force=force) as work:
            (work / "half").write_text("half")
            raise error

    with pytest.raises(error):
        half()
    assert names(tmp_path) == ["out"] * force
    assert not force or told(tmp_path / "out") == "old"


def test_an_os_error_in_the_work_is_told_as_one_line(tmp_path: Path) -> None:
    with (
        pytest.raises(OutputError, match=r"^\S+out: cannot be written: No space left.*--out$"),
        building(tmp_path / "out"),
    ):
        raise OSError(28, "No space left on device")
    assert names(tmp_path) == []


def test_a_place_that_cannot_be_written_is_told_as_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place in (
        tmp_path / "file" / "out", tmp_path / "file" / "deep" / "out", Path("/proc/simlab-out"),
        tmp_path / ("n" * 250), tmp_path / ("n" * 300),
    ):  # fmt: skip
        with pytest.raises(OutputError, match=r": cannot be written: .+; choose another --out$"):
            make(place, folder=True)
    assert names(tmp_path) == ["file"]


@pytest.mark.parametrize("name", [".", "..", "/"])
@pytest.mark.parametrize("force", [False, True])
def test_a_path_without_a_name_of_its_own_is_refused(name: str, force: bool) -> None:
    with pytest.raises(OutputError, match="is no name for something new"):
        make(Path(name), folder=True, force=force)


def test_what_a_killed_process_left_is_cleared(tmp_path: Path) -> None:
    left = tmp_path / ".out.partial"
    (left / "rows").mkdir(parents=True)
    (left / "rows" / "part-00009.parquet").touch()
    with building(tmp_path / "out") as work:
        assert names(work) == []
        (work / FILE).write_text("new")
        settle(work, tmp_path / "out")
    assert names(tmp_path) == ["out"]
    assert names(tmp_path / "out") == [FILE]


def test_a_replacement_that_was_cut_short_is_taken_back(tmp_path: Path) -> None:
    make(tmp_path / ".out.replaced", "old", folder=True)
    with pytest.raises(OutputError, match="exists already"):
        make(tmp_path / "out", folder=True)
    assert told(tmp_path / "out") == "old"
    assert names(tmp_path) == ["out"]


def test_two_at_once_do_not_mix(tmp_path: Path) -> None:
    with building(tmp_path / "out") as work:
        (work / FILE).write_text("first")
        refused: list[str] = []

        def second() -> None:
            with pytest.raises(OutputError) as caught:
                make(tmp_path / "out", "second", folder=True)
            refused.append(str(caught.value))

        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
        assert "another process is making it now" in refused[0]
        assert names(work) == [FILE]
        settle(work, tmp_path / "out")
    assert told(tmp_path / "out") == "first"


def test_what_cannot_be_moved_leaves_what_stood_there(tmp_path: Path) -> None:
    make(tmp_path / "out", "old", folder=True)
    with pytest.raises(FileNotFoundError):
        settle(tmp_path / "never made", tmp_path / "out")
    assert told(tmp_path / "out") == "old"
    assert names(tmp_path) == ["out"]


def test_places_beside_are_refused_too_unless_a_killed_process_left_them(tmp_path: Path) -> None:
    beside = tmp_path / "out.samples"
    beside.touch()
    with pytest.raises(OutputError, match=r"out\.samples: exists already"):
        building(tmp_path / "out", beside=[beside]).__enter__()
    (tmp_path / ".out.partial").mkdir()
    with building(tmp_path / "out", beside=[beside]):
        pass
    assert names(tmp_path) == ["out.samples"]


def test_refusing_names_the_place(tmp_path: Path) -> None:
    refuse_existing(tmp_path / "none", force=False)
    refuse_existing(tmp_path, force=True)
    with pytest.raises(OutputError, match=f"^{tmp_path}: exists already"):
        refuse_existing(tmp_path, force=False)
