"""Reading whatever a dataset was left as: what comes out, what is refused, and how."""

import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from simlab.dataset.read import read
from simlab.dataset.schema import INCIDENTS, ROWS, SAMPLES, Dataset
from simlab.errors import ConfigError, InputError

from .sources import CORE, FULL, HEAD, SAMPLE, SHARED, cores, stamp, write_csv, write_lines

FOREIGN = {"time": "2026-01-05 00:00:01", "elapsed_ms": 250, "http_status": 200}
MAPPING = {"duration": "elapsed_ms/1000", "status": "http_status >= 500"}


def core_values(dataset: Dataset) -> list[tuple[Any, ...]]:
    return dataset.rows.select(list(CORE)).rows()


def refusal(path: Path, **options: Any) -> str:
    """The one line with which a path is refused."""
    with pytest.raises((InputError, ConfigError)) as caught:
        read(path, **options)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    return message


# what is accepted


@pytest.mark.parametrize(
    "name", ["a.json", "a.jsonl", "a.jsonl.gz", "a.log", "inventory.log.2026-01-05.gz"]
)
def test_a_full_row_in_json_lines_comes_out_as_it_went_in(tmp_path: Path, name: str) -> None:
    dataset = read(write_lines(tmp_path / name, [FULL]))
    assert dataset.rows.schema == pl.Schema(ROWS)
    when = datetime(2026, 1, 5, microsecond=250_000, tzinfo=UTC)
    assert dataset.rows.row(0) == (when, 0.5, "success", 7, 3, 2, 40, 1.5, None)
    assert dataset.lines is not None
    assert (dataset.lines.accepted, dataset.lines.rejected) == (1, 0)
    assert dataset.lines.rejected_file is None


def save_csv(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    lines = [",".join(CORE), *(",".join(str(value) for value in row.values()) for row in rows)]
    path.write_text("\r\n".join(lines), encoding="utf-8", newline="")


def save_packed_csv(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    save_csv(path, rows)
    path.write_bytes(gzip.compress(path.read_bytes()))


def save_zstandard(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    pl.DataFrame(rows).write_ndjson(path, compression="zstd")


def save_parquet(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    pl.DataFrame(rows).with_columns(
        pl.col("timestamp").str.to_datetime(time_zone="UTC")
    ).write_parquet(path)


def save_frame(frame: pl.DataFrame, path: Path) -> None:
    """As the file's name says; times are text in JSON lines."""
    if path.suffix == ".jsonl":
        frame.with_columns(pl.col(pl.Datetime).dt.to_string("iso:strict")).write_ndjson(path)
    elif path.suffix == ".csv":
        frame.write_csv(path)
    else:
        frame.write_parquet(path)


def save_bom(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    write_lines(path, rows)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))


@pytest.mark.parametrize(
    ("name", "save"),
    [
        ("a.csv", save_csv), ("a.csv.gz", save_packed_csv), ("a.jsonl.zst", save_zstandard),
        ("a.parquet", save_parquet), ("a.json", save_bom),
    ],
)  # fmt: skip
def test_four_columns_read_the_same_from_every_format(
    tmp_path: Path, name: str, save: Callable[[Path, Sequence[Mapping[str, Any]]], None]
) -> None:
    rows = [*cores(5), {**CORE, "timestamp": stamp(9), "status": "retry", "duration": 1.5}]
    save(tmp_path / name, rows)
    dataset = read(tmp_path / name)
    expected = [(datetime.fromisoformat(row["timestamp"]), *list(row.values())[1:]) for row in rows]
    assert core_values(dataset) == expected
    others = dataset.rows.drop(list(CORE))
    assert others.null_count().row(0) == (6,) * 5


def test_rows_come_out_in_time_and_ties_in_the_files_order(tmp_path: Path) -> None:
    rows = [
        {**CORE, "timestamp": stamp(second), "warehouse_id": n}
        for n, second in enumerate([3, 1, 3, 1], 1)
    ]
    dataset = read(write_lines(tmp_path / "a.jsonl", rows))
    assert dataset.rows["warehouse_id"].to_list() == [2, 4, 1, 3]


@pytest.mark.parametrize("text", ["NA", "null", "007", "None", "nan"])
def test_words_in_a_text_column_are_values(tmp_path: Path, text: str) -> None:
    rows = [",".join([*CORE, "error_type"]), f"{stamp(1)},007,error,007,{text}"]
    assert read(write_csv(tmp_path / "a.csv", rows)).rows["error_type"].to_list() == [text]
    rows_json = [{**FULL, "error_type": text}]
    assert read(write_lines(tmp_path / "b.json", rows_json)).rows["error_type"].to_list() == [text]


def test_an_empty_field_of_csv_is_null_and_a_quoted_one_holds_commas(tmp_path: Path) -> None:
    lines = [
        ",".join([*CORE, "error_type"]),
        f"{stamp(1)},1,error,7,",
        f'{stamp(2)},1,error,7,"a,""b"""',
    ]
    assert read(write_csv(tmp_path / "a.csv", lines)).rows["error_type"].to_list() == [
        None,
        'a,"b"',
    ]


def test_a_line_separator_within_text_splits_no_line(tmp_path: Path) -> None:
    odd = json.dumps({**FULL, "error_type": "a\u2028b"}, ensure_ascii=False).encode()
    assert read(write_lines(tmp_path / "a.jsonl", [odd])).rows["error_type"].to_list() == [
        "a\u2028b"
    ]


def test_a_key_first_seen_late_and_a_doubled_key_are_read(tmp_path: Path) -> None:
    doubled = json.dumps(CORE).replace("0.5", '1.0, "duration": 2.0').encode()
    dataset = read(
        write_lines(
            tmp_path / "a.jsonl", [*cores(2000), {**FULL, "timestamp": stamp(3500)}, doubled]
        )
    )
    assert dataset.rows["batch_id"].drop_nulls().to_list() == [3]
    assert dataset.rows.height == 2002
    assert 2.0 in dataset.rows["duration"]


def test_a_log_gives_its_attempts_and_samples_and_accepts_its_other_lines(tmp_path: Path) -> None:
    other = {**HEAD, "event": "run_finished", "duration": "a day", "kpis": {"x": None}}
    plain = {"timestamp": stamp(2), "level": "WARNING", "message": "hm", "status": 200}
    log = write_lines(tmp_path / "inventory.log", [{**HEAD, **FULL}, SAMPLE, other, plain])
    dataset = read(log)
    assert dataset.lines is not None
    assert (dataset.lines.accepted, dataset.lines.rejected) == (4, 0)
    assert dataset.rows["batch_id"].to_list() == [3]
    assert dataset.samples is not None
    assert dataset.samples.schema == pl.Schema(SAMPLES)
    assert dataset.samples["disk_write_bytes"].to_list() == [4096]


@pytest.mark.parametrize(
    "line",
    [
        {"timestamp": stamp(2), "level": "INFO"}, {"level": "INFO", "message": "x"}, {**HEAD},
        {**HEAD, **FULL, "duration": "0.5"}, {**SAMPLE, "cpu_percent": None}, b"Traceback:", b"[]",
        {"timestamp": "later", "level": "INFO", "message": "x"}, {**HEAD, **FULL, "timestamp": 5},
    ],
)  # fmt: skip
def test_anything_else_in_a_log_is_rejected(tmp_path: Path, line: Any) -> None:
    path = write_lines(tmp_path / "inventory.log", [{**HEAD, **FULL}, line])
    dataset = read(path, max_rejected=0.5)
    assert dataset.lines is not None
    assert (dataset.lines.accepted, dataset.lines.rejected) == (1, 1)


def test_a_directory_of_rotated_logs_is_one_dataset(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    for name, second in [
        ("inventory.log", 3),
        ("inventory.log.2026-01-04.gz", 1),
        ("inventory.log.2026-01-05", 2),
    ]:
        write_lines(logs / name, [{**HEAD, **FULL, "timestamp": stamp(second)}])
    (logs / "inventory.log.2026-01-03").touch()
    (logs / "other.log").write_text("not ours")
    (logs / "inventory.log.rejected.jsonl").write_text("{}\n")
    dataset = read(logs)
    assert [f"{time:%S}" for time in dataset.rows["timestamp"]] == ["01", "02", "03"]
    assert_frame_equal(read(tmp_path).rows, dataset.rows)


def tables() -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    start = pl.datetime(2026, 1, 5, time_zone="UTC")
    rows = pl.select(timestamp=start, duration=0.5, status=pl.lit("error"), warehouse_id=pl.lit(1))
    samples = pl.select(
        timestamp=start, cpu_percent=5.0, mem_usage_mb=200.0, disk_read_bytes=0, disk_write_bytes=0
    )
    incidents = pl.DataFrame(schema=INCIDENTS)
    return rows, samples, incidents


@pytest.mark.parametrize("rows_file", ["rows.parquet", "rows/part-00000.parquet"])
def test_dataset_and_run_directories_give_rows_samples_and_truth(
    tmp_path: Path, rows_file: str
) -> None:
    (tmp_path / "rows").mkdir()
    rows, samples, incidents = tables()
    rows.write_parquet(tmp_path / rows_file)
    samples.write_parquet(tmp_path / "samples.parquet")
    incidents.write_parquet(tmp_path / "incidents.parquet")
    dataset = read(tmp_path)
    assert dataset.rows["status"].to_list() == ["error"]
    assert dataset.samples is not None
    assert dataset.samples["cpu_percent"].to_list() == [5.0]
    assert dataset.incidents is not None
    assert dataset.incidents.schema == pl.Schema(INCIDENTS)
    assert dataset.lines is None


def test_parts_are_read_in_order_and_none_may_be_missing(tmp_path: Path) -> None:
    (tmp_path / "rows").mkdir()
    parts = [
        {"path": f"rows/part-0000{n}.parquet", "rows": 1, "bytes": 1, "sha256": ""} for n in (0, 1)
    ]
    for n, part in enumerate(parts, 1):
        tables()[0].with_columns(warehouse_id=pl.lit(n)).write_parquet(tmp_path / str(part["path"]))
    facts = dict.fromkeys(["start", "end", "seed", "profile", "profile_sha256"])
    (tmp_path / "manifest.json").write_text(json.dumps({"rows": 2, "parts": parts, **facts}))
    assert read(tmp_path).rows["warehouse_id"].to_list() == [1, 2]
    (tmp_path / "rows/part-00001.parquet").unlink()
    assert "rows/part-00001.parquet is missing" in refusal(tmp_path)


@pytest.mark.parametrize("ending", ["jsonl", "csv", "parquet"])
def test_samples_and_incidents_lie_beside_a_file_with_its_ending(
    tmp_path: Path, ending: str
) -> None:
    name = f"a.{ending}"
    rows, samples, _ = tables()
    incidents = pl.DataFrame({"start": [stamp(1)], "end": [stamp(2)], "warehouses": ["3;7"]})
    listed = incidents.with_columns(warehouses=[3, 7])
    save_frame(rows, tmp_path / name)
    save_frame(samples, tmp_path / f"a.samples.{ending}")
    save_frame(incidents if ending == "csv" else listed, tmp_path / f"a.incidents.{ending}")
    dataset = read(tmp_path / name)
    assert dataset.samples is not None
    assert dataset.samples["mem_usage_mb"].to_list() == [200.0]
    assert dataset.incidents is not None
    assert dataset.incidents["warehouses"].to_list() == [[3, 7]]


# foreign files and series


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.parquet"])
def test_a_foreign_file_is_read_through_its_map(tmp_path: Path, name: str) -> None:
    rows = [FOREIGN, {**FOREIGN, "elapsed_ms": 900, "http_status": 503}]
    path = tmp_path / name
    frame = pl.DataFrame(rows)
    save_frame(frame, path)
    dataset = read(path, time="time", mapping=MAPPING)
    assert dataset.rows.schema == pl.Schema(ROWS)
    assert dataset.rows.select("duration", "status").rows() == [(0.25, "success"), (0.9, "error")]
    assert dataset.rows["warehouse_id"].null_count() == 2


def test_without_a_status_every_row_is_a_success(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", [FOREIGN, {**FOREIGN, "elapsed_ms": None}])
    dataset = read(path, time="time", mapping={"duration": "elapsed_ms/1000"})
    assert dataset.rows["status"].to_list() == ["success"] * 2
    assert dataset.rows["duration"].to_list() == [0.25, None]


@pytest.mark.parametrize("number", [1767571201, 1767571201000, "1767571201", 1767571201.0])
def test_foreign_times_may_be_epoch_numbers(tmp_path: Path, number: Any) -> None:
    path = write_lines(tmp_path / "a.jsonl", [{**FOREIGN, "time": number}])
    dataset = read(path, time="time", mapping=MAPPING)
    assert dataset.rows["timestamp"].to_list() == [datetime(2026, 1, 5, 0, 0, 1, tzinfo=UTC)]


@pytest.mark.parametrize("value", ["abc", 10**400, -1, [1], {"a": 1}])
def test_a_value_that_the_map_cannot_use_rejects_its_line(tmp_path: Path, value: Any) -> None:
    path = write_lines(tmp_path / "a.jsonl", [FOREIGN, {**FOREIGN, "elapsed_ms": value}])
    dataset = read(path, time="time", mapping=MAPPING, max_rejected=0.5)
    assert dataset.rows["duration"].to_list() == [0.25]


def test_a_foreign_file_of_which_no_line_can_be_used_is_refused(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", [{**FOREIGN, "elapsed_ms": [1]}, b"junk"])
    assert ":1: " in refusal(path, time="time", mapping=MAPPING)
    assert "none of 2 lines" in refusal(path, time="time", mapping=MAPPING, max_rejected=1.0)


def test_columns_that_bear_our_names_need_no_map(tmp_path: Path) -> None:
    own = {"when": stamp(1), **{name: CORE[name] for name in CORE if name != "timestamp"}}
    dataset = read(write_lines(tmp_path / "a.jsonl", [own]), time="when")
    assert dataset.rows.select("duration", "status", "warehouse_id").row(0) == (0.5, "success", 7)


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("a.csv", ["timestamp,value", f"{stamp(2)},2.5", f"{stamp(2)},3", f"{stamp(1)},-1"]),
        (
            "a.json",
            [
                json.dumps({"timestamp": stamp(s), "value": v})
                for s, v in ((2, 2.5), (2, 3), (1, -1))
            ],
        ),
    ],
)
def test_a_plain_series_keeps_repeated_stamps(tmp_path: Path, name: str, lines: list[str]) -> None:
    dataset = read(write_csv(tmp_path / name, lines))
    assert dataset.rows.columns == ["timestamp", "value"]
    assert dataset.rows["value"].to_list() == [-1.0, 2.5, 3.0]


def test_what_pandas_writes_is_read(tmp_path: Path) -> None:
    frame = pd.DataFrame(cores(3)).astype({"timestamp": "datetime64[ms, UTC]"})
    path = tmp_path / "a.jsonl"
    frame.to_json(path, orient="records", lines=True, date_format="iso")
    assert [f"{time:%S}" for time in read(path).rows["timestamp"]] == ["00", "01", "02"]


def test_epoch_numbers_in_our_own_columns_are_read_when_the_time_is_named(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", [{**CORE, "timestamp": 1767571201000}])
    assert "timestamp: Expected" in refusal(path)
    assert read(path, time="timestamp").rows["timestamp"].to_list() == [
        datetime(2026, 1, 5, 0, 0, 1, tzinfo=UTC)
    ]


def test_a_series_can_be_mapped(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", ["at,speed", f"{stamp(1)},36"])
    assert read(path, time="at", mapping={"value": "speed / 3.6"}).rows["value"].to_list() == [10.0]


# what is refused


@pytest.mark.parametrize(
    "name", ["a.jsonl", "a.csv", "a.jsonl.gz", "a.jsonl.zst", "a.parquet", "a.log"]
)
def test_a_file_of_no_bytes_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    assert name in refusal(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", "\n \n\r\n"),
        ("a.csv", ",".join(CORE) + "\n"),
        ("a.csv", "\n\n"),
        ("a.log", "\n"),
    ],
)
def test_a_file_that_holds_nothing_is_said_to_be_empty(
    tmp_path: Path, name: str, content: str
) -> None:
    (tmp_path / name).write_text(content)
    assert ": empty: " in refusal(tmp_path / name)


def test_what_is_not_there_or_not_ours_is_refused_with_what_would_be_accepted(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.xlsx").touch()
    for path in (tmp_path / "none.csv", tmp_path / "a.xlsx", tmp_path):
        assert "expected a dataset directory, a run directory, a directory of logs" in refusal(path)


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.parquet"])
def test_without_a_time_column_the_columns_are_named(tmp_path: Path, name: str) -> None:
    frame, path = pl.DataFrame([FOREIGN]).select("elapsed_ms", "time"), tmp_path / name
    save_frame(frame, path)
    message = refusal(path)
    assert "elapsed_ms, time" in message
    assert "--time COLUMN" in message
    assert "--map" in refusal(path, time="time")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"time": "when"}, "no time column 'when'"),
        ({"time": "time", "mapping": {"duration": "elapsed"}}, "no column 'elapsed'"),
        ({"time": "time", "mapping": {"length": "elapsed_ms"}}, "expected one of duration, status"),
        ({"time": "time", "mapping": {"value": "elapsed_ms", "status": '"error"'}}, "or value alone"),
        ({"time": "time", "mapping": {"duration": "elapsed_ms"}, "max_rejected": 2.0}, "--max-rejected 2.0"),
    ],
)  # fmt: skip
def test_a_map_that_cannot_be_used_is_refused(tmp_path: Path, options: Any, words: str) -> None:
    path = write_lines(tmp_path / "a.jsonl", [FOREIGN])
    with pytest.raises((InputError, ConfigError)) as caught:
        read(path, **options)
    assert words in str(caught.value)


def test_a_dataset_of_ours_takes_no_map(tmp_path: Path) -> None:
    tables()[0].write_parquet(tmp_path / "rows.parquet")
    assert "--time and --map are for other files" in refusal(tmp_path, time="timestamp")


def test_a_log_without_attempts_is_refused(tmp_path: Path) -> None:
    assert "none of 1 lines is an attempt" in refusal(write_lines(tmp_path / "a.log", [SAMPLE]))


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ({"duration": "fast"}, "row 1: duration: found 'fast', expected a finite number"),
        ({"warehouse_id": 0}, "row 1: warehouse_id: found 0"),
        ({"timestamp": 3}, "row 1: timestamp: found 3, expected a time"),
    ],
)
def test_a_parquet_file_of_wrong_values_is_refused(tmp_path: Path, column: Any, words: str) -> None:
    pl.DataFrame([{**CORE, **column}]).write_parquet(tmp_path / "a.parquet")
    assert words in refusal(tmp_path / "a.parquet")


def test_a_parquet_file_that_lacks_columns_or_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pl.DataFrame([CORE]).drop("status").write_parquet(path)
    assert "missing status" in refusal(path)
    path.write_bytes(path.read_bytes()[:-20])
    assert "a.parquet: " in refusal(path)


# real input


@pytest.mark.skipif(not SHARED.exists(), reason=f"no real data at {SHARED}")
def test_a_real_foreign_log_is_read_whole() -> None:
    path = SHARED / "real-logs" / "openstack_api.jsonl"
    records = [json.loads(line) for line in path.read_bytes().splitlines()]
    mapping = {"duration": "elapsed_ms/1000", "status": "http_status >= 400"}
    rows = read(path, time="time", mapping=mapping).rows
    assert rows.height == len(records)
    assert rows["duration"].sum() == pytest.approx(sum(r["elapsed_ms"] for r in records) / 1000)
    assert (rows["status"] == "error").sum() == sum(r["http_status"] >= 400 for r in records)


@pytest.mark.skipif(not SHARED.exists(), reason=f"no real data at {SHARED}")
def test_every_real_series_is_read_whole() -> None:
    for path in sorted((SHARED / "real-series" / "series").glob("*.csv")):
        lines = path.read_text().splitlines()[1:]
        rows = read(path).rows
        assert sorted(rows["value"].to_list()) == sorted(
            float(line.split(",")[1]) for line in lines
        )
        assert rows["timestamp"].is_sorted()
