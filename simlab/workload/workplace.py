"""The working directory of a dataset in the making: parts, and records of those that are whole."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Final, overload

from simlab.dataset.format import Format, join_parquet
from simlab.dataset.manifest import Manifest, sha256_of
from simlab.dataset.target import remove
from simlab.errors import OutputError
from simlab.workload.draw import Drawn
from simlab.workload.job import difference, read_job, write_job
from simlab.workload.record import Record, read_record, write_record

_JOB: Final = "job.json"
_COPY_BYTES: Final = 1 << 20


@dataclass(frozen=True)
class Workplace:
    """Where what lies in a working directory.

    `job.json` says what is being made. `dataset/` is what it will be; its rows are written to
    `dataset/rows/`, part by part, and each part that is whole has a record in `records/`. What
    is not whole yet lies in `making`, a directory of this call's own: whoever still works for
    an earlier call finds its own gone, and cannot put anything among the parts.
    """

    folder: Path
    out: Path
    form: Format
    job: Manifest
    making: Path

    @property
    def dataset(self) -> Path:
        """What will be moved to its place, or the files of which that is true."""
        return self.folder / "dataset"

    @property
    def whole(self) -> Path:
        """Where all rows are joined, when the dataset is to be one file."""
        return self.dataset / self.out.name

    def part(self, index: int) -> Path:
        """Where the rows of a part lie."""
        return self.dataset / "rows" / f"{_name(index)}{self.form.suffix or '.parquet'}"

    def write(self, index: int, write: Callable[[Path], Drawn]) -> Record:
        """Have a part written, in place of one that may lie there, and its record.

        Raises:
            OSError: it cannot be.
        """
        made = self.making / self.part(index).name
        drawn = write(made)
        sha256 = sha256_of(made) if self.form.kind == "directory" else None
        record = Record(drawn=drawn, bytes=made.stat().st_size, sha256=sha256)
        self._record(index).unlink(missing_ok=True)  # that of the part which is replaced now
        made.replace(self.part(index))
        write_record(record, self._record(index), by_way_of=self.making / _name(index))
        return record

    def record(self, index: int) -> Record:
        """The record of a part that was written."""
        record = read_record(self._record(index))
        assert record is not None
        return record

    def kept(self) -> dict[int, int]:
        """The parts that are whole, or are joined already, with how many rows they have."""
        found: dict[int, int] = {}
        end, joined = 0, _size(self.whole) if self.form.kind in ("jsonl", "csv") else 0
        for index, record in self._records():
            end += record.bytes
            joined = joined if index == len(found) else 0  # one is missing: join from there anew
            if _size(self.part(index)) == record.bytes or end <= joined:
                found[index] = record.drawn.rows
        return found

    def leave_only(self, count: int) -> None:
        """Let no one add a part any more, and remove those beyond the first `count`."""
        shutil.rmtree(self.making)
        for folder in (self.dataset / "rows", self.folder / "records"):
            for path in folder.iterdir():
                if path.name >= _name(count):  # the numbers are padded
                    path.unlink()

    def join(self, count: int) -> None:
        """Make one file of all parts."""
        parts = [self.part(index) for index in range(count)]
        if self.form.kind != "parquet":
            self._lay_end_to_end(parts)
        elif count == 1:
            parts[0].replace(self.whole)
        else:
            join_parquet(parts, self.whole)

    def _lay_end_to_end(self, parts: Sequence[Path]) -> None:
        """Text allows for that, packed text too. A part goes away once it is in the whole.

        So there is never much more than one copy, and a call that was killed over this goes on
        at the first part that is still there.
        """
        begin = 0
        with self.whole.open("ab") as whole:
            for index, path in enumerate(parts):
                if path.exists():
                    whole.truncate(begin)
                    with path.open("rb") as part:
                        shutil.copyfileobj(part, whole, _COPY_BYTES)
                    whole.flush()
                    path.unlink()
                begin += self.record(index).bytes

    def _record(self, index: int) -> Path:
        return self.folder / "records" / _name(index)

    def _records(self) -> Iterator[tuple[int, Record]]:
        for path in sorted((self.folder / "records").iterdir()):
            record = read_record(path)
            if record is not None:
                yield int(path.name.removeprefix(_name(0)[:-5])), record


class Pieces(Sequence[Drawn]):
    """What is kept of each part's attempts, read when it is asked for: it may be a lot."""

    def __init__(self, place: Workplace, count: int) -> None:
        self._place = place
        self._count = count

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Drawn: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Drawn]: ...
    def __getitem__(self, index: int | slice) -> Drawn | Sequence[Drawn]:
        numbers = range(self._count)[index]
        if isinstance(numbers, range):
            return [self._place.record(number).drawn for number in numbers]
        return self._place.record(numbers).drawn


@contextmanager
def opened(folder: Path, out: Path, form: Format, job: Manifest) -> Iterator[Workplace]:
    """The workplace in a working directory: what was made for the same job is there still.

    At the end nothing is left but parts that are whole; nothing at all when there is none.

    Raises:
        OutputError: what is there is of another job.
        OSError: it cannot be written.
    """
    _refuse_other(read_job(folder / _JOB), job, out=out, folder=folder)
    place = Workplace(folder, out, form, job, Path(mkdtemp(prefix="making-", dir=folder)))
    try:
        for needed in (folder / "records", place.dataset / "rows"):
            needed.mkdir(parents=True, exist_ok=True)
        write_job(job, folder / _JOB, by_way_of=place.making / _JOB)
        yield place
    finally:
        shutil.rmtree(place.making, ignore_errors=True)
        if not any((folder / "records").iterdir()):
            _clear(folder)


def _refuse_other(known: Manifest | None, job: Manifest, *, out: Path, folder: Path) -> None:
    """Stop at what was made for another job; clear what was made for none that is known."""
    if known is None:
        _clear(folder)
    elif told := difference(known, job):
        raise OutputError(
            f"{out}: what was begun there has {told}; "
            "ask for the same, or leave out --resume to begin again"
        )
    for left in folder.glob("making-*"):
        remove(left)


def _clear(folder: Path) -> None:
    for left in folder.iterdir():
        remove(left)


def _name(index: int) -> str:
    return f"part-{index:05}"


def _size(path: Path) -> int:
    """How many bytes a file has; -1 when there is none."""
    return path.stat().st_size if path.is_file() else -1
