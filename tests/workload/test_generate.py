"""What lies on disk is the load that was drawn: same bytes however, complete or not at all."""

import gzip
import hashlib
import json
from datetime import timedelta
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

import polars as pl
import pytest

from simlab.dataset.compression import content
from simlab.dataset.format import format_of
from simlab.dataset.manifest import read_manifest
from simlab.dataset.read import read
from simlab.engine.choice import EngineName
from simlab.errors import ConfigError, OutputError, SimlabError
from simlab.workload import slices
from simlab.workload.draw import draw
from simlab.workload.generate import generate
from simlab.workload.job import job_of
from simlab.workload.load import load_of
from simlab.workload.loading import load_profile, parse_profile, with_rows
from simlab.workload.parts import Maker, Task, versions
from simlab.workload.profile import Profile
from simlab.workload.slices import parts
from simlab.workload.workplace import opened

from .cases import START, case, trouble

NO_DASK = find_spec("distributed") is None


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of about 1,500 rows, in this process."""
    monkeypatch.setattr(slices, "ROWS_PER_SLICE", 10)
    monkeypatch.setattr(slices, "ROWS_PER_PART", 1_500)


def load(rows: int | None = None, **changes: object) -> Profile:
    troubled = case(
        incident=[trouble("latency_spike", at=START + timedelta(minutes=2), warehouses=[1, 4])],
        duration="10m",
        **changes,
    )
    return troubled if rows is None else with_rows(troubled, rows)


def digests(path: Path) -> dict[str, str]:
    """The hash of each file at or below a path."""
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    return {str(f.relative_to(path)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("rows", [1, 10, 1_499, 1_500, 1_501, 4_000])
@pytest.mark.parametrize("ending", ["jsonl", "json", "csv", "jsonl.gz", "csv.gz", "csv.zst"])
def test_n_rows_are_n_lines_in_each_format(tmp_path: Path, rows: int, ending: str) -> None:
    out = tmp_path / f"a.{ending}"
    made = generate(load(rows), seed=1, out=out)
    lines = b"".join(content(out)).split(b"\n")
    header = ending.startswith("csv")
    assert lines.pop() == b""
    assert len(lines) == rows + header
    assert sum(line.startswith(b"timestamp,") for line in lines) == header
    assert made.rows == rows


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("ending", ["", ".parquet", ".jsonl", ".csv", ".jsonl.zst"])
def test_each_format_reads_back_as_what_was_drawn(tmp_path: Path, ending: str) -> None:
    out = tmp_path / f"a{ending}"
    generate(load(4_000), seed=1, out=out)
    found, drawn = read(out), draw(load(4_000), seed=1)
    assert found.rows.equals(drawn.rows.with_columns(pl.col("error_type").cast(pl.String)))
    assert found.samples is not None
    assert found.incidents is not None
    assert found.samples.equals(drawn.samples)  # type: ignore[arg-type]  # there are some
    assert found.incidents.equals(drawn.incidents)  # type: ignore[arg-type]  # there are some


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("name", ["a", "a.jsonl", "a.jsonl.gz", "a.parquet"])
def test_the_same_seed_gives_the_same_bytes_twice_and_another_gives_others(
    tmp_path: Path, name: str
) -> None:
    for folder, seed in [("one", 3), ("two", 3), ("other", 4)]:
        generate(load(), seed=seed, out=tmp_path / folder / name)
    one, two, other = (digests(tmp_path / folder) for folder in ("one", "two", "other"))
    assert one == two
    assert one.keys() == other.keys()
    assert one[name if "." in name else "a/rows/part-00000.parquet"] not in other.values()


def torrent() -> Profile:
    """Slices of 6 s, the longest that a batch can live: 700,000 batches, so each is a part."""
    service = {"dist": "exponential", "scale": 0.1, "limit": "1s"}
    return case(service=service, arrivals={"per_minute": 7e6}, workers=20_000, duration="13s")


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The hashes of three parts, made in this process."""
    out = tmp_path_factory.mktemp("alone") / "a"
    generate(torrent(), seed=2, out=out)
    return digests(out)


@pytest.mark.parametrize("workers", [2, 3])
def test_processes_write_the_bytes_that_one_does(
    tmp_path: Path, alone: dict[str, str], workers: int
) -> None:
    reported: list[int] = []
    made = generate(torrent(), seed=2, out=tmp_path / "a", workers=workers, report=reported.append)
    assert digests(tmp_path / "a") == alone
    assert len([path for path in alone if "part-" in path]) == 3
    assert reported == sorted(reported)
    assert reported[-1] == made.rows


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("name", ["a", "a.parquet", "a.jsonl.gz"])
@pytest.mark.parametrize(
    ("engine", "workers"),
    [
        ("local", 2),
        ("local", 5),
        pytest.param("dask", 2, marks=pytest.mark.skipif(NO_DASK, reason="needs distributed")),
    ],
)
def test_many_parts_have_the_same_bytes_whoever_makes_them(
    tmp_path: Path, name: str, engine: EngineName, workers: int
) -> None:
    """Eight parts, of which the last is cut to fit."""
    profile = with_rows(load(), 12_000)
    generate(profile, seed=2, out=tmp_path / "1" / name)
    generate(profile, seed=2, out=tmp_path / "2" / name, engine=engine, workers=workers)
    assert digests(tmp_path / "2") == digests(tmp_path / "1")


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("workers", [1, 2])
def test_batches_that_end_beyond_the_parts_they_fall_due_in_take_another_part(
    tmp_path: Path, workers: int
) -> None:
    """As many rows as batches fall due in two parts, none tried twice: the last end in a third."""
    endless = with_rows(case(outcome={"retry": 0.0, "error": 0.0}), 10**6)
    two = islice(parts(load_of(endless, seed=1)), 2)
    rows = sum(cut.batches for part in two for cut in part.slices[bool(part.index) :])
    made = generate(with_rows(endless, rows), seed=1, out=tmp_path / "a", workers=workers)
    assert made.rows == len(read(tmp_path / "a").rows) == rows
    assert len(list((tmp_path / "a" / "rows").iterdir())) == 3


@pytest.mark.usefixtures("small")
def test_a_part_made_with_other_libraries_is_refused(tmp_path: Path) -> None:
    """As by a worker elsewhere."""
    made = load_of(load(), seed=1)
    job, out = job_of(made, incidents=True), tmp_path / "a"
    with opened(tmp_path, out, format_of(out), job) as place:
        make = Maker(made, place, {**versions(), "polars": "0.1"})
        with pytest.raises(SimlabError, match=r"a worker on .* has polars \S+, not 0\.1, so its"):
            make(Task.of(made, next(parts(made))))
    assert list(tmp_path.iterdir()) == []


def test_parts_made_ahead_of_the_last_row_leave_nothing(tmp_path: Path) -> None:
    profile = with_rows(torrent(), 900_000)
    for workers in (1, 2):
        generate(profile, seed=2, out=tmp_path / str(workers), workers=workers)
    assert digests(tmp_path / "1") == digests(tmp_path / "2")
    assert len(list((tmp_path / "2" / "rows").iterdir())) == 2


@pytest.mark.usefixtures("small")
def test_the_manifest_tells_what_was_made_and_its_hashes_hold(tmp_path: Path) -> None:
    out = tmp_path / "a"
    made = generate(load(4_000), seed=9, out=out)
    manifest = read_manifest(out)
    assert (manifest.rows, manifest.seed, manifest.incidents) == (4_000, 9, True)
    assert manifest.profile_sha256 == load(4_000).sha256
    assert [out / part.path for part in manifest.parts] == list(made.files)
    assert sum(part.rows for part in manifest.parts if part.path.startswith("rows/")) == 4_000
    for part in manifest.parts:
        assert digests(out)[part.path] == part.sha256
        assert (out / part.path).stat().st_size == part.bytes
    assert digests(out).keys() == {part.path for part in manifest.parts} | {"manifest.json"}
    first, last = (read(out).rows["timestamp"][i] for i in (0, -1))
    assert manifest.start == f"{first:%Y-%m-%dT%H:%M:%S.%f}Z"
    assert manifest.end == f"{last:%Y-%m-%dT%H:%M:%S.%f}Z"


@pytest.mark.usefixtures("small")
def test_the_manifests_profile_makes_the_dataset_again(tmp_path: Path) -> None:
    generate(load(), seed=9, out=tmp_path / "a")
    told = read_manifest(tmp_path / "a")
    assert told.profile is not None
    again = parse_profile(told.profile, where="manifest.json")
    generate(again, seed=9, out=tmp_path / "b")
    assert digests(tmp_path / "a") == digests(tmp_path / "b")


def test_the_strategys_rows_have_nothing_beside_them(tmp_path: Path) -> None:
    profile = with_rows(load_profile("strategy"), 100)
    generate(profile, seed=1, out=tmp_path / "s.jsonl")
    assert [path.name for path in tmp_path.iterdir()] == ["s.jsonl"]
    first = json.loads((tmp_path / "s.jsonl").read_text().splitlines()[0])
    assert list(first) == ["timestamp", "duration", "status", "warehouse_id"]


def test_rows_that_replace_others_do_not_inherit_their_truth(tmp_path: Path) -> None:
    out = tmp_path / "a.jsonl"
    generate(load(), seed=1, out=out)
    assert (tmp_path / "a.incidents.jsonl").exists()
    generate(with_rows(load_profile("strategy"), 10), seed=1, out=out, force=True)
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]


@pytest.mark.parametrize("beside", ["a.samples.csv", "a.incidents.csv"])
def test_a_file_where_the_truth_should_lie_is_not_overwritten_unasked(
    tmp_path: Path, beside: str
) -> None:
    (tmp_path / beside).write_text("mine")
    with pytest.raises(OutputError, match=f"{beside}: exists already"):
        generate(load(), seed=1, out=tmp_path / "a.csv")
    assert [path.name for path in tmp_path.iterdir()] == [beside]
    generate(load(), seed=1, out=tmp_path / "a.csv", force=True)
    assert (tmp_path / beside).read_text().startswith(("timestamp,", "id,"))


@pytest.mark.parametrize("name", ["a", "a.jsonl"])
def test_what_exists_is_refused_without_force_and_replaced_with_it(
    tmp_path: Path, name: str
) -> None:
    out = tmp_path / name
    generate(load(), seed=1, out=out)
    before = digests(tmp_path)
    with pytest.raises(OutputError, match=f"{name}: exists already; .*--force"):
        generate(load(), seed=2, out=out)
    assert digests(tmp_path) == before
    generate(load(), seed=2, out=out, force=True)
    after = digests(tmp_path)
    assert after.keys() == before.keys()
    assert set(after.values()).isdisjoint(
        {hash_ for path, hash_ in before.items() if "part-" in path or path == name}
    )


def test_an_ending_of_no_format_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no format has this ending"):
        generate(load(), seed=1, out=tmp_path / "new" / "a.xlsx")
    assert not list(tmp_path.iterdir())


def test_an_empty_load_is_a_dataset_of_no_rows(tmp_path: Path) -> None:
    nothing = case(arrivals={"per_minute": 1e-6})
    generate(nothing, seed=1, out=tmp_path / "a")
    manifest = read_manifest(tmp_path / "a")
    assert (manifest.rows, manifest.start, manifest.end) == (0, None, None)
    generate(nothing, seed=1, out=tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text().startswith("timestamp,duration,status")


@pytest.mark.usefixtures("small")
def test_packed_text_unpacks_to_the_plain_text(tmp_path: Path) -> None:
    generate(load(), seed=1, out=tmp_path / "a.csv")
    generate(load(), seed=1, out=tmp_path / "b.csv.gz")
    assert (
        gzip.decompress((tmp_path / "b.csv.gz").read_bytes()) == (tmp_path / "a.csv").read_bytes()
    )
