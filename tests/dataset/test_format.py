"""A path's ending names the format, and each format holds the same rows."""

import json
from pathlib import Path

import polars as pl
import pytest

from simlab.dataset import format as formats
from simlab.dataset.compression import content
from simlab.dataset.format import format_of, join_parquet, write_frame
from simlab.dataset.schema import INCIDENTS, ROWS, TIMESTAMP, empty
from simlab.errors import ConfigError

FRAME = pl.DataFrame(
    {
        "timestamp": [1_767_571_200_000_001, 1_767_571_200_000_000],
        "duration": [0.1, 1.5],
        "status": ["success", "error"],
        "warehouses": [[1, 2], None],
        "error_type": [None, "timeout"],
    },
    schema_overrides={"warehouses": pl.List(pl.Int32)},
).with_columns(pl.col("timestamp").cast(TIMESTAMP))


@pytest.mark.parametrize(
    ("name", "kind", "compression", "suffix"),
    [
        ("a.jsonl", "jsonl", "uncompressed", ".jsonl"),
        ("a.json", "jsonl", "uncompressed", ".json"),
        ("a.b.json.gz", "jsonl", "gzip", ".json.gz"),
        ("a.csv.zst", "csv", "zstd", ".csv.zst"),
        ("a.parquet", "parquet", "uncompressed", ".parquet"),
        ("folder.d/a", "directory", "uncompressed", ""),
        (".hidden", "directory", "uncompressed", ""),
    ],
)
def test_the_ending_names_the_format(name: str, kind: str, compression: str, suffix: str) -> None:
    form = format_of(Path(name))
    assert (form.kind, form.compression, form.suffix) == (kind, compression, suffix)


@pytest.mark.parametrize("name", ["a.txt", "a.gz", "a.parquet.gz", "a.zst", "a.JSONL", "a.csv.bz2"])
def test_an_ending_of_no_format_is_refused_with_those_there_are(name: str) -> None:
    with pytest.raises(
        ConfigError, match=rf"^{name}: no format has this ending; known are \.jsonl"
    ):
        format_of(Path(name))


def text(name: str, folder: Path, frame: pl.DataFrame = FRAME, *, header: bool = True) -> str:
    path = folder / name
    write_frame(frame, path, format_of(path), header=header)
    return b"".join(content(path)).decode()


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.json.zst"])
def test_json_lines_hold_an_object_each_with_iso_times_and_nulls(tmp_path: Path, name: str) -> None:
    lines = text(name, tmp_path).splitlines()
    assert [json.loads(line) for line in lines] == [
        {"timestamp": "2026-01-05T00:00:00.000001Z", "duration": 0.1, "status": "success",
         "warehouses": [1, 2], "error_type": None},
        {"timestamp": "2026-01-05T00:00:00.000000Z", "duration": 1.5, "status": "error",
         "warehouses": None, "error_type": "timeout"},
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.csv.zst"])
def test_csv_has_a_header_empty_nulls_and_lists_joined(tmp_path: Path, name: str) -> None:
    lines = [
        "timestamp,duration,status,warehouses,error_type",
        "2026-01-05T00:00:00.000001Z,0.1,success,1;2,",
        "2026-01-05T00:00:00.000000Z,1.5,error,,timeout",
    ]
    assert text(name, tmp_path).splitlines() == lines
    assert text(name, tmp_path, header=False).splitlines() == lines[1:]


def test_parquet_keeps_the_types(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    write_frame(FRAME, path, format_of(path))
    assert pl.read_parquet(path).equals(FRAME)


@pytest.mark.parametrize("columns", [ROWS, INCIDENTS])
@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.parquet", "a.csv.gz"])
def test_a_frame_of_no_rows_can_be_written(
    tmp_path: Path, name: str, columns: dict[str, pl.DataType]
) -> None:
    path = tmp_path / name
    write_frame(empty(columns), path, format_of(path))
    header = ",".join(columns) + "\n" if "csv" in name else ""
    assert name == "a.parquet" or b"".join(content(path)).decode() == header


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl.gz", "a.csv.zst"])
def test_text_written_in_pieces_is_the_text_written_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    many = pl.concat([FRAME] * 5)
    at_once = text(name, tmp_path, many)
    monkeypatch.setattr(formats, "_ROWS_PER_PIECE", 3)
    assert text(name, tmp_path, many) == at_once


def test_parquet_files_are_joined_in_the_order_given(tmp_path: Path) -> None:
    parts = [tmp_path / "b.parquet", tmp_path / "a.parquet"]
    for part, frame in zip(parts, (FRAME[:1], FRAME[1:]), strict=True):
        write_frame(frame, part, format_of(part))
    join_parquet(parts, tmp_path / "whole.parquet")
    assert pl.read_parquet(tmp_path / "whole.parquet").equals(FRAME)


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.parquet"])
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_an_os_error(name: str) -> None:
    with pytest.raises(OSError, match=r"(?i)no space left"):
        write_frame(pl.concat([FRAME] * 9_000), Path("/dev/full"), format_of(Path(name)))
