"""Where a dataset is made: a part and its record are there whole, and only for this call."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from simlab.dataset.format import format_of
from simlab.workload.draw import Drawn
from simlab.workload.job import job_of
from simlab.workload.load import load_of
from simlab.workload.record import Record, read_record, write_record
from simlab.workload.samples import Work
from simlab.workload.workplace import Workplace, opened

from .cases import case

DRAWN = Drawn(
    rows=3,
    start_us=5,
    end_us=2**60,
    work=Work(first=7, busy_s=np.array([0.1, np.nan, np.inf]), items=np.empty(0)),
    seen={"latency_spike-1": (1, 2)},
)


def write(path: Path) -> Drawn:
    path.write_text("rows")
    return DRAWN


@pytest.fixture
def opening(tmp_path: Path) -> Iterator[Callable[[], Workplace]]:
    """Opens the workplace, as a call does, and leaves it at the end of the test."""
    job = job_of(load_of(case(), seed=1), incidents=True)
    with ExitStack() as until:
        yield lambda: until.enter_context(opened(tmp_path, Path("a"), format_of(Path("a")), job))


def test_a_record_tells_again_all_that_is_known_of_a_part(tmp_path: Path) -> None:
    record = Record(drawn=DRAWN, bytes=4, sha256="0" * 64)
    write_record(record, tmp_path / "r", by_way_of=tmp_path / "w")
    found = read_record(tmp_path / "r")
    assert found is not None
    assert (found.bytes, found.sha256) == (record.bytes, record.sha256)
    assert (found.drawn.rows, found.drawn.start_us, found.drawn.end_us) == (3, 5, 2**60)
    assert found.drawn.seen == DRAWN.seen
    for name in ("busy_s", "items"):
        told, kept = getattr(found.drawn.work, name), getattr(DRAWN.work, name)
        assert told.dtype == kept.dtype
        np.testing.assert_array_equal(told, kept)


def test_an_array_of_objects_is_neither_kept_nor_read(tmp_path: Path) -> None:
    work = Work(first=0, busy_s=np.array([print]), items=np.empty(0))
    drawn = Drawn(rows=0, start_us=0, end_us=0, work=work, seen={})
    with pytest.raises(NotImplementedError):
        write_record(
            Record(drawn=drawn, bytes=0, sha256=None), tmp_path / "r", by_way_of=tmp_path / "w"
        )
    whole = Record(drawn=DRAWN, bytes=4, sha256=None)
    write_record(whole, tmp_path / "r", by_way_of=tmp_path / "w")
    (tmp_path / "r").write_bytes((tmp_path / "r").read_bytes().replace(b"<f8", b"|O8"))
    assert read_record(tmp_path / "r") is None


def test_a_part_is_there_when_its_record_is(opening: Callable[[], Workplace]) -> None:
    place = opening()
    place.write(0, write)
    assert place.kept() == {0: 3}
    assert place.part(0).read_text() == "rows"
    assert list(place.making.iterdir()) == []


def test_a_part_that_fails_halfway_leaves_the_one_before(opening: Callable[[], Workplace]) -> None:
    place = opening()
    place.write(0, write)

    def half(path: Path) -> Drawn:
        path.write_text("ro")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        place.write(0, half)
    assert place.part(0).read_text() == "rows"
    assert place.kept() == {0: 3}


def test_whoever_still_works_for_an_earlier_call_adds_nothing(
    opening: Callable[[], Workplace],
) -> None:
    earlier = opening()
    earlier.write(0, write)
    later = opening()
    with pytest.raises(FileNotFoundError):
        earlier.write(1, write)

    def slow(path: Path) -> Drawn:
        drawn = write(path)
        later.leave_only(1)
        return drawn

    with pytest.raises(FileNotFoundError):
        later.write(1, slow)
    assert later.kept() == {0: 3}
    assert [path.name for path in later.part(0).parent.iterdir()] == ["part-00000.parquet"]
