"""A dataset that was begun is taken up: what is whole is kept, and the bytes are the same."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import msgspec
import pytest

from simlab.dataset.manifest import read_manifest
from simlab.errors import OutputError
from simlab.workload import slices
from simlab.workload.generate import Generated, generate
from simlab.workload.loading import with_rows
from simlab.workload.profile import Profile

from .test_generate import digests, load

ENDINGS = ["", ".parquet", ".jsonl", ".csv", ".csv.gz", ".jsonl.zst"]


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of about 1,500 rows, in this process."""
    monkeypatch.setattr(slices, "ROWS_PER_SLICE", 10)
    monkeypatch.setattr(slices, "ROWS_PER_PART", 1_500)


def after(calls: int) -> Callable[[int], None]:
    """A report that is interrupted when it has been called so often."""
    left = [calls]

    def report(_: int) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise KeyboardInterrupt

    return report


def begun(out: Path, profile: Profile | None = None, *, parts: int = 2, seed: int = 1) -> Path:
    """Make so many parts, then be interrupted; gives the working directory."""
    with pytest.raises(KeyboardInterrupt) as caught:
        generate(profile or load(), seed=seed, out=out, report=after(parts), resume=True)
    assert caught.value.__notes__ == ["what was made so far is kept: go on with --resume"]
    assert not out.exists()
    return out.with_name(f".{out.name}.partial")


def resumed(out: Path, profile: Profile | None = None, **options: Any) -> tuple[Generated, int]:
    """Go on; how many rows were reported at first."""
    reported: list[int] = []
    made = generate(
        profile or load(), seed=1, out=out, resume=True, report=reported.append, **options
    )
    assert reported == sorted(reported)
    assert reported[-1] == made.rows
    return made, reported[0]


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("rows", [None, 4_000])
@pytest.mark.parametrize("parts", [1, 2, 3])
def test_what_was_begun_is_kept_and_ends_with_the_bytes_of_a_straight_run(
    tmp_path: Path, ending: str, rows: int | None, parts: int
) -> None:
    profile = load(rows)
    generate(profile, seed=1, out=tmp_path / "straight" / f"a{ending}")
    out = tmp_path / "resumed" / f"a{ending}"
    work = begun(out, profile, parts=parts)
    assert len(list(work.glob("dataset/rows/*"))) == parts
    made, first = resumed(out, profile)
    assert digests(tmp_path / "resumed") == digests(tmp_path / "straight")
    assert first == made.kept > 0


@pytest.mark.parametrize("ending", [".jsonl", ".csv.zst", ".parquet"])
@pytest.mark.parametrize("at", [1, 2, 3])
def test_stopped_while_its_parts_are_joined_it_goes_on_without_making_them_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str, at: int
) -> None:
    generate(load(), seed=1, out=tmp_path / "straight" / f"a{ending}")
    calls, real = [0], shutil.copyfileobj

    def half(source: IO[bytes], target: IO[bytes], length: int) -> None:
        calls[0] += 1
        if calls[0] == at:
            target.write(source.read(10))
            raise OSError(28, "No space left on device")
        real(source, target, length)

    def never(*_: object) -> None:
        raise OSError(28, "No space left on device")

    out = tmp_path / "resumed" / f"a{ending}"
    with monkeypatch.context() as patched:
        patched.setattr("simlab.workload.workplace.shutil.copyfileobj", half)
        patched.setattr("simlab.workload.workplace.join_parquet", never)
        with pytest.raises(OutputError, match=r"No space left on device; .* go on with --resume$"):
            generate(load(), seed=1, out=out, resume=True)
    assert [path.name for path in out.parent.iterdir()] == [f".{out.name}.partial"]
    made, _ = resumed(out)
    assert made.kept == made.rows
    assert digests(tmp_path / "resumed") == digests(tmp_path / "straight")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def garble(path: Path) -> None:
    path.write_bytes(b"\x80\x04\x95cos\nsystem\n(S'true'\ntR.")


@pytest.mark.parametrize("spoil", [Path.unlink, cut])
@pytest.mark.parametrize("ending", ["", ".jsonl"])
def test_a_part_that_is_not_there_as_it_was_is_made_again(
    tmp_path: Path, spoil: Callable[[Path], None], ending: str
) -> None:
    generate(load(), seed=1, out=tmp_path / "straight" / f"a{ending}")
    out = tmp_path / "resumed" / f"a{ending}"
    work = begun(out, parts=3)
    spoil(sorted(work.glob("dataset/rows/*"))[1])
    spoil(sorted(work.glob("records/*"))[2])
    made, _ = resumed(out)
    assert 0 < made.kept < 2_000
    assert digests(tmp_path / "resumed") == digests(tmp_path / "straight")


@pytest.mark.parametrize("name", ["job.json", "records/part-00000"])
@pytest.mark.parametrize("spoil", [cut, garble])
def test_a_job_or_record_that_cannot_be_read_counts_as_none(
    tmp_path: Path, name: str, spoil: Callable[[Path], None]
) -> None:
    generate(load(), seed=1, out=tmp_path / "straight" / "a")
    spoil(begun(tmp_path / "resumed" / "a", parts=2) / name)
    resumed(tmp_path / "resumed" / "a")
    assert digests(tmp_path / "resumed") == digests(tmp_path / "straight")


@pytest.mark.parametrize(
    ("told", "profile", "options"),
    [
        ("seed 1, not 2", load(), {"seed": 2}),
        ("incidents True, not False", load(), {"incidents": False}),
        ("profile case, not other", msgspec.structs.replace(load(), name="other"), {}),
        (r"profile sha256 \w{12}…, not \w{12}…", load(warehouses=4), {}),
    ],
)
def test_what_was_begun_for_another_dataset_is_refused_and_left(
    tmp_path: Path, told: str, profile: Profile, options: dict[str, Any]
) -> None:
    work = begun(tmp_path / "a")
    before = digests(work)
    with pytest.raises(OutputError, match=f"a: what was begun there has {told}; ask for the same"):
        generate(profile, **{"seed": 1, **options}, out=tmp_path / "a", resume=True)
    assert digests(work) == before


def test_other_versions_of_what_makes_the_bytes_are_refused(tmp_path: Path) -> None:
    work = begun(tmp_path / "a")
    job = msgspec.json.decode((work / "job.json").read_bytes())
    job["libraries"]["polars"] = "0.1"
    (work / "job.json").write_bytes(msgspec.json.encode(job))
    with pytest.raises(OutputError, match=r"polars 0\.1, not \d"):
        resumed(tmp_path / "a")


def test_without_resume_what_was_begun_is_cleared(tmp_path: Path) -> None:
    begun(tmp_path / "a", seed=2)
    assert generate(load(), seed=1, out=tmp_path / "a").kept == 0
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_with_nothing_begun_it_starts(tmp_path: Path) -> None:
    made, _ = resumed(tmp_path / "a")
    assert made.kept == 0
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_an_interrupt_before_the_first_part_is_whole_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("simlab.workload.parts.part_rows", interrupted)
    with pytest.raises(KeyboardInterrupt) as caught:
        generate(load(), seed=1, out=tmp_path / "a", resume=True)
    assert not hasattr(caught.value, "__notes__")
    assert list(tmp_path.iterdir()) == []


def test_what_is_complete_stays_as_it_is(tmp_path: Path) -> None:
    first = generate(load(), seed=1, out=tmp_path / "a")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    again = generate(load(), seed=1, out=tmp_path / "a", resume=True)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before
    assert (again.rows, again.kept, again.incidents) == (first.rows, first.rows, first.incidents)
    assert again.files == first.files


@pytest.mark.parametrize("change", ["seed", "part"])
def test_what_is_there_and_not_what_is_asked_for_is_refused(tmp_path: Path, change: str) -> None:
    generate(load(), seed=2 if change == "seed" else 1, out=tmp_path / "a")
    if change == "part":
        cut(tmp_path / "a" / "rows" / "part-00001.parquet")
    with pytest.raises(OutputError, match="a: exists already"):
        generate(load(), seed=1, out=tmp_path / "a", resume=True)
    made, _ = resumed(tmp_path / "a", force=True)
    assert made.kept == 0
    assert read_manifest(tmp_path / "a").seed == 1


def test_the_part_that_was_cut_to_fit_is_kept_as_it_is(tmp_path: Path) -> None:
    profile = with_rows(load(), 4_000)
    generate(profile, seed=1, out=tmp_path / "straight" / "a")
    parts = len(list((tmp_path / "straight" / "a" / "rows").iterdir()))
    begun(tmp_path / "resumed" / "a", profile, parts=parts)
    made, first = resumed(tmp_path / "resumed" / "a", profile)
    assert (made.kept, first) == (4_000, 4_000)
    assert digests(tmp_path / "resumed") == digests(tmp_path / "straight")
